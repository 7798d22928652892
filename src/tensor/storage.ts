import type { Backend, Buffer, DType } from '../kernels/backend.ts';

/** A buffer with a count of the tensors that share it (reshape, detach and views share); freed at zero. */
export class Storage {
  readonly backend: Backend;
  readonly buffer: Buffer;
  /** Of a view: what it is a part of, and keeps alive. */
  private readonly parent: Storage | null;
  private references = 1;

  private constructor(backend: Backend, buffer: Buffer, parent: Storage | null) {
    this.backend = backend;
    this.buffer = buffer;
    this.parent = parent;
  }

  static allocate(backend: Backend, count: number, dtype: DType): Storage {
    return new Storage(backend, backend.allocate(count, dtype), null);
  }

  /** `count` values from `start` on, which must be a multiple of `PACK_ALIGNMENT`. */
  view(start: number, count: number): Storage {
    return new Storage(this.backend, this.backend.view(this.buffer, start, count), this.retain());
  }

  retain(): this {
    this.references++;
    return this;
  }

  release(): void {
    if (--this.references > 0) return;
    if (this.parent) this.parent.release();
    else this.backend.free(this.buffer);
  }
}
