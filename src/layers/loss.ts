import { ShapeError } from '../base/errors.ts';
import { type Tensor, tensor } from '../tensor/index.ts';

export interface CrossEntropyOptions {
  /** One a class; weights the terms of each class. */
  readonly classWeights?: readonly number[];
  /** Share of the target that is spread evenly over the classes (Szegedy et al. 2016, section 7). */
  readonly labelSmoothing?: number;
}

/**
 * Mean softmax cross-entropy of logits [N, C] with class numbers (one a row) or soft targets (N·C numbers).
 * Weights, smoothing and the mean are PyTorch's: with class numbers the sum is divided by the weights of the
 * true classes; with soft targets by N.
 */
export function crossEntropy(
  logits: Tensor,
  targets: ArrayLike<number>,
  options: CrossEntropyOptions = {},
): Tensor {
  const [n, c] = logits.shape as [number, number];
  const { classWeights, labelSmoothing = 0 } = options;
  const hard = targets.length === n && c > 1;
  if (!hard && targets.length !== n * c) {
    throw new ShapeError(
      'loss/targets',
      `crossEntropy: ${targets.length} targets for logits [${n},${c}]`,
      `Give ${n} class numbers or ${n * c} probabilities`,
    );
  }
  if (classWeights && classWeights.length !== c) {
    throw new ShapeError(
      'loss/weights',
      `crossEntropy: ${classWeights.length} class weights for ${c} classes`,
    );
  }
  const weighted = new Float64Array(n * c);
  let divisor = hard ? 0 : n;
  for (let i = 0; i < n; i++) {
    if (hard) {
      const label = targets[i]!;
      if (!(Number.isInteger(label) && label >= 0 && label < c)) {
        throw new ShapeError(
          'loss/targets',
          `crossEntropy: target ${i} is ${label}, not a class number from 0 to ${c - 1}`,
        );
      }
      divisor += classWeights?.[label] ?? 1;
    }
    for (let j = 0; j < c; j++) {
      const target = hard ? (targets[i] === j ? 1 : 0) : targets[i * c + j]!;
      weighted[i * c + j] = (target * (1 - labelSmoothing) + labelSmoothing / c) * (classWeights?.[j] ?? 1);
    }
  }
  const goal = tensor(weighted, [n, c], { backend: logits.backend });
  return logits.softmaxCrossEntropy(goal, divisor);
}
