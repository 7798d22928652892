/** Ops as a training step and inference of pcg-lite at batch 32 of 64×128 run them, the large ones first. */
import type { Conv2dAttributes } from '../../src/kernels/ops.ts';
import { type Shape, sizeOf } from '../../src/tensor/shape.ts';
import { CALL, COST, type OpCase, opCase } from './case.ts';

const N = 32;
const HEADS = 4;
const HIDDEN = 32;
const place = { seed: 1, stream: 1, step: 1 };
const perChannel = { ...place, p: 0.1, perChannel: true };
const units = { ...place, p: 0.25, perChannel: false };
const halving = { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] } as const;
const elsewhere = { used: false } as const;

const PHILOX =
  'random words take two thirds of its time, 0.6 ns a unit: WebAssembly multiplies lanes of 32 bits to 64 only after unpacking both factors';
const PASSES =
  'three passes over each channel, for mean, variance and result, of which two find it in the second-level cache';
const SHARED =
  'above it on one thread; what lies in the other core’s cache and waiting for the other thread cost the rest';

/** Channels in and out, height and width of each convolution. */
const BLOCKS = [
  [1, 16, 64, 128],
  [16, 32, 32, 64],
  [32, 48, 16, 32],
  [48, 64, 8, 16],
] as const;

/** As the optimiser packs them: weights, then what has no weight decay. */
export const PARAMETERS: readonly Shape[] = [
  ...BLOCKS.map(([inputs, outputs]) => [outputs, inputs, 3, 3]),
  ...[48, 64].flatMap((channels) => [
    [channels / 4, channels],
    [channels, channels / 4],
  ]),
  ...[
    [HIDDEN, 64],
    [HIDDEN, 1],
    [HEADS, HIDDEN],
    [HEADS, 1],
    [2, 256],
  ],
  ...BLOCKS.flatMap(([, outputs]) => [[outputs], [outputs]]),
  ...[[12], [48], [16], [64], [2]],
];
/** Their sum, each rounded up to 64. */
const ALL = [PARAMETERS.reduce((sum, shape) => sum + 64 * Math.ceil(sizeOf(shape) / 64), 0)] as const;

const same: Conv2dAttributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };

/** Direct multiply-adds, two operations each. */
const convolutions = BLOCKS.flatMap(([inputs, outputs, height, width], i): OpCase[] => {
  const [x, w, y] = [
    [N, inputs, height, width],
    [outputs, inputs, 3, 3],
    [N, outputs, height, width],
  ];
  const flops = 2 * sizeOf(y) * inputs * 9;
  const inputSize = [height, width] as const;
  return [
    opCase('conv2d', [x, w, [outputs]], { ...same, relu: true }, flops),
    ...(i > 0 ? [opCase('conv2dInputGrad', [y, w], { ...same, inputSize }, flops)] : []),
    opCase('conv2dWeightGrad', [x, y], { ...same, kernel: [3, 3] }, flops),
  ];
});

/** Of each of 32 images of [64, 128] activations: hidden layer, scores, softmax over positions, weighted sums. */
const positions = N * 128;
const hidden = 2 * 64 * HIDDEN + HIDDEN * (1 + COST.tanh);
const scores = HEADS * (2 * HIDDEN + 1 + 3 + COST.exp);
const weighted = 2 * 64 * HEADS;
const attentionInputs = [
  [HIDDEN, 64],
  [HIDDEN, 1],
] as const;

const pooling: readonly OpCase[] = [
  ...([16, 32, 48] as const).map((channels, i) => {
    const x = [N, channels, 64 >> i, 128 >> i];
    return opCase('maxPool2d', [x], halving, (3 / 4) * sizeOf(x));
  }),
  opCase(
    'maxPool2dScatter',
    [
      [N, 48, 16, 32],
      [N, 48, 8, 16],
    ],
    halving,
    { each: 3 / 4 },
  ),
  opCase(
    'maxPool2dGather',
    [
      [N, 48, 16, 32],
      [N, 48, 16, 32],
    ],
    halving,
    { each: 3 / 4 },
    elsewhere,
  ),
  opCase('avgPool2d', [[N, 32, 32, 64]], halving, { each: 1 }, elsewhere),
  opCase('avgPool2dBackward', [[N, 32, 16, 32]], { ...halving, inputSize: [32, 64] }, { each: 1 }, elsewhere),
];

