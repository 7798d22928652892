import type { Shape } from '../backend.ts';
import { convolvedSize } from '../convsize.ts';
import type { Conv2dAttributes } from '../ops.ts';
import { countOf, type ReferenceKernel } from './kernel.ts';
import { maxPool2d } from './pool2d.ts';

/**
 * Calls `visit(x offset, weight offset, y offset)` for every product of the convolution (cross-correlation, as in
 * every framework): y[n,o,i,j] meets x[n,c,i·stride+u·dilation−top, j·stride+v·dilation−left] and weight[o,c',u,v],
 * where c' counts within o's group. Positions in the padding are zeros and are left out.
 */
function forEachProduct(
  xShape: Shape,
  weightShape: Shape,
  yShape: Shape,
  { stride, padding, dilation, groups }: Conv2dAttributes,
  visit: (x: number, weight: number, y: number) => void,
): void {
  const [N, C, H, W] = xShape as [number, number, number, number];
  const [outC, groupC, kH, kW] = weightShape as [number, number, number, number];
  const [, , outH, outW] = yShape as [number, number, number, number];
  const outPerGroup = outC / groups;
  for (let n = 0; n < N; n++) {
    for (let o = 0; o < outC; o++) {
      const firstC = Math.floor(o / outPerGroup) * groupC;
      for (let i = 0; i < outH; i++) {
        for (let j = 0; j < outW; j++) {
          const y = ((n * outC + o) * outH + i) * outW + j;
          for (let c = 0; c < groupC; c++) {
            for (let u = 0; u < kH; u++) {
              const row = i * stride[0] + u * dilation[0] - padding[0];
              if (row < 0 || row >= H) continue;
              for (let v = 0; v < kW; v++) {
                const column = j * stride[1] + v * dilation[1] - padding[2];
                if (column < 0 || column >= W) continue;
                const x = ((n * C + firstC + c) * H + row) * W + column;
                visit(x, ((o * groupC + c) * kH + u) * kW + v, y);
              }
            }
          }
        }
      }
    }
  }
}

/** y = Σ x·weight (+ bias of the output channel), then max(0, y) if relu, then the maximum of each window if pool. */
export const conv2d: ReferenceKernel<'conv2d'> = ([x, weight, bias], [y], { pool, ...attributes }) => {
  if (pool) {
    const shape = [x.shape[0]!, weight.shape[0]!, ...convolvedSize(x.shape, weight.shape, attributes)];
    const whole = { data: new Float64Array(countOf(shape)), shape };
    conv2d(bias ? [x, weight, bias] : [x, weight], [whole], attributes);
    maxPool2d([whole], [y], { kernel: pool, stride: pool, padding: [0, 0, 0, 0] });
    return;
  }
  const plane = y.shape[2]! * y.shape[3]!;
  const count = countOf(y.shape);
  for (let i = 0; i < count; i++) y.data[i] = bias ? bias.data[Math.floor(i / plane) % y.shape[1]!]! : 0;
  forEachProduct(x.shape, weight.shape, y.shape, attributes, (xAt, weightAt, yAt) => {
    y.data[yAt]! += x.data[xAt]! * weight.data[weightAt]!;
  });
  if (attributes.relu) for (let i = 0; i < count; i++) y.data[i] = Math.max(y.data[i]!, 0);
};

/** dx = Σ dy·weight over the products x took part in. */
export const conv2dInputGrad: ReferenceKernel<'conv2dInputGrad'> = ([dy, weight], [dx], attributes) => {
  dx.data.fill(0, 0, countOf(dx.shape));
  forEachProduct(dx.shape, weight.shape, dy.shape, attributes, (xAt, weightAt, yAt) => {
    dx.data[xAt]! += dy.data[yAt]! * weight.data[weightAt]!;
  });
};

/** dweight = Σ dy·x over the products the weight took part in. */
export const conv2dWeightGrad: ReferenceKernel<'conv2dWeightGrad'> = ([x, dy], [dweight], attributes) => {
  dweight.data.fill(0, 0, countOf(dweight.shape));
  forEachProduct(x.shape, dweight.shape, dy.shape, attributes, (xAt, weightAt, yAt) => {
    dweight.data[weightAt]! += dy.data[yAt]! * x.data[xAt]!;
  });
};
