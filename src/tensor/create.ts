import { formatShape, ShapeError, StateError } from '../base/errors.ts';
import type { Backend, DType } from '../kernels/backend.ts';
import { checkShape, type Shape, sizeOf } from './shape.ts';
import { Storage } from './storage.ts';
import { Tensor } from './tensor.ts';

export interface CreateOptions {
  /** Where the values live; the default backend where missing. */
  readonly backend?: Backend;
}

let defaultBackend: Backend | null = null;

/** Sets where tensors are created when no backend is named. */
export function setDefaultBackend(backend: Backend | null): void {
  defaultBackend = backend;
}

export function getDefaultBackend(): Backend {
  if (!defaultBackend) {
    throw new StateError(
      'tensor/no-backend',
      'No backend is set',
      'Call setDefaultBackend(await cpu()) or setDefaultBackend(reference()) first',
    );
  }
  return defaultBackend;
}

type Nested = number | readonly Nested[];

/**
 * A tensor from numbers: nested arrays (`tensor([[1, 2], [3, 4]])`) or flat values with a shape.
 * @throws ShapeError if the values are ragged or their count does not fit the shape
 */
export function tensor(
  values: Nested | ArrayLike<number>,
  shape?: Shape,
  options: CreateOptions = {},
): Tensor {
  return create(values, shape, 'float', options);
}

/** Whole numbers, for the indices of `gather`. */
export function indices(values: ArrayLike<number>, options: CreateOptions = {}): Tensor {
  return create(values, [values.length], 'int32', options);
}

function create(
  values: Nested | ArrayLike<number>,
  shape: Shape | undefined,
  dtype: DType,
  options: CreateOptions,
): Tensor {
  const flat =
    typeof values === 'number'
      ? [values]
      : Array.isArray(values)
        ? flatten(values)
        : (values as ArrayLike<number>);
  const full = shape ?? shapeOf(values);
  checkShape('tensor', full);
  if (flat.length !== sizeOf(full)) {
    throw new ShapeError(
      'tensor/count',
      `tensor: ${flat.length} values do not fill shape ${formatShape(full)} (${sizeOf(full)} elements)`,
    );
  }
  const backend = options.backend ?? getDefaultBackend();
  const storage = Storage.allocate(backend, flat.length, dtype);
  backend.upload(storage.buffer, flat);
  return new Tensor(storage, full, dtype, 'tensor');
}

function flatten(values: readonly Nested[]): number[] {
  if (values.every((value) => typeof value === 'number')) return values as number[];
  return values.flatMap((value) => (typeof value === 'number' ? value : flatten(value)));
}

function shapeOf(values: Nested | ArrayLike<number>): number[] {
  if (typeof values === 'number') return [];
  const shape = [values.length];
  if (!Array.isArray(values) || typeof values[0] === 'number') return shape;
  const inner = shapeOf(values[0]);
  for (const value of values) {
    const other = shapeOf(value);
    if (other.length !== inner.length || other.some((extent, axis) => extent !== inner[axis])) {
      throw new ShapeError(
        'tensor/ragged',
        `tensor: rows of shapes ${formatShape(inner)} and ${formatShape(other)} do not stack`,
      );
    }
  }
  return [...shape, ...inner];
}

/** A tensor of one value throughout. */
export function full(shape: Shape, value: number, options: CreateOptions = {}): Tensor {
  checkShape('full', shape);
  return tensor(new Float64Array(sizeOf(shape)).fill(value), shape, options);
}

export function zeros(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 0, options);
}

export function ones(shape: Shape, options: CreateOptions = {}): Tensor {
  return full(shape, 1, options);
}