const normalisation: readonly OpCase[] = [
  ...BLOCKS.slice(0, 2).flatMap(([, C, H, W]) => {
    const block = { epsilon: 1e-5, pool: [2, 2], dropout: perChannel } as const;
    const [x, y, c] = [[N, C, H, W], [N, C, H / 2, W / 2], [C]];
    return [
      opCase('batchNormBlock', [x, c, c], block, { each: 7 }, { reason: PASSES }),
      opCase('batchNormBlockBackward', [x, y, c, c, c, { shape: c, domain: 'positive' }], block, {
        each: 10,
      }),
    ];
  }),
  // The reference network drops single units.
  opCase(
    'batchNormBlock',
    [[N, 16, 64, 128], [16], [16]],
    { epsilon: 1e-5, pool: [2, 2], dropout: units },
    { each: 7 + COST.philox / 4 },
    { used: false, reason: `0.8 of 2.7 ms draw masks of single units: ${PHILOX}` },
  ),
  ...BLOCKS.slice(2).flatMap(([, C, H, W]) => {
    const [x, c] = [[N, C, H, W], [C]];
    const attributes = { epsilon: 1e-5, relu: true };
    return [
      opCase('batchNorm', [x, c, c], attributes, { each: 7 }, { reason: PASSES }),
      opCase('batchNormBackward', [x, x, c, c, c, { shape: c, domain: 'positive' }], attributes, {
        each: 10,
      }),
    ];
  }),
];

const gates: readonly OpCase[] = BLOCKS.slice(2).flatMap(([, C, H, W]) => {
  const x = [N, C, H, W];
  const layers = [[C / 4, C], [C / 4], [C, C / 4], [C]];
  return [
    opCase('squeezeExcitation', [x, ...layers], {}, { each: 2 }, { reason: SHARED }),
    opCase('squeezeExcitationBackward', [x, x, ...layers], {}, { each: 5 }, { reason: SHARED }),
  ];
});

export const pcgLite: readonly OpCase[] = [
  ...convolutions,
  ...normalisation,
  ...pooling,
  ...gates,
  opCase(
    'attentionPool',
    [[N, 64, 128], ...attentionInputs, [HEADS, HIDDEN], [HEADS, 1]],
    {},
    positions * (hidden + scores + weighted),
  ),
  // The hidden layer once more; each product of the way there twice on the way back.
  opCase(
    'attentionPoolBackward',
    [
      [N, 64, 128],
      [N, 64 * HEADS],
      ...attentionInputs,
      [HEADS, HIDDEN],
      { shape: [N, HEADS, 128], domain: 'probability' },
    ],
    {},
    positions *
      (hidden + 2 * 2 * 64 * HIDDEN + 3 * HIDDEN + 2 * 2 * HIDDEN * HEADS + 4 * HEADS + 2 * weighted),
  ),
  opCase('dropout', [[N, 48, 8, 16]], perChannel, { each: 1 }),
  opCase('dropout', [[N, 256]], units, { each: 1 + COST.philox }, { reason: PHILOX }),
  opCase('dropout', [[N, 32, 32, 64]], units, { each: 1 + COST.philox }, { used: false, reason: PHILOX }),
  opCase(
    'matmul',
    [
      [N, 256],
      [2, 256],
    ],
    { transposeA: false, transposeB: true },
    2 * N * 256 * 2,
    {
      reason: 'two columns fill no tile of the kernel: sums of products, whose lanes are added up at the end',
    },
  ),
  opCase(
    'matmul',
    [
      [512, 512],
      [512, 512],
    ],
    { transposeA: false, transposeB: false },
    2 * 512 ** 3,
    elsewhere,
  ),
  opCase(
    'softmaxCrossEntropy',
    [[N, 2], { shape: [N, 2], domain: 'probability' }],
    { divisor: N },
    { each: 5 + COST.exp },
    { reason: CALL },
  ),
  opCase(
    'softmaxCrossEntropyBackward',
    [[N, 2], { shape: [N, 2], domain: 'probability' }, []],
    { divisor: N },
    { each: 7 + COST.exp },
    { reason: CALL },
  ),
  opCase('globalNorm', [[], [], ...PARAMETERS], {}, 2 * ALL[0], {
    used: false,
    reason:
      'sums are in float64, half as many lanes and three instructions more a vector; 26 gradients, most of them short',
  }),
  opCase(
    'adamwStep',
    [ALL, ALL, ALL, { shape: ALL, domain: 'positive' }],
    {
      ...{ learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
      ...{ step: 6, clipNorm: 0, decayed: ALL[0] },
    },
    { each: 15 },
    { reason: 'divisions and roots alone take 21 of its 55 µs: one unit computes them, 0.8 ns a vector' },
  ),
  opCase(
    'sgdStep',
    [ALL, ALL, ALL],
    { learningRate: 1e-3, momentum: 0.9, weightDecay: 0.01, nesterov: false },
    { each: 6 },
    elsewhere,
  ),
  opCase('blend', [[16], [16]], { keep: 0.9, take: 0.1 }, { each: 3 }, { reason: CALL }),
  opCase('blend', [ALL, ALL], { keep: 0.999, take: 0.001 }, { each: 3 }, elsewhere),
];
