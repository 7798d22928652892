/** Convolution and its two gradients: three bilinear ops, each the gradient of the others. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { Conv2dAttributes, OpAttributes, Pair } from '../../kernels/ops.ts';
import { apply1 } from '../apply.ts';
import { windowCount } from '../options.ts';
import type { Shape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';
import { throughUnfused } from '../tape.ts';
import type { Tensor } from '../tensor.ts';

interface Case {
  readonly x: Shape;
  readonly w: Shape;
  readonly attributes: Conv2dAttributes;
}

function attributes(options: Partial<Conv2dAttributes> = {}): Conv2dAttributes {
  return { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1], groups: 1, ...options };
}

const cases: readonly Case[] = [
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1], attributes: attributes() },
  { x: [2, 3, 5, 7], w: [4, 3, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }) },
  { x: [2, 3, 9, 6], w: [5, 3, 1, 1], attributes: attributes() },
  { x: [1, 2, 8, 11], w: [3, 2, 3, 2], attributes: attributes({ stride: [2, 3], padding: [1, 0, 0, 2] }) },
  { x: [2, 2, 9, 9], w: [3, 2, 3, 3], attributes: attributes({ dilation: [2, 3], padding: [2, 2, 3, 3] }) },
  { x: [2, 4, 6, 5], w: [6, 2, 3, 3], attributes: attributes({ groups: 2, padding: [1, 1, 1, 1] }) },
  { x: [2, 5, 7, 19], w: [5, 1, 3, 3], attributes: attributes({ groups: 5, padding: [1, 1, 1, 1] }) },
  {
    x: [1, 3, 9, 10],
    w: [6, 1, 3, 3],
    attributes: attributes({ groups: 3, stride: [2, 2], padding: [1, 1, 1, 1] }),
  },
  { x: [3, 1, 13, 37], w: [7, 1, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }) },
  { x: [2, 9, 11, 21], w: [13, 9, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }) },
  { x: [2, 8, 4, 8], w: [16, 8, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }) },
  { x: [1, 3, 12, 40], w: [4, 3, 5, 7], attributes: attributes({ padding: [2, 2, 3, 3] }) },
  // Rows in whole vectors over several workgroups, of one channel and of more.
  { x: [2, 1, 9, 16], w: [16, 1, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }) },
  { x: [2, 4, 7, 24], w: [19, 4, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }) },
  // Whole vectors in the output only, or in the input only; more padding than the kernel has use for.
  { x: [1, 2, 7, 10], w: [3, 2, 3, 3], attributes: attributes() },
  { x: [2, 3, 6, 8], w: [9, 3, 3, 3], attributes: attributes({ padding: [0, 3, 4, 1] }) },
  // More channels than a workgroup takes at a time.
  { x: [1, 18, 5, 6], w: [34, 18, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }) },
  { x: [1, 2, 9, 13], w: [35, 2, 3, 2], attributes: attributes({ stride: [2, 3] }) },
  { x: [1, 4, 7, 8], w: [6, 2, 3, 2], attributes: attributes({ groups: 2, stride: [2, 3] }) },
  // Depthwise with more than nine taps, over more pixels than a workgroup takes at a time.
  {
    x: [2, 3, 18, 20],
    w: [6, 1, 5, 3],
    attributes: attributes({ groups: 3, dilation: [1, 2], padding: [2, 2, 2, 2] }),
  },
];

/** What pooling is tried with: windows that fill the image and that do not, of images in several bands, of every kernel. */
const pooled: readonly (Case & { readonly pool: Pair })[] = [
  { x: [1, 1, 2, 2], w: [1, 1, 1, 1], attributes: attributes(), pool: [2, 2] },
  { x: [2, 3, 7, 9], w: [4, 3, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }), pool: [2, 2] },
  { x: [2, 2, 8, 11], w: [3, 2, 3, 2], attributes: attributes({ stride: [2, 1] }), pool: [1, 3] },
  { x: [1, 1, 19, 26], w: [9, 1, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }), pool: [2, 2] },
  { x: [2, 9, 11, 21], w: [13, 9, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }), pool: [2, 2] },
  { x: [2, 8, 4, 8], w: [9, 8, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }), pool: [2, 2] },
  { x: [2, 9, 7, 17], w: [9, 9, 3, 3], attributes: attributes({ padding: [1, 1, 1, 1] }), pool: [2, 2] },
  {
    x: [2, 4, 6, 7],
    w: [4, 1, 3, 3],
    attributes: attributes({ groups: 4, padding: [1, 1, 1, 1] }),
    pool: [2, 2],
  },
];

function outputShape(x: Shape, w: Shape, a: Conv2dAttributes): Shape {
  const [n, , h, width] = x as [number, number, number, number];
  return [
    n,
    w[0]!,
    windowCount('conv2d', 'height', h, w[2]!, a.stride[0], a.padding[0] + a.padding[1], a.dilation[0]),
    windowCount('conv2d', 'width', width, w[3]!, a.stride[1], a.padding[2] + a.padding[3], a.dilation[1]),
  ];
}

