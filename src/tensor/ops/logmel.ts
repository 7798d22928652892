/** Mel power spectra of recordings. Formulas: `kernels/reference/logmel.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import { cos, sin } from '../../base/math.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { indices, tensor } from '../create.ts';
import type { OpSpec, Sample } from '../spec.ts';

type Attributes = OpAttributes['melPower'];

/** cos and −sin of 2π·k/n: e^(−2πi·k/n) for k = 0…n−1, [n, 2]. */
export function rootsOfUnity(n: number): Float64Array {
  return Float64Array.from({ length: 2 * n }, (_, i) => {
    const angle = (Math.PI * (i - (i % 2))) / n;
    return i % 2 === 0 ? cos(angle) : -sin(angle);
  });
}

/** Two triangles of `width` bins, the second reaching past the last bin. */
function sample(
  [batch, length]: readonly [number, number],
  n: number,
  attributes: Attributes,
  width = 3,
): Sample<Attributes> {
  const firstBin = [0, Math.floor(n / 8), Math.floor(n / 2)];
  const weights = firstBin.flatMap((_, band) =>
    Array.from({ length: width }, (_, j) => (1 + band + j) / (width + 3)),
  );
  return {
    shapes: [[batch, length], [n]],
    domains: ['normal', 'positive'],
    attributes,
    complete: ([samples, window]) => {
      const { backend } = samples!;
      return [
        samples!,
        window!,
        tensor(rootsOfUnity(n), [n, 2], { backend }),
        indices(firstBin, { backend }),
        tensor(weights, [firstBin.length, width], { backend }),
      ];
    },
  };
}

const centred = (n: number, hopLength: number, reflect = false) => ({
  hopLength,
  padding: Math.floor(n / 2),
  reflect,
});

/** Not differentiable by design: recordings are data. */
export const melPower: OpSpec<Attributes> = {
  shape: ([samples, window, roots, firstBin, weights], { hopLength, padding }) => {
    const n = window![0]!;
    const fit =
      samples!.length === 2 &&
      window!.length === 1 &&
      roots!.length === 2 &&
      roots![0] === n &&
      roots![1] === 2 &&
      firstBin!.length === 1 &&
      weights!.length === 2 &&
      firstBin![0] === weights![0];
    if (!fit) {
      throw new ShapeError(
        'shape/melPower',
        `melPower: samples ${formatShape(samples!)}, window ${formatShape(window!)}, roots ${formatShape(roots!)}, first bins ${formatShape(firstBin!)} and weights ${formatShape(weights!)} must be [B,T], [n], [n,2], [bands] and [bands,width]`,
      );
    }
    const frames = 1 + Math.floor((samples![1]! + 2 * padding - n) / hopLength);
    if (!(frames >= 1 && hopLength >= 1 && padding >= 0)) {
      throw new ShapeError(
        'shape/melPower',
        `melPower: no frame of ${n} samples in ${formatShape(samples!)} with ${padding} on each side and a hop of ${hopLength}`,
      );
    }
    return [[samples![0]!, weights![0]!, frames]];
  },
  gradient: null,
  samples: [
    sample([1, 20], 8, centred(8, 3)),
    sample([2, 1], 8, centred(8, 3, true)),
    sample([1, 900], 16, centred(16, 3, true)),
    sample([3, 170], 32, { hopLength: 9, padding: 0, reflect: false }, 5),
    sample([2, 150], 64, centred(64, 16, true), 9),
    sample([2, 700], 256, centred(256, 50)),
    sample([1, 600], 512, centred(512, 100, true)),
    sample([1, 1500], 1024, centred(1024, 300)),
    sample([1, 2300], 2048, centred(2048, 1000)),
    sample([2, 100], 12, centred(12, 5)),
    sample([1, 30], 75, centred(75, 7, true)),
    sample([1, 5], 4, centred(4, 1)),
  ],
  tolerance: { cpu: 1e-7, webgpu: 3e-6 },
};
