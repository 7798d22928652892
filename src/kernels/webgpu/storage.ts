import type { KernelName } from '../ops.ts';

/**
 * Outputs that are kept in float16 when asked for: activations of the forward pass, whose size decides how much is
 * moved. Gradients are not: without a scale for the loss many of them would be below the smallest float16. So none of
 * these ops runs in backward; dropout does, being its own gradient.
 */
const HALF: Partial<Record<KernelName, readonly number[]>> = {
  conv2d: [0],
  batchNorm: [0],
  batchNormBlock: [0],
  maxPool2d: [0],
  squeezeExcitation: [0],
};

export function halfOutputs(op: KernelName): readonly number[] {
  return HALF[op] ?? [];
}