function checkConv2d(x: Shape, w: Shape, a: Conv2dAttributes): void {
  const fail = (why: string) =>
    new ShapeError('shape/conv2d', `conv2d: ${why} (input ${formatShape(x)}, weight ${formatShape(w)})`);
  if (x.length !== 4 || w.length !== 4) throw fail('input and weight need four axes');
  const [channels, outChannels, perGroup] = [x[1]!, w[0]!, w[1]!];
  if (
    !Number.isInteger(a.groups) ||
    a.groups < 1 ||
    channels % a.groups !== 0 ||
    outChannels % a.groups !== 0
  ) {
    throw fail(`${a.groups} groups do not divide ${channels} input and ${outChannels} output channels`);
  }
  if (perGroup * a.groups !== channels) {
    throw fail(
      a.groups === 1
        ? `input has ${channels} channels, weight expects ${perGroup}`
        : `input has ${channels} channels, weight expects ${a.groups} groups of ${perGroup}`,
    );
  }
}

/** The convolution without its rectifier and pooling, and these. */
function unfused(inputs: readonly Tensor[], { relu, pool, ...a }: OpAttributes['conv2d']): Tensor[] {
  const y = apply1('conv2d', inputs, { ...a, relu: false });
  const active = relu ? y.relu() : y;
  return [pool ? active.maxPool2d(pool) : active];
}

/** Pooling is for inference: a gradient computes the convolution once more. */
const throughPool = throughUnfused<OpAttributes['conv2d']>((inputs, { pool, ...a }) => {
  return [apply1('conv2d', inputs, a).maxPool2d(pool!)];
});

export const conv2d: OpSpec<OpAttributes['conv2d']> = {
  shape: ([x, w, bias], a) => {
    checkConv2d(x!, w!, a);
    if (bias && (bias.length !== 1 || bias[0] !== w![0])) {
      throw new ShapeError(
        'shape/conv2d',
        `conv2d: bias ${formatShape(bias)} does not fit ${w![0]} output channels (weight ${formatShape(w!)})`,
      );
    }
    const [n, outC, height, width] = outputShape(x!, w!, a) as [number, number, number, number];
    if (!a.pool) return [[n, outC, height, width]];
    const [ph, pw] = a.pool;
    return [
      [
        n,
        outC,
        windowCount('conv2d', 'height', height, ph, ph, 0),
        windowCount('conv2d', 'width', width, pw, pw, 0),
      ],
    ];
  },
  gradient: (op, grads, needs) => {
    if (op.attributes.pool) return throughPool(op, grads, needs);
    const { inputs, outputs } = op;
    const { stride, padding, dilation, groups, relu } = op.attributes;
    const a = { stride, padding, dilation, groups };
    const [upstream] = grads;
    const [x, w] = [inputs[0]!, inputs[1]!];
    // y > 0 exactly where the sum before the rectifier was.
    const g = relu ? apply1('reluBackward', [outputs[0]!, upstream!], {}) : upstream!;
    return [
      needs[0] ? apply1('conv2dInputGrad', [g, w], { ...a, inputSize: [x.shape[2]!, x.shape[3]!] }) : null,
      needs[1] ? apply1('conv2dWeightGrad', [x, g], { ...a, kernel: [w.shape[2]!, w.shape[3]!] }) : null,
      needs[2] ? g.sum([0, 2, 3]) : null,
    ];
  },
  unfused,
  samples: [
    ...[false, true].flatMap((relu) => {
      return cases.map(({ x, w, attributes }, i) => {
        return { shapes: i % 2 ? [x, w, [w[0]!]] : [x, w], attributes: { ...attributes, relu } };
      });
    }),
    ...pooled.map(({ x, w, attributes, pool }, i) => {
      return { shapes: i % 2 ? [x, w, [w[0]!]] : [x, w], attributes: { ...attributes, relu: i > 1, pool } };
    }),
  ],
  tolerance: { cpu: 3e-6, webgpu: 3e-6 },
};

export const conv2dInputGrad: OpSpec<OpAttributes['conv2dInputGrad']> = {
  shape: ([dy, w], a) => {
    const x = [dy![0]!, w![1]! * a.groups, ...a.inputSize];
    checkConv2d(x, w!, a);
    return [x];
  },
  gradient: ({ inputs, attributes: { inputSize: _, ...a } }, [g], needs) => {
    const [dy, w] = [inputs[0]!, inputs[1]!];
    return [
      needs[0] ? apply1('conv2d', [g!, w], { ...a, relu: false }) : null,
      needs[1] ? apply1('conv2dWeightGrad', [g!, dy], { ...a, kernel: [w.shape[2]!, w.shape[3]!] }) : null,
    ];
  },
  samples: cases.map(({ x, w, attributes }) => ({
    shapes: [outputShape(x, w, attributes), w],
    attributes: { ...attributes, inputSize: [x[2]!, x[3]!] as const },
  })),
  tolerance: { cpu: 3e-6, webgpu: 3e-6 },
};

export const conv2dWeightGrad: OpSpec<OpAttributes['conv2dWeightGrad']> = {
  shape: ([x, dy], a) => {
    const w = [dy![1]!, x![1]! / a.groups, ...a.kernel];
    checkConv2d(x!, w, a);
    return [w];
  },
  gradient: ({ inputs, attributes: { kernel: _, ...a } }, [g], needs) => {
    const [x, dy] = [inputs[0]!, inputs[1]!];
    return [
      needs[0] ? apply1('conv2dInputGrad', [dy, g!], { ...a, inputSize: [x.shape[2]!, x.shape[3]!] }) : null,
      needs[1] ? apply1('conv2d', [x, g!], { ...a, relu: false }) : null,
    ];
  },
  samples: cases.map(({ x, w, attributes }) => ({
    shapes: [x, outputShape(x, w, attributes)],
    attributes: { ...attributes, kernel: [w[2]!, w[3]!] as const },
  })),
  tolerance: { cpu: 5e-6, webgpu: 5e-6 },
};
