/** The functions in wasm/, and the memory that they work on. */
import { DataError } from '../base/errors.ts';
import { wasmBase64 } from './wasm-binary.ts';

/** Arguments are addresses and counts, but for `amin`, `ref`, `floor` and `constant`. */
export interface DspFunctions {
  logMel(
    length: number,
    frames: number,
    hop: number,
    signal: number,
    window: number,
    tables: number,
    work: number,
    bands: number,
    ranges: number,
    weights: number,
    amin: number,
    peak: number,
    out: number,
  ): void;
  limit(values: number, count: number, ref: number, floor: number): void;
  filterSection(at: number, count: number, step: number, section: number, state: number, warm: number): void;
  standardise(at: number, count: number, constant: number): void;
}

const PAGE = 65536;
/** Below this the compiler may keep things of its own. */
const FIRST_FREE = 1024;

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  const characters = atob(wasmBase64);
  return new WebAssembly.Module(Uint8Array.from(characters, (c) => c.charCodeAt(0)));
}

/** An instance with memory of its own, given out from below. */
export class DspMemory {
  readonly functions: DspFunctions;
  private readonly memory = new WebAssembly.Memory({ initial: 1 });
  private top = FIRST_FREE;

  constructor() {
    compiled ??= compile();
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.memory } });
    this.functions = instance.exports as unknown as DspFunctions;
  }

  /** The memory; another one once something was reserved. */
  get buffer(): ArrayBuffer {
    return this.memory.buffer;
  }

  /** Address of that many bytes, aligned to a cache line; the memory grows as needed. */
  reserve(bytes: number): number {
    const address = this.top;
    const top = address + Math.ceil(bytes / 64) * 64;
    const missing = top - this.memory.buffer.byteLength;
    if (missing > 0) this.grow(Math.ceil(missing / PAGE), bytes);
    this.top = top;
    return address;
  }

  /** Addresses of that many bytes each, above all that is reserved: until the next call of anything here. */
  above(...bytes: readonly number[]): number[] {
    const { top } = this;
    try {
      return bytes.map((count) => this.reserve(count));
    } finally {
      this.top = top;
    }
  }

  /** @throws DataError `dsp/too-long` where the machine or WebAssembly has no more */
  private grow(pages: number, bytes: number): void {
    try {
      this.memory.grow(pages);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const what = `no memory for ${bytes} bytes of a recording beside ${this.memory.buffer.byteLength}`;
      throw new DataError('dsp/too-long', what, 'Cut it into shorter ones');
    }
  }

  /** Address of a copy of these values. */
  place(values: Float64Array | Float32Array | Int32Array): number {
    const address = this.reserve(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.memory.buffer, address).set(bytes);
    return address;
  }
}

/** Bytes for which the shared memory is kept: half an hour at 2 kHz in float64. */
const MOST_KEPT = 1 << 25;
let shared: DspMemory | undefined;

/** Memory of whoever is at work; it is anybody else’s at the next call. */
export function sharedMemory(): DspMemory {
  if (!shared || shared.buffer.byteLength > MOST_KEPT) shared = new DspMemory();
  return shared;
}
