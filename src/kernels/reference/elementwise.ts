import {
  erf as errorFunction,
  exp as exponential,
  tanh as hyperbolicTangent,
  log as logarithm,
} from '../../base/math.ts';
import type { KernelName } from '../ops.ts';
import { countOf, type ReferenceKernel } from './kernel.ts';

/** y_i = f(x_i): inputs (x), outputs (y) of x's shape. */
function unary<K extends KernelName>(f: (x: number) => number): ReferenceKernel<K> {
  return ([x], [y]) => {
    const count = countOf(y.shape);
    for (let i = 0; i < count; i++) y.data[i] = f(x.data[i]!);
  };
}

export const neg = unary<'neg'>((x) => -x);
export const exp = unary<'exp'>(exponential);
/** Natural logarithm: −Infinity at 0, NaN below. */
export const log = unary<'log'>(logarithm);
export const sqrt = unary<'sqrt'>(Math.sqrt);
export const tanh = unary<'tanh'>(hyperbolicTangent);
export const erf = unary<'erf'>(errorFunction);

/** 1/(1+e^−x), written for each sign so that the exponential never overflows. */
export const sigmoid = unary<'sigmoid'>((x) => {
  if (x >= 0) return 1 / (1 + exponential(-x));
  const e = exponential(x);
  return e / (1 + e);
});

/** max(x, 0); NaN stays NaN. */
export const relu = unary<'relu'>((x) => Math.max(x, 0));

/** x·Φ(x) with the exact normal distribution function (Hendrycks & Gimpel, "Gaussian error linear units"). */
export const gelu = unary<'gelu'>((x) => 0.5 * x * (1 + errorFunction(x * Math.SQRT1_2)));

/** x·clamp(x+3, 0, 6)/6 (Howard et al., "Searching for MobileNetV3", 2019). NaN stays NaN. */
export const hardswish = unary<'hardswish'>((x) => (x * Math.min(Math.max(x + 3, 0), 6)) / 6);

export const affine: ReferenceKernel<'affine'> = ([x], [y], { scale, offset }) => {
  const count = countOf(y.shape);
  for (let i = 0; i < count; i++) y.data[i] = x.data[i]! * scale + offset;
};
