/** Attention pooling: all steps of some positions in one piece, with the bits of the ops one after the other. */
import type { Shape } from '../backend.ts';
import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { sum } from './reduce.ts';

/** Pieces a job should have at least, so that many threads find work. */
const MIN_PIECES = 16;
/** Fewest positions a piece, so that packing the weights for it pays. */
const POSITIONS = 32;
/** About how many plain operations a tanh and an exponential are worth. */
const TANH = 15;
const EXP = 15;

function temporary(machine: Machine, shape: Shape): View {
  return { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
}

/** Bytes of `rows` rows of `depth` values, packed in fours. */
function packedBytes(rows: number, depth: number): number {
  return 16 * pieces(rows, 4) * depth;
}

/** Images, features, positions, heads, and hidden units, 0 where there is no hidden layer. */
function sizesOf(x: View, scoreWeight: View, hiddenWeight: View | undefined) {
  const [n, f, p] = x.shape as [number, number, number];
  return { n, f, p, heads: scoreWeight.shape[0]!, k: hiddenWeight?.shape[0] ?? 0 };
}

export const attentionPool: CpuKernel<'attentionPool'> = (machine, [x, ...parameters], [pooled, weights]) => {
  const [scoreWeight, scoreBias] = parameters.slice(-2);
  const [hiddenWeight, hiddenBias] = parameters.length === 4 ? parameters : [];
  const { n, f, p, heads, k } = sizesOf(x!, scoreWeight!, hiddenWeight);
  const share = Math.max(POSITIONS, 8 * pieces(p, 8 * pieces(MIN_PIECES, n)));
  const shares = pieces(p, share);
  machine.launch(
    'attentionScoresKernel',
    n * shares,
    [
      ...[weights!.address, x!.address, scoreWeight!.address, scoreBias!.address],
      ...[hiddenWeight?.address ?? 0, hiddenBias?.address ?? 0],
      ...[f, k, heads, p, share, shares],
    ],
    [],
    {
      scratch:
        k && packedBytes(k, f) + packedBytes(heads, k) + 32 * f + packedBytes(k, 8) + packedBytes(heads, 8),
      work: n * p * (k ? k * (f + heads + TANH) : f * heads),
    },
  );
  machine.launch('attentionPoolKernel', n, [pooled!.address, weights!.address, x!.address, f, heads, p], [], {
    scratch: 128 + 48 * p,
    work: n * p * heads * (f + EXP),
  });
};

export const attentionPoolBackward: CpuKernel<'attentionPoolBackward'> = (
  machine,
  [x, g, ...others],
  [dx, ...gradients],
) => {
  const [scoreWeight, weights] = others.slice(-2);
  const [hiddenWeight, hiddenBias] = others.length === 4 ? others : [];
  const [dScoreWeight, dScoreBias] = gradients.slice(-2);
  const { n, f, p, heads, k } = sizesOf(x!, scoreWeight!, hiddenWeight);
  const seen = k || f;
  const ofScores = [temporary(machine, [n, heads, p]), temporary(machine, [n, heads, seen])] as const;
  const ofHidden = k ? ([temporary(machine, [n, k, p]), temporary(machine, [n, k, f])] as const) : null;
  const packed =
    packedBytes(f, heads) +
    packedBytes(heads, f) +
    packedBytes(seen, heads) +
    packedBytes(k, f) +
    packedBytes(f, k);
  const rows = [k, k, f, Math.max(f, k, heads), heads].reduce(
    (bytes, count) => bytes + packedBytes(count, 8),
    0,
  );
  const whole = 32 * p * pieces(k, 8) + packedBytes(k, p) + packedBytes(heads, p);
  machine.launch(
    'attentionPoolBackwardKernel',
    n,
    [
      ...[dx!.address, x!.address, g!.address, weights!.address, scoreWeight!.address],
      ...[hiddenWeight?.address ?? 0, hiddenBias?.address ?? 0, f, k, heads, p],
      ...[ofScores[0].address, ofHidden?.[0].address ?? 0, ofScores[1].address, ofHidden?.[1].address ?? 0],
    ],
    [],
    {
      scratch: packed + 32 * Math.max(f, p) + rows + whole,
      work: n * p * (f * (3 * k + 2 * heads) + k * TANH),
    },
  );
  const total = (each: View, y: View, axes: readonly number[]) =>
    sum(machine, [each], [y], { axes, keepDims: false });
  total(ofScores[0], dScoreBias!, [0, 2]);
  total(ofScores[1], dScoreWeight!, [0]);
  if (!ofHidden) return;
  total(ofHidden[0], gradients[1]!, [0, 2]);
  total(ofHidden[1], gradients[0]!, [0]);
};
