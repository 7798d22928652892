/** Ops that move values without changing them. Formulas: `kernels/reference/layout.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { apply1 } from '../apply.ts';
import { type Shape, sizeOf } from '../shape.ts';
import type { OpSpec } from '../spec.ts';

function checkRank(op: string, what: string, values: readonly unknown[], shape: Shape): void {
  if (values.length !== shape.length) {
    throw new ShapeError(
      'shape/rank',
      `${op}: ${what} has ${values.length} entries for a tensor of rank ${shape.length}`,
    );
  }
}

export const broadcastTo: OpSpec<OpAttributes['broadcastTo']> = {
  shape: ([x], { shape }) => {
    const offset = shape.length - x!.length;
    if (offset < 0 || x!.some((extent, axis) => extent !== 1 && extent !== shape[axis + offset])) {
      throw new ShapeError(
        'shape/broadcast',
        `broadcastTo: ${formatShape(x!)} does not stretch to ${formatShape(shape)}`,
      );
    }
    return [shape];
  },
  gradient: ({ inputs }, [g]) => [g!.sumTo(inputs[0]!.shape)],
  samples: [
    { shapes: [[]], attributes: { shape: [3] } },
    { shapes: [[5]], attributes: { shape: [3, 5] } },
    { shapes: [[2, 1, 3]], attributes: { shape: [2, 7, 3] } },
    { shapes: [[1, 4, 1, 1]], attributes: { shape: [3, 4, 5, 17] } },
    { shapes: [[2, 1, 3, 1, 8]], attributes: { shape: [2, 5, 3, 6, 8] } },
    { shapes: [[13, 1]], attributes: { shape: [13, 151] } },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};

export const reshape: OpSpec<OpAttributes['reshape']> = {
  shape: ([x], { shape }) => {
    if (sizeOf(shape) !== sizeOf(x!)) {
      throw new ShapeError(
        'shape/reshape',
        `reshape: ${formatShape(x!)} (${sizeOf(x!)} elements) does not fill ${formatShape(shape)}`,
      );
    }
    return [shape];
  },
  gradient: ({ inputs }, [g]) => [g!.reshape(inputs[0]!.shape)],
  samples: [
    { shapes: [[2, 6]], attributes: { shape: [3, 4] } },
    { shapes: [[]], attributes: { shape: [1, 1] } },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};

export const permute: OpSpec<OpAttributes['permute']> = {
  shape: ([x], { axes }) => {
    checkRank('permute', 'axes', axes, x!);
    if (new Set(axes).size !== axes.length || axes.some((axis) => x![axis] === undefined)) {
      throw new ShapeError(
        'shape/axes',
        `permute: axes ${axes.join(',')} are not a permutation of 0…${x!.length - 1}`,
      );
    }
    return [axes.map((axis) => x![axis]!)];
  },
  gradient: ({ attributes }, [g]) => {
    const inverse: number[] = [];
    attributes.axes.forEach((axis, i) => {
      inverse[axis] = i;
    });
    return [g!.permute(inverse)];
  },
  samples: [
    { shapes: [[5]], attributes: { axes: [0] } },
    { shapes: [[3, 5]], attributes: { axes: [1, 0] } },
    { shapes: [[33, 67]], attributes: { axes: [1, 0] } },
    { shapes: [[2, 3, 4]], attributes: { axes: [0, 2, 1] } },
    { shapes: [[2, 3, 4, 5]], attributes: { axes: [0, 3, 1, 2] } },
    { shapes: [[3, 7, 2, 9]], attributes: { axes: [3, 1, 0, 2] } },
    { shapes: [[2, 17, 5, 19]], attributes: { axes: [0, 2, 1, 3] } },
    { shapes: [[2, 9, 5, 16]], attributes: { axes: [0, 2, 1, 3] } },
    { shapes: [[3, 40, 2, 33]], attributes: { axes: [3, 0, 2, 1] } },
    { shapes: [[2, 9, 5, 7, 11]], attributes: { axes: [2, 4, 0, 3, 1] } },
    { shapes: [[65, 3]], attributes: { axes: [1, 0] } },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};

export const slice: OpSpec<OpAttributes['slice']> = {
  shape: ([x], { start, size }) => {
    checkRank('slice', 'start', start, x!);
    checkRank('slice', 'size', size, x!);
    x!.forEach((extent, axis) => {
      if (!(start[axis]! >= 0 && size[axis]! >= 1 && start[axis]! + size[axis]! <= extent)) {
        throw new ShapeError(
          'shape/slice',
          `slice: [${start[axis]}, ${start[axis]! + size[axis]!}) is outside axis ${axis} of ${formatShape(x!)}`,
        );
      }
    });
    return [size];
  },
  gradient: ({ inputs, attributes: { start, size } }, [g]) => [
    g!.pad(
      start,
      inputs[0]!.shape.map((extent, axis) => extent - start[axis]! - size[axis]!),
    ),
  ],
  samples: [
    { shapes: [[7]], attributes: { start: [2], size: [3] } },
    { shapes: [[3, 5]], attributes: { start: [1, 0], size: [2, 5] } },
    { shapes: [[2, 3, 9, 17]], attributes: { start: [1, 0, 2, 3], size: [1, 2, 5, 11] } },
    { shapes: [[3, 9, 24]], attributes: { start: [1, 2, 4], size: [2, 6, 12] } },
    { shapes: [[2, 11, 16]], attributes: { start: [0, 3, 0], size: [2, 5, 16] } },
    { shapes: [[4099]], attributes: { start: [8], size: [4001] } },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};

export const pad: OpSpec<OpAttributes['pad']> = {
  shape: ([x], { before, after }) => {
    checkRank('pad', 'before', before, x!);
    checkRank('pad', 'after', after, x!);
    if ([...before, ...after].some((n) => !Number.isInteger(n) || n < 0)) {
      throw new ShapeError(
        'shape/pad',
        `pad: ${formatShape(before)} before and ${formatShape(after)} after are not all whole and at least 0`,
      );
    }
    return [x!.map((extent, axis) => extent + before[axis]! + after[axis]!)];
  },
  gradient: ({ inputs, attributes }, [g]) => [g!.slice(attributes.before, inputs[0]!.shape)],
  samples: [
    { shapes: [[5]], attributes: { before: [1], after: [2], value: 0 } },
    { shapes: [[3, 5]], attributes: { before: [0, 3], after: [1, 0], value: -1.5 } },
    { shapes: [[2, 3, 7, 13]], attributes: { before: [0, 0, 1, 1], after: [0, 0, 1, 2], value: 0 } },
    { shapes: [[2, 1, 5, 3]], attributes: { before: [1, 0, 2, 0], after: [0, 0, 1, 0], value: 3 } },
    { shapes: [[3, 4, 19, 13]], attributes: { before: [0, 1, 0, 2], after: [1, 0, 0, 1], value: 0.5 } },
    { shapes: [[2, 3]], attributes: { before: [0, 0], after: [0, 0], value: 1 } },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};

export const concat: OpSpec<OpAttributes['concat']> = {
  shape: (inputs, { axis }) => {
    const first = inputs[0]!;
    for (const other of inputs) {
      if (other.length !== first.length || other.some((extent, i) => i !== axis && extent !== first[i])) {
        throw new ShapeError(
          'shape/concat',
          `concat: ${formatShape(first)} and ${formatShape(other)} do not join along axis ${axis}`,
        );
      }
    }
    const total = inputs.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0);
    return [first.map((extent, i) => (i === axis ? total : extent))];
  },
  gradient: ({ inputs, attributes: { axis } }, [g], needs) => {
    let at = 0;
    return inputs.map((input, i) => {
      const start = input.shape.map((_, j) => (j === axis ? at : 0));
      at += input.shape[axis]!;
      return needs[i] ? g!.slice(start, input.shape) : null;
    });
  },
  samples: [
    { shapes: [[3], [5]], attributes: { axis: 0 } },
    {
      shapes: [
        [2, 3, 4],
        [2, 1, 4],
        [2, 5, 4],
      ],
      attributes: { axis: 1 },
    },
    {
      shapes: [
        [3, 7],
        [3, 9],
      ],
      attributes: { axis: 1 },
    },
    {
      shapes: [
        [3, 4, 5],
        [3, 12, 5],
        [3, 4, 5],
      ],
      attributes: { axis: 1 },
    },
    { shapes: [[4], [1000], [64], [8], [3]], attributes: { axis: 0 } },
    {
      shapes: Array.from({ length: 37 }, (_, i) => [(i * i * 7) % 101 === 3 ? 1500 : 1 + ((i * 5) % 7), 2]),
      attributes: { axis: 0 },
    },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};

export const gather: OpSpec<OpAttributes['gather']> = {
  shape: ([x, indices], { axis }) => {
    if (indices!.length !== 1)
      throw new ShapeError(
        'shape/gather',
        `gather: indices have shape ${formatShape(indices!)}`,
        'Give a list',
      );
    return [x!.map((extent, i) => (i === axis ? indices![0]! : extent))];
  },
  gradient: ({ inputs, attributes: { axis } }, [g]) => [
    apply1('scatterAdd', [g!, inputs[1]!], { axis, size: inputs[0]!.shape[axis]! }),
    null,
  ],
  samples: [
    { shapes: [[5], [7]], attributes: { axis: 0 }, domains: ['normal', { indices: 5 }] },
    { shapes: [[4, 6], [3]], attributes: { axis: 1 }, domains: ['normal', { indices: 6 }] },
    { shapes: [[6, 3, 5], [9]], attributes: { axis: 0 }, domains: ['normal', { indices: 6 }] },
    { shapes: [[3, 7, 4], [11]], attributes: { axis: 1 }, domains: ['normal', { indices: 7 }] },
    { shapes: [[2, 5, 3], [301]], attributes: { axis: 1 }, domains: ['normal', { indices: 5 }] },
  ],
  tolerance: { cpu: 0, webgpu: 0 },
};

export const scatterAdd: OpSpec<OpAttributes['scatterAdd']> = {
  shape: ([g, indices], { axis, size }) => {
    if (indices!.length !== 1 || indices![0] !== g![axis]) {
      throw new ShapeError(
        'shape/scatter',
        `scatterAdd: indices ${formatShape(indices!)} do not fit axis ${axis} of ${formatShape(g!)}`,
      );
    }
    return [g!.map((extent, i) => (i === axis ? size : extent))];
  },
  gradient: ({ inputs, attributes: { axis } }, [g]) => [g!.gather(inputs[1]!, axis), null],
  samples: [
    { shapes: [[7], [7]], attributes: { axis: 0, size: 5 }, domains: ['normal', { indices: 5 }] },
    { shapes: [[4, 3], [3]], attributes: { axis: 1, size: 6 }, domains: ['normal', { indices: 6 }] },
    { shapes: [[9, 3, 5], [9]], attributes: { axis: 0, size: 4 }, domains: ['normal', { indices: 4 }] },
    { shapes: [[2, 11, 4], [11]], attributes: { axis: 1, size: 70 }, domains: ['normal', { indices: 70 }] },
    { shapes: [[2, 301, 3], [301]], attributes: { axis: 1, size: 5 }, domains: ['normal', { indices: 5 }] },
  ],
  tolerance: { cpu: 1e-6, webgpu: 1e-6 },
};
