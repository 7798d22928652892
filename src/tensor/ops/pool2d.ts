/** Pooling over windows of [N, C, H, W]. Formulas: `kernels/reference/pool2d.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes, PoolAttributes } from '../../kernels/ops.ts';
import { apply1 } from '../apply.ts';
import { windowCount } from '../options.ts';
import { type Shape, sameShape } from '../shape.ts';
import type { OpSpec } from '../spec.ts';

const cases: readonly (readonly [Shape, PoolAttributes])[] = [
  [[1, 1, 1, 1], { kernel: [1, 1], stride: [1, 1], padding: [0, 0, 0, 0] }],
  [[2, 3, 6, 8], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] }],
  [[2, 3, 7, 19], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] }],
  [[1, 2, 7, 9], { kernel: [3, 2], stride: [2, 1], padding: [1, 1, 0, 1] }],
  [[2, 2, 8, 5], { kernel: [1, 5], stride: [1, 5], padding: [0, 0, 0, 0] }],
  // Several workgroups on a GPU; a row left over; overlap both ways; positions in no window.
  [[2, 3, 31, 20], { kernel: [2, 2], stride: [2, 2], padding: [0, 0, 0, 0] }],
  [[2, 3, 9, 11], { kernel: [3, 3], stride: [2, 2], padding: [1, 1, 1, 1] }],
  [[1, 2, 5, 6], { kernel: [3, 3], stride: [1, 1], padding: [2, 1, 0, 2] }],
  [[1, 2, 11, 10], { kernel: [2, 1], stride: [3, 4], padding: [0, 1, 0, 0] }],
];

function pooled(op: string, x: Shape, a: PoolAttributes): Shape {
  if (x.length !== 4) throw new ShapeError('shape/pool', `${op}: input ${formatShape(x)} needs four axes`);
  const [top, bottom, left, right] = a.padding;
  if (Math.max(top, bottom) >= a.kernel[0] || Math.max(left, right) >= a.kernel[1]) {
    throw new ShapeError(
      'shape/pool',
      `${op}: padding ${formatShape(a.padding)} reaches past a window of ${formatShape(a.kernel)}`,
      'A window would see nothing but padding',
    );
  }
  return [
    x[0]!,
    x[1]!,
    windowCount(op, 'height', x[2]!, a.kernel[0], a.stride[0], top + bottom),
    windowCount(op, 'width', x[3]!, a.kernel[1], a.stride[1], left + right),
  ];
}

export const maxPool2d: OpSpec<PoolAttributes> = {
  shape: ([x], a) => [pooled('maxPool2d', x!, a)],
  gradient: ({ inputs, attributes }, [g]) => [apply1('maxPool2dScatter', [inputs[0]!, g!], attributes)],
  samples: cases.map(([x, attributes]) => ({ shapes: [x], attributes })),
  tolerance: { cpu: 0, webgpu: 0 },
};

export const maxPool2dScatter: OpSpec<PoolAttributes> = {
  shape: ([x, dy], a) => {
    const expected = pooled('maxPool2dScatter', x!, a);
    if (!sameShape(dy!, expected)) {
      throw new ShapeError(
        'shape/pool',
        `maxPool2dScatter: gradient ${formatShape(dy!)} does not fit ${formatShape(expected)}`,
      );
    }
    return [x!];
  },
  gradient: ({ inputs, attributes }, [g]) => [null, apply1('maxPool2dGather', [inputs[0]!, g!], attributes)],
  samples: cases.map(([x, attributes]) => ({ shapes: [x, pooled('', x, attributes)], attributes })),
  tolerance: { cpu: 1e-6, webgpu: 1e-6 },
};

export const maxPool2dGather: OpSpec<PoolAttributes> = {
  shape: ([x, g], a) => {
    if (!sameShape(x!, g!))
      throw new ShapeError(
        'shape/pool',
        `maxPool2dGather: ${formatShape(g!)} does not fit ${formatShape(x!)}`,
      );
    return [pooled('maxPool2dGather', x!, a)];
  },
  gradient: ({ inputs, attributes }, [g]) => [null, apply1('maxPool2dScatter', [inputs[0]!, g!], attributes)],
  samples: cases.map(([x, attributes]) => ({ shapes: [x, x], attributes })),
  tolerance: { cpu: 0, webgpu: 0 },
};

export const avgPool2d: OpSpec<PoolAttributes> = {
  shape: ([x], a) => [pooled('avgPool2d', x!, a)],
  gradient: ({ inputs, attributes }, [g]) => [
    apply1('avgPool2dBackward', [g!], {
      ...attributes,
      inputSize: [inputs[0]!.shape[2]!, inputs[0]!.shape[3]!],
    }),
  ],
  samples: cases.map(([x, attributes]) => ({ shapes: [x], attributes })),
  tolerance: { cpu: 1e-6, webgpu: 1e-6 },
};

export const avgPool2dBackward: OpSpec<OpAttributes['avgPool2dBackward']> = {
  shape: ([dy], a) => {
    const x = [dy![0]!, dy![1]!, ...a.inputSize];
    const expected = pooled('avgPool2dBackward', x, a);
    if (!sameShape(dy!, expected)) {
      throw new ShapeError(
        'shape/pool',
        `avgPool2dBackward: gradient ${formatShape(dy!)} does not fit ${formatShape(expected)}`,
      );
    }
    return [x];
  },
  gradient: ({ attributes: { inputSize: _, ...attributes } }, [g]) => [apply1('avgPool2d', [g!], attributes)],
  samples: cases.map(([x, attributes]) => ({
    shapes: [pooled('', x, attributes)],
    attributes: { ...attributes, inputSize: [x[2]!, x[3]!] as const },
  })),
  tolerance: { cpu: 1e-6, webgpu: 1e-6 },
};
