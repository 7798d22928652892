import { formatShape, ShapeError, StateError } from '../../base/errors.ts';
import type { Backend, Buffer, DType, Operand } from '../backend.ts';
import type { KernelName, OpAttributes } from '../ops.ts';
import { countOf, type Data, type ReferenceKernel, type ReferenceOperand } from './kernel.ts';
import { kernels } from './kernels.ts';

/** What int32 buffers hold before they are written and after they are freed: no valid index. */
const POISON = -2147483648;

function poison(data: Data): void {
  data.fill(data instanceof Float64Array ? Number.NaN : POISON);
}

class ReferenceBuffer implements Buffer {
  readonly count: number;
  readonly dtype: DType;
  readonly data: Data;
  readonly owner: ReferenceBackend;
  /** Of a view: what it is a part of. */
  readonly parent: ReferenceBuffer | null;

  constructor(owner: ReferenceBackend, data: Data, parent: ReferenceBuffer | null = null) {
    this.owner = owner;
    this.count = data.length;
    this.dtype = data instanceof Float64Array ? 'float' : 'int32';
    this.data = data;
    this.parent = parent;
  }
}

/**
 * Every op in float64 with plain loops: what the other backends are compared with. Memory is NaN before it is
 * written and after it is freed, so that reading too early or too late shows.
 */
class ReferenceBackend implements Backend {
  readonly name = 'reference';
  readonly #live = new Set<ReferenceBuffer>();
  #bytes = 0;
  #closed = false;

  allocate(count: number, dtype: DType): Buffer {
    if (this.#closed) throw new StateError('backend/closed', 'reference: allocate after close');
    const data = dtype === 'float' ? new Float64Array(count) : new Int32Array(count);
    poison(data);
    const buffer = new ReferenceBuffer(this, data);
    this.#live.add(buffer);
    this.#bytes += buffer.data.byteLength;
    return buffer;
  }

  free(buffer: Buffer): void {
    const own = this.#own('free', buffer);
    this.#live.delete(own);
    this.#bytes -= own.data.byteLength;
    poison(own.data);
  }

  upload(buffer: Buffer, values: ArrayLike<number>): void {
    const own = this.#own('upload', buffer);
    if (values.length !== own.count) {
      throw new ShapeError('backend/count', `upload: ${values.length} values for a buffer of ${own.count}`);
    }
    own.data.set(values);
  }

  async download(buffer: Buffer, count: number): Promise<Data> {
    const own = this.#own('download', buffer);
    if (count > own.count) {
      throw new ShapeError('backend/count', `download: ${count} values from a buffer of ${own.count}`);
    }
    return own.data.slice(0, count);
  }

  run<K extends KernelName>(
    op: K,
    inputs: readonly Operand[],
    outputs: readonly Operand[],
    attributes: OpAttributes[K],
  ): void {
    // The table's type pairs each name with its kernel; TypeScript cannot follow that through an index.
    const kernel = kernels[op] as unknown as ReferenceKernel<K>;
    const view = (operand: Operand) => this.#view(op, operand);
    kernel(inputs.map(view), outputs.map(view), attributes);
  }

  view(buffer: Buffer, start: number, count: number): Buffer {
    const own = this.#own('view', buffer);
    return new ReferenceBuffer(this, own.data.subarray(start, start + count), own);
  }

  async flush(): Promise<void> {}
  async synchronise(): Promise<void> {}

  memory(): { readonly buffers: number; readonly bytes: number } {
    return { buffers: this.#live.size, bytes: this.#bytes };
  }

  async close(): Promise<void> {
    for (const buffer of this.#live) poison(buffer.data);
    this.#live.clear();
    this.#bytes = 0;
    this.#closed = true;
  }

  #view(op: string, { buffer, shape }: Operand): ReferenceOperand {
    const own = this.#own(op, buffer);
    if (countOf(shape) > own.count) {
      throw new ShapeError(
        'backend/count',
        `${op}: shape ${formatShape(shape)} in a buffer of ${own.count} values`,
      );
    }
    return { data: own.data, shape };
  }

  #own(use: string, buffer: Buffer): ReferenceBuffer {
    if (!(buffer instanceof ReferenceBuffer) || buffer.owner !== this) {
      throw new StateError('backend/foreign', `${use}: the buffer belongs to another backend`);
    }
    if (!this.#live.has(buffer.parent ?? buffer)) {
      throw new StateError('backend/freed', `${use}: the buffer of ${buffer.count} values has been freed`);
    }
    return buffer;
  }
}

/** A new, empty reference backend. */
export function reference(): Backend {
  return new ReferenceBackend();
}
