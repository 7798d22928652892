/**
 * Invocations that keep a large GPU (132 multiprocessors) busy. Tests lower them to have small images made the way
 * that large ones are.
 */
export const enough = {
  /** Of convolutions: with fewer, each makes fewer outputs. */
  outputs: 32768,
  /** Of weight gradients: pixels are split until there are as many, two workgroups of 256 a multiprocessor. */
  sums: 67584,
};
