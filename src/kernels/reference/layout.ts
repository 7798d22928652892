import { formatShape, ShapeError } from '../../base/errors.ts';
import {
  countOf,
  forEachIndex,
  offsetOf,
  type ReferenceKernel,
  type ReferenceOperand,
  stridesOf,
} from './kernel.ts';

export { broadcastTo } from './broadcast.ts';

/** Axis i of y is axis axes[i] of x. */
export const permute: ReferenceKernel<'permute'> = ([x], [y], { axes }) => {
  const own = stridesOf(x.shape);
  const strides = axes.map((axis) => own[axis]!);
  forEachIndex(y.shape, (flat, index) => {
    y.data[flat] = x.data[offsetOf(index, strides)]!;
  });
};

export const slice: ReferenceKernel<'slice'> = ([x], [y], { start }) => {
  const strides = stridesOf(x.shape);
  const first = offsetOf(start, strides);
  forEachIndex(y.shape, (flat, index) => {
    y.data[flat] = x.data[first + offsetOf(index, strides)]!;
  });
};

export const pad: ReferenceKernel<'pad'> = ([x], [y], { before, value }) => {
  y.data.fill(value, 0, countOf(y.shape));
  const strides = stridesOf(y.shape);
  const first = offsetOf(before, strides);
  forEachIndex(x.shape, (flat, index) => {
    y.data[first + offsetOf(index, strides)] = x.data[flat]!;
  });
};

/** Inputs one after another along `axis`. */
export const concat: ReferenceKernel<'concat'> = (inputs, [y], { axis }) => {
  const strides = stridesOf(y.shape);
  let start = 0;
  for (const x of inputs) {
    const first = start * strides[axis]!;
    forEachIndex(x.shape, (flat, index) => {
      y.data[first + offsetOf(index, strides)] = x.data[flat]!;
    });
    start += x.shape[axis]!;
  }
};

/** Refuses indices that do not name one of `size` slices. */
export function checkIndices(op: string, indices: ReferenceOperand, axis: number, size: number): void {
  const count = countOf(indices.shape);
  for (let i = 0; i < count; i++) {
    const index = indices.data[i]!;
    if (index < 0 || index >= size) {
      throw new ShapeError(
        `${op}/index`,
        `${op}: index ${index} (number ${i} of indices ${formatShape(indices.shape)}) is outside axis ${axis} of size ${size}`,
        `Indices go from 0 to ${size - 1}`,
      );
    }
  }
}

/** y[…, i, …] = x[…, indices[i], …]. Throws ShapeError for an index outside the axis. */
export const gather: ReferenceKernel<'gather'> = ([x, indices], [y], { axis }) => {
  checkIndices('gather', indices, axis, x.shape[axis]!);
  const strides = stridesOf(x.shape);
  forEachIndex(y.shape, (flat, index) => {
    const chosen = indices.data[index[axis]!]!;
    y.data[flat] = x.data[offsetOf(index, strides) + (chosen - index[axis]!) * strides[axis]!]!;
  });
};

/** y[…, indices[i], …] += g[…, i, …], starting from zeros. Throws ShapeError for an index outside the axis. */
export const scatterAdd: ReferenceKernel<'scatterAdd'> = ([g, indices], [y], { axis, size }) => {
  checkIndices('scatterAdd', indices, axis, size);
  y.data.fill(0, 0, countOf(y.shape));
  const strides = stridesOf(y.shape);
  forEachIndex(g.shape, (flat, index) => {
    const chosen = indices.data[index[axis]!]!;
    y.data[offsetOf(index, strides) + (chosen - index[axis]!) * strides[axis]!]! += g.data[flat]!;
  });
};
