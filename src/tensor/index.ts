/** Tensors, gradients, scopes, randomness. */
export type { Backend, DType, Values } from '../kernels/backend.ts';
export type { OpAttributes, OpName } from '../kernels/ops.ts';
export {
  type CreateOptions,
  full,
  getDefaultBackend,
  indices,
  ones,
  setDefaultBackend,
  tensor,
  zeros,
} from './create.ts';
export { type CustomOp, defineOp } from './custom.ts';
export { checkGradient, type GradientCheck } from './gradcheck.ts';
export { leaks, watchLeaks } from './leaks.ts';
export type { Conv2dOptions, PoolOptions } from './options.ts';
export {
  normal,
  normalValues,
  permutation,
  type RandomKey,
  randomWords,
  uniform,
  uniformValues,
} from './random.ts';
export { noGrad, scope, withGrad } from './scope.ts';
export { type Shape, sizeOf } from './shape.ts';
export type { Gradient } from './spec.ts';
export { type GradOptions, grad } from './tape.ts';
export { Tensor } from './tensor.ts';
