import type { Backend, Buffer, DType } from '../kernels/backend.ts';

/** A buffer with a count of the tensors that share it (reshape and detach share); freed at zero. */
export class Storage {
  readonly backend: Backend;
  readonly buffer: Buffer;
  private references = 1;

  constructor(backend: Backend, count: number, dtype: DType) {
    this.backend = backend;
    this.buffer = backend.allocate(count, dtype);
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    if (--this.references === 0) this.backend.free(this.buffer);
  }
}
