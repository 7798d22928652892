import { type Gpu, grid, groups, sizeOf, type View, type WebgpuKernel } from './kernel.ts';

type Unary = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'relu' | 'gelu' | 'hardswish' | 'erf';

const NONE: readonly number[] = [];

function each(gpu: Gpu, defines: { readonly EXPRESSION: string }, x: View, y: View, floats = NONE): void {
  const vectors = groups(sizeOf(x.shape), 4);
  gpu.dispatch({
    shader: 'unary',
    defines,
    inputs: [x],
    outputs: [y],
    integers: [vectors],
    floats,
    workgroups: grid(vectors, 256),
  });
}

/** @param expression f of `x`, a vec4<f32>; functions are those of `lib-math.wgsl` */
function unary(expression: string): WebgpuKernel<Unary> {
  const defines = { EXPRESSION: expression };
  return (gpu, [x], [y]) => each(gpu, defines, x!, y!);
}

export const neg = unary('-x');
export const exp = unary('exponential(x)');
/** Natural logarithm: −Infinity at 0, NaN below. */
export const log = unary('logarithm(x)');
export const sqrt = unary('sqrt(x)');
export const tanh = unary('hyperbolicTangent(x)');
export const sigmoid = unary('sigmoid(x)');
/** Not max(x, 0): WGSL leaves open what that makes of NaN, which must stay visible. */
export const relu = unary('select(x, vec4f(0), x < vec4f(0))');
export const gelu = unary('gelu(x)');
export const hardswish = unary('hardswish(x)');
export const erf = unary('errorFunction(x)');

const AFFINE = { EXPRESSION: 'x * params.scale + params.offset' };

/** scale and offset are rounded to float32 first. */
export const affine: WebgpuKernel<'affine'> = (gpu, [x], [y], { scale, offset }) =>
  each(gpu, AFFINE, x!, y!, [scale, offset]);
