import { apply1 } from './apply.ts';

import { type Shape, sizeOf } from './shape.ts';
import { Tensor } from './tensor.ts';

export { packing } from '../kernels/packing.ts';

/**
 * Tensors of any shapes in one vector: each at the next multiple of 64, zeros between. Not differentiable.
 * @param scales what each is multiplied by
 */
export function pack(tensors: readonly Tensor[], scales?: readonly number[]): Tensor {
  return apply1('pack', tensors, scales ? { scales } : {});
}

/**
 * A part of a tensor as a tensor of its own that shares its memory. Not recorded on the tape.
 * @param start number of the first value, a multiple of 64, as `pack` places them
 */
export function viewOf(tensor: Tensor, start: number, shape: Shape): Tensor {
  tensor.checkAlive('view');
  return new Tensor(tensor.storage.view(start, sizeOf(shape)), shape, tensor.dtype, 'view');
}
