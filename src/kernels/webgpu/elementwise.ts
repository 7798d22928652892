import { grid, groups, sizeOf, type WebgpuKernel } from './kernel.ts';

type Unary = 'neg' | 'exp' | 'log' | 'sqrt' | 'tanh' | 'sigmoid' | 'relu' | 'gelu' | 'hardswish' | 'erf';

function unary(expression: string, helpers = ''): WebgpuKernel<Unary> {
  const defines = { EXPRESSION: expression, HELPERS: helpers };
  return (gpu, [x], [y]) => {
    const vectors = groups(sizeOf(x!.shape), 4);
    gpu.dispatch({
      shader: 'unary',
      defines,
      inputs: [x!],
      outputs: [y!],
      integers: [vectors],
      workgroups: grid(vectors, 256),
    });
  };
}

export const neg = unary('-x');
export const sqrt = unary('sqrt(x)');
/** Not max(x, 0): WGSL leaves open what that makes of NaN, which must stay visible. */
export const relu = unary('select(x, vec4f(0), x < vec4f(0))');
