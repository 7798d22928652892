import type { KernelName, OpAttributes } from './ops.ts';

export type Shape = readonly number[];

/** `float` is float64 on `reference` and float32 on `cpu` and `webgpu`; `int32` holds indices. */
export type DType = 'float' | 'int32';

export type Values = Float64Array | Float32Array | Int32Array;

/** A piece of a backend's memory. Only the backend that made it knows more about it. */
export interface Buffer {
  readonly count: number;
  readonly dtype: DType;
}

/** What a kernel sees of a tensor: contiguous, row-major. A buffer may be longer than its shape needs. */
export interface Operand {
  readonly buffer: Buffer;
  readonly shape: Shape;
}

/**
 * The contract of `reference`, `cpu` and `webgpu`: allocate, free, upload, download, run an op, synchronise.
 * Shapes have been checked by the op's shape rule before `run`; outputs are allocated by the caller and hold
 * anything beforehand. Ops run in the order they were given; `download` and `synchronise` wait for them.
 */
export interface Backend {
  readonly name: 'reference' | 'cpu' | 'webgpu';
  allocate(count: number, dtype: DType): Buffer;
  free(buffer: Buffer): void;
  /** Copies `values` (exactly `buffer.count` of them) into `buffer`. */
  upload(buffer: Buffer, values: ArrayLike<number>): void;
  /** A copy of the first `count` values. */
  download(buffer: Buffer, count: number): Promise<Values>;
  run<K extends KernelName>(
    op: K,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    attributes: OpAttributes[K],
  ): void;
  /**
   * A part of a buffer, of `count` values from `start` on (a multiple of 64). Not freed: it lives as long as that. An
   * op may not read from and write to parts of the same buffer.
   */
  view(buffer: Buffer, start: number, count: number): Buffer;
  /** Hands what has been run so far to the device. Resolves when more may be run; does not wait for results. */
  flush(): Promise<void>;
  /** Waits until everything is done. */
  synchronise(): Promise<void>;
  /** Live buffers and bytes: for tests of leaks and for progress lines. */
  memory(): { readonly buffers: number; readonly bytes: number };
  /** Stops workers, frees everything. The backend cannot be used afterwards. */
  close(): Promise<void>;
}
