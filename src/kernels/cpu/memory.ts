import { DeviceError, StateError } from '../../base/errors.ts';

const PAGE = 65536;
const MAX_PAGES = 65536;
/** Cache line, and what vector loads like best. */
const ALIGNMENT = 64;
/** Bytes that stay readable behind every block: vector loads may run past the end of a buffer. */
const SLACK = 256;

/**
 * Blocks of the one WebAssembly memory that host and workers share. Sizes are rounded up to classes (four to an
 * octave); a freed block goes to its class's list and is given out again, the last freed first.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  private top: number;
  /** Class of every block in use, by address. */
  private readonly live = new Map<number, number>();
  /** Addresses of free blocks, by class. */
  private readonly free = new Map<number, number[]>();
  private views: { i32: Int32Array; f32: Float32Array; f64: Float64Array };

  /** @param base first address that may be given out. */
  constructor(memory: WebAssembly.Memory, base: number) {
    this.memory = memory;
    this.top = Math.ceil(base / ALIGNMENT) * ALIGNMENT;
    this.views = makeViews(memory);
  }

  /** The whole memory. Fetch again after any allocation: growing leaves old views short. */
  get i32(): Int32Array {
    return this.views.i32;
  }
  get f32(): Float32Array {
    return this.views.f32;
  }
  get f64(): Float64Array {
    return this.views.f64;
  }

  /** Address of a block of at least `bytes` bytes, 64-byte aligned, holding anything. */
  allocate(bytes: number): number {
    let size = sizeClass(bytes);
    let address = this.free.get(size)?.pop() ?? this.extend(size);
    if (address === undefined) {
      size = this.largerFree(size);
      address = this.free.get(size)?.pop();
    }
    if (address === undefined) {
      throw new DeviceError(
        'cpu/out-of-memory',
        `cpu: no room for ${bytes} bytes: ${this.top} of ${PAGE * MAX_PAGES} bytes are in use or kept for reuse`,
        'Use a smaller batch, or free tensors earlier',
      );
    }
    this.live.set(address, size);
    return address;
  }

  release(address: number): void {
    const size = this.live.get(address);
    if (size === undefined) {
      throw new StateError('cpu/double-free', `cpu: block at ${address} is not allocated`, 'This is a bug');
    }
    this.live.delete(address);
    const list = this.free.get(size);
    if (list) list.push(address);
    else this.free.set(size, [address]);
  }

  private extend(size: number): number | undefined {
    const address = this.top;
    if (!this.reserve(address + size + SLACK)) return undefined;
    this.top += size;
    return address;
  }

  /** Last resort: the smallest class above `size` with a free block, or Infinity. */
  private largerFree(size: number): number {
    let best = Infinity;
    for (const [candidate, list] of this.free) {
      if (candidate >= size && candidate < best && list.length > 0) best = candidate;
    }
    return best;
  }

  /** Grows by at least an eighth, so that a growing program does not stop for every tensor. */
  private reserve(end: number): boolean {
    const present = this.memory.buffer.byteLength / PAGE;
    const needed = Math.ceil(end / PAGE);
    if (needed <= present) return true;
    if (needed > MAX_PAGES) return false;
    const generous = Math.min(MAX_PAGES, Math.max(needed, present + Math.ceil(present / 8)));
    if (!grow(this.memory, generous - present) && !grow(this.memory, needed - present)) return false;
    this.views = makeViews(this.memory);
    return true;
  }
}

function grow(memory: WebAssembly.Memory, pages: number): boolean {
  try {
    memory.grow(pages);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function makeViews(memory: WebAssembly.Memory) {
  const { buffer } = memory;
  return { i32: new Int32Array(buffer), f32: new Float32Array(buffer), f64: new Float64Array(buffer) };
}

/** `bytes` rounded up to 4, 5, 6 or 7 times a power of two, at least one cache line. */
export function sizeClass(bytes: number): number {
  if (bytes <= 256) return Math.max(1, Math.ceil(bytes / ALIGNMENT)) * ALIGNMENT;
  let quarter = 64;
  while (quarter * 8 < bytes) quarter *= 2;
  return Math.ceil(bytes / quarter) * quarter;
}
