import { DeviceError, StateError } from '../../base/errors.ts';

const PAGE = 65536;
const MAX_PAGES = 65536;
/** Cache line, and what vector loads like best. */
const ALIGNMENT = 64;
/** Bytes that stay readable behind every block: vector loads may run past the end of a buffer. */
const SLACK = 256;

/** Blocks up to this size come from lists by size class; larger ones are cut from spans that join again. */
const SMALL = 32768;
const CHUNK = 1 << 20;

/**
 * Blocks of the one WebAssembly memory that host and workers share. Small blocks (statistics, weights: many, and
 * always the same sizes) are rounded up to classes, and a freed one is the first to be given out again. Large
 * blocks (activations) take the best fit among free spans, which join with their neighbours when freed: layers
 * of different sizes then share one space, and the memory stays near what is in use at the worst moment.
 */
export class Heap {
  readonly memory: WebAssembly.Memory;
  private top: number;
  /** Size of every block in use, by address. */
  private readonly live = new Map<number, number>();
  /** Addresses of free small blocks, by class. */
  private readonly free = new Map<number, number[]>();
  /** What is left of the span that small blocks are being cut from. */
  private chunk = { at: 0, end: 0 };
  private readonly spans = new Spans();
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

  /** Bytes of all blocks in use. */
  get bytesInUse(): number {
    let bytes = 0;
    for (const size of this.live.values()) bytes += size;
    return bytes;
  }

  /** Address of a block of at least `bytes` bytes, 64-byte aligned, holding anything. */
  allocate(bytes: number): number {
    const size = bytes <= SMALL ? sizeClass(bytes) : Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    const address = bytes <= SMALL ? this.allocateSmall(size) : this.allocateLarge(size);
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

  private allocateSmall(size: number): number | undefined {
    const reused = this.free.get(size)?.pop();
    if (reused !== undefined) return reused;
    if (this.chunk.at + size > this.chunk.end) {
      const at = this.allocateLarge(CHUNK);
      if (at === undefined) return undefined;
      this.chunk = { at, end: at + CHUNK };
    }
    const address = this.chunk.at;
    this.chunk.at += size;
    return address;
  }

  private allocateLarge(size: number): number | undefined {
    const reused = this.spans.take(size);
    if (reused !== undefined) return reused;
    // Grow, beginning with the free span at the very end if there is one.
    const address = this.spans.startOfLast(this.top) ?? this.top;
    if (!this.reserve(address + size + SLACK)) return undefined;
    this.spans.removeAt(address);
    this.top = address + size;
    return address;
  }

  release(address: number): void {
    const size = this.live.get(address);
    if (size === undefined) {
      throw new StateError('cpu/double-free', `cpu: block at ${address} is not allocated`, 'This is a bug');
    }
    this.live.delete(address);
    if (size > SMALL) this.spans.give(address, size);
    else if (this.free.has(size)) this.free.get(size)!.push(address);
    else this.free.set(size, [address]);
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

/** Free spans, sorted by address; neighbours are joined, so no two of them touch. */
class Spans {
  private readonly starts: number[] = [];
  private readonly sizes: number[] = [];

  /** The beginning of the smallest span that is large enough, the first of equals; the rest stays free. */
  take(size: number): number | undefined {
    let best = -1;
    for (let i = 0; i < this.sizes.length; i++) {
      if (this.sizes[i]! >= size && (best < 0 || this.sizes[i]! < this.sizes[best]!)) best = i;
    }
    if (best < 0) return undefined;
    const address = this.starts[best]!;
    if (this.sizes[best] === size) this.remove(best);
    else {
      this.starts[best] = address + size;
      this.sizes[best]! -= size;
    }
    return address;
  }

  give(address: number, size: number): void {
    let i = this.starts.findIndex((start) => start > address);
    if (i < 0) i = this.starts.length;
    this.starts.splice(i, 0, address);
    this.sizes.splice(i, 0, size);
    if (i + 1 < this.starts.length && address + size === this.starts[i + 1]) this.joinWithNext(i);
    if (i > 0 && this.starts[i - 1]! + this.sizes[i - 1]! === address) this.joinWithNext(i - 1);
  }

  /** Where the span begins that ends at `end`, if there is one. */
  startOfLast(end: number): number | undefined {
    const last = this.starts.length - 1;
    return last >= 0 && this.starts[last]! + this.sizes[last]! === end ? this.starts[last] : undefined;
  }

  removeAt(address: number): void {
    const i = this.starts.indexOf(address);
    if (i >= 0) this.remove(i);
  }

  private joinWithNext(i: number): void {
    this.sizes[i]! += this.sizes[i + 1]!;
    this.remove(i + 1);
  }

  private remove(i: number): void {
    this.starts.splice(i, 1);
    this.sizes.splice(i, 1);
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
