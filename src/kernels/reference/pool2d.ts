import type { Shape } from '../backend.ts';
import type { PoolAttributes } from '../ops.ts';
import { countOf, type Data, type ReferenceKernel } from './kernel.ts';

/**
 * Calls `visit(y offset, x offsets of its window)` for every output of a pooling over x [N,C,H,W]; the window
 * lists its positions row by row, without those in the padding. The list is reused between calls.
 */
function forEachWindow(
  xShape: Shape,
  yShape: Shape,
  { kernel, stride, padding }: PoolAttributes,
  visit: (y: number, window: readonly number[]) => void,
): void {
  const [N, C, H, W] = xShape as [number, number, number, number];
  const [, , outH, outW] = yShape as [number, number, number, number];
  const window: number[] = [];
  for (let plane = 0; plane < N * C; plane++) {
    for (let i = 0; i < outH; i++) {
      for (let j = 0; j < outW; j++) {
        window.length = 0;
        for (let u = 0; u < kernel[0]; u++) {
          for (let v = 0; v < kernel[1]; v++) {
            const row = i * stride[0] + u - padding[0];
            const column = j * stride[1] + v - padding[2];
            const inside = row >= 0 && row < H && column >= 0 && column < W;
            if (inside) window.push((plane * H + row) * W + column);
          }
        }
        visit((plane * outH + i) * outW + j, window);
      }
    }
  }
}

/** Where the window's maximum is: the first of equals; the first NaN if there is one; −1 if the window is empty. */
function maximumAt(x: Data, window: readonly number[]): number {
  let best = -1;
  for (const at of window) {
    const value = x[at]!;
    if (Number.isNaN(value)) return at;
    if (best < 0 || value > x[best]!) best = at;
  }
  return best;
}

/** A window wholly in the padding gives −Infinity. */
export const maxPool2d: ReferenceKernel<'maxPool2d'> = ([x], [y], attributes) => {
  forEachWindow(x.shape, y.shape, attributes, (yAt, window) => {
    const at = maximumAt(x.data, window);
    y.data[yAt] = at < 0 ? -Infinity : x.data[at]!;
  });
};

export const maxPool2dScatter: ReferenceKernel<'maxPool2dScatter'> = ([x, dy], [dx], attributes) => {
  dx.data.fill(0, 0, countOf(dx.shape));
  forEachWindow(x.shape, dy.shape, attributes, (yAt, window) => {
    const at = maximumAt(x.data, window);
    if (at >= 0) dx.data[at]! += dy.data[yAt]!;
  });
};

export const maxPool2dGather: ReferenceKernel<'maxPool2dGather'> = ([x, g], [y], attributes) => {
  forEachWindow(x.shape, y.shape, attributes, (yAt, window) => {
    const at = maximumAt(x.data, window);
    y.data[yAt] = at < 0 ? 0 : g.data[at]!;
  });
};

export const avgPool2d: ReferenceKernel<'avgPool2d'> = ([x], [y], attributes) => {
  const area = attributes.kernel[0] * attributes.kernel[1];
  forEachWindow(x.shape, y.shape, attributes, (yAt, window) => {
    let sum = 0;
    for (const at of window) sum += x.data[at]!;
    y.data[yAt] = sum / area;
  });
};

/** Every position of a window gets its share dy/(kernel area). */
export const avgPool2dBackward: ReferenceKernel<'avgPool2dBackward'> = ([dy], [dx], attributes) => {
  const area = attributes.kernel[0] * attributes.kernel[1];
  dx.data.fill(0, 0, countOf(dx.shape));
  forEachWindow(dx.shape, dy.shape, attributes, (yAt, window) => {
    for (const at of window) dx.data[at]! += dy.data[yAt]! / area;
  });
};
