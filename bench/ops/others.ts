/** Ops of other models and of preparing batches, at sizes like those of pcg-lite. */
import { LEVEL_COLUMNS, LEVELS, PLAN, planColumns, writeLevel } from '../../src/kernels/window-plan.ts';
import { COST, type OpCase, opCase } from './case.ts';

const elsewhere = { used: false } as const;
const row = {
  used: false,
  reason:
    'rows of 64: two sums in float64, of 16 additions that wait for one another, then divisions and a root',
};
const exponentials = {
  used: false,
  reason:
    'as many exponentials alone take 0.45 ms; sums are in float64 and in order, and each row is read three times',
};

/** 128 tokens of 64 features from each of 32 recordings; for attention, in four heads. */
const TOKENS = [32, 128, 64] as const;
const HEADS = [128, 128, 16] as const;
const pairs = 128 * 128 * 128;
const D = 16;

const rowwise: readonly OpCase[] = [
  opCase('layerNorm', [TOKENS, [64], [64]], { epsilon: 1e-5 }, { each: 7 }, row),
  opCase(
    'layerNormBackward',
    [TOKENS, TOKENS, [64], [32, 128], { shape: [32, 128], domain: 'positive' }],
    { epsilon: 1e-5 },
    { each: 13 },
    row,
  ),
  opCase('softmax', [[4096, 128]], {}, { each: 3 + COST.exp }, exponentials),
  opCase('logSoftmax', [[4096, 128]], {}, { each: 3 + COST.exp }, exponentials),
  opCase(
    'softmaxCrossEntropy',
    [[4096, 128], { shape: [4096, 128], domain: 'probability' }],
    { divisor: 4096 },
    { each: 5 + COST.exp },
    exponentials,
  ),
  opCase(
    'softmaxCrossEntropyBackward',
    [[4096, 128], { shape: [4096, 128], domain: 'probability' }, []],
    { divisor: 4096 },
    { each: 7 + COST.exp },
    exponentials,
  ),
  opCase(
    'attention',
    [HEADS, HEADS, HEADS],
    { scale: 0.25 },
    pairs * (2 * (D + D) + 4 + COST.exp),
    elsewhere,
  ),
  opCase(
    'attentionBackward',
    [HEADS, HEADS, HEADS, HEADS],
    { scale: 0.25 },
    pairs * (2 * (3 * D + 2 * D) + 9 + COST.exp),
    elsewhere,
  ),
];

/** A batch of 32 windows of 64 bands and 128 frames with all that training varies. */
function windows(): OpCase {
  const [batch, bands, frames, length] = [32, 64, 128, 400];
  const attributes = {
    ...{ seed: 1, stream: 1, step: 1, bands, frames, frequencyMasks: 2, timeMasks: 2 },
    ...{ gain: true, noise: true, mixup: true },
  };
  const columns = planColumns(4);
  const plan = new Int32Array(batch * columns);
  const levels = new Float32Array(batch * LEVEL_COLUMNS);
  for (let row = 0; row < batch; row++) {
    const at = row * columns;
    plan[at + PLAN.offset] = row * bands * length;
    plan[at + PLAN.frames] = length;
    plan[at + PLAN.start] = 5 * row;
    plan[at + PLAN.partner] = (row + 7) % batch;
    for (let mask = 0; mask < 4; mask++) {
      plan[at + PLAN.masks + 2 * mask] = row;
      plan[at + PLAN.masks + 2 * mask + 1] = 8;
    }
    writeLevel(levels, row * LEVEL_COLUMNS + LEVELS.level, 0.1);
    writeLevel(levels, row * LEVEL_COLUMNS + LEVELS.tilt, -0.2);
    writeLevel(levels, row * LEVEL_COLUMNS + LEVELS.noiseScale, 0.0005);
    writeLevel(levels, row * LEVEL_COLUMNS + LEVELS.share, 0.7);
  }
  return opCase(
    'augmentWindows',
    [
      { shape: [batch * bands * length] },
      { shape: [batch, columns], domain: { indices: 1 }, values: plan },
      { shape: [batch, LEVEL_COLUMNS], values: levels },
    ],
    attributes,
    // Noise: a word of Philox and the sum of its bytes; gain and ramp, scaled noise, two windows mixed.
    batch * bands * frames * (2 * COST.philox + 4 + 2 + 2 + 3),
    {
      used: false,
      reason:
        'arithmetic in float64, two lanes a vector, rounded after each step; noise and its random words take 0.6 of the time, gain 0.2',
    },
  );
}

/** 5 s at 2 kHz, frames of 256 samples. */
function mel(): OpCase {
  const [batch, samples, n, bands, width, hopLength] = [32, 10_000, 256, 64, 8, 50];
  const frames = 1 + Math.floor(samples / hopLength);
  const each = 2.5 * n * Math.log2(n) + n + 3 * (n / 2) + 2 * bands * width;
  return opCase(
    'melPower',
    [[batch, samples], [n], [n, 2], { shape: [bands], domain: { indices: 100 } }, [bands, width]],
    { hopLength, padding: n / 2, reflect: false },
    batch * frames * each,
    {
      used: false,
      reason:
        'by the definition, n²/2 steps in float64, held against an FFT: recordings go through that of dsp',
    },
  );
}

export const others: readonly OpCase[] = [...rowwise, windows(), mel()];
