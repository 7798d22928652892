import type { OpAttributes, OpName } from '../kernels/ops.ts';
import type { Shape } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** What a gradient sees of the op it differentiates. */
export interface Recorded<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: A;
}

/**
 * Vector–Jacobian product, written with ops so that it can be differentiated again.
 * @param grads gradient of the result with respect to each output; null where the result does not depend on it
 * @param needs which inputs are asked for; the others may be null
 * @returns a gradient per input, of the input's shape; null where there is none
 */
export type Gradient<A> = (
  op: Recorded<A>,
  grads: readonly (Tensor | null)[],
  needs: readonly boolean[],
) => readonly (Tensor | null)[];

/**
 * How test inputs are drawn: normal; away from 0; positive; rows that sum to 1; whole numbers in [0, n), as
 * int32 indices or as floats.
 */
export type Domain =
  | 'normal'
  | 'nonzero'
  | 'positive'
  | 'probability'
  | { readonly indices: number }
  | { readonly levels: number };

/** Inputs that every backend is tested on. */
export interface Sample<A> {
  readonly shapes: readonly Shape[];
  readonly attributes: A;
  /** One per input; `normal` where missing. */
  readonly domains?: readonly Domain[];
  /** For inputs that follow from others: maps the drawn inputs to all inputs. */
  readonly complete?: (drawn: readonly Tensor[]) => readonly Tensor[];
}

/** One row of the op table. */
export interface OpSpec<A> {
  /** Checks the inputs' shapes and gives the outputs'. @throws ShapeError saying which do not fit and why. */
  readonly shape: (inputs: readonly Shape[], attributes: A) => readonly Shape[];
  /** null: not differentiable by design. */
  readonly gradient: Gradient<A> | null;
  /** How many of the outputs, from the first, carry a gradient; all where missing. */
  readonly differentiableOutputs?: number;
  /** For fused ops: the same in smaller ops. Tests compare the two; `throughUnfused` differentiates it. */
  readonly unfused?: (inputs: readonly Tensor[], attributes: A) => readonly Tensor[];
  readonly samples: readonly Sample<A>[];
  /** Largest |backend − reference| allowed, relative to the largest |reference| of that output. */
  readonly tolerance: { readonly cpu: number; readonly webgpu: number };
}

export type OpTable = { readonly [K in OpName]: OpSpec<OpAttributes[K]> };
