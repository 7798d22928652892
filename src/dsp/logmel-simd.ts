import { decibel } from './decibel.ts';
import { isPowerOfTwo, twiddleTable } from './fft.ts';
import type { LogMelSettings, Spectrogram } from './logmel.ts';
import type { Limits, LogMelKernel } from './logmel-kernel.ts';
import type { MelFilterbank } from './mel.ts';
import { halfWindow, padSignal } from './spectrogram.ts';
import { wasmBase64 } from './wasm-binary.ts';

/** The functions of wasm/logmel.ts; every argument but `amin`, `ref` and `floor` is an address or a count. */
interface Exports {
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
    rowBytes: number,
  ): void;
  limit(values: number, count: number, ref: number, floor: number): void;
}

const PAGE = 65536;
/** Below this the compiler may keep things of its own. */
const FIRST_FREE = 1024;

let compiled: WebAssembly.Module | undefined;

function compile(): WebAssembly.Module {
  const characters = atob(wasmBase64);
  return new WebAssembly.Module(Uint8Array.from(characters, (c) => c.charCodeAt(0)));
}

/**
 * `PlainKernel` in WebAssembly, four frames at a time, for lengths that are powers of two: the same operations in
 * the same order, hence the same bits, several times as fast.
 */
export class SimdKernel implements LogMelKernel {
  private readonly settings: LogMelSettings;
  private readonly bands: number;
  private readonly memory = new WebAssembly.Memory({ initial: 1 });
  private readonly wasm: Exports;
  private top = FIRST_FREE;
  private readonly window: number;
  private readonly tables: number;
  private readonly work: number;
  private readonly ranges: number;
  private readonly weights: number;
  private readonly peak: number;

  static supports(nFft: number): boolean {
    return isPowerOfTwo(nFft) && nFft >= 4;
  }

  constructor(settings: LogMelSettings, filterbank: MelFilterbank) {
    compiled ??= compile();
    const instance = new WebAssembly.Instance(compiled, { env: { memory: this.memory } });
    this.wasm = instance.exports as unknown as Exports;
    this.settings = settings;
    this.bands = filterbank.bands;
    const { nFft } = settings;
    const { bands, firstBin, offset, weights } = filterbank;
    const tables: number[] = [];
    for (let length = nFft; length >= 4; length /= 4) tables.push(...twiddleTable(length));
    this.window = this.place(halfWindow(settings));
    this.tables = this.place(Float64Array.from(tables));
    this.weights = this.place(weights);
    const ranges = new Int32Array(2 * bands);
    for (let band = 0; band < bands; band++) {
      ranges[2 * band] = firstBin[band]!;
      ranges[2 * band + 1] = offset[band + 1]! - offset[band]!;
    }
    this.ranges = this.reserve(ranges.byteLength);
    new Int32Array(this.memory.buffer, this.ranges, ranges.length).set(ranges);
    this.peak = this.reserve(16);
    this.work = this.reserve(64 * nFft);
  }

  compute(samples: Float32Array, frames: number, limits: (peak: number) => Limits): Spectrogram {
    const { settings, bands, memory, wasm } = this;
    const { nFft, hopLength, amin } = settings;
    const length = samples.length + nFft;
    const row = Math.ceil(frames / 4) * 4;
    // what a call needs lies above the plan, and is forgotten with it
    const plan = this.top;
    const signal = this.reserve(8 * length);
    const out = this.reserve(4 * row * bands);
    this.top = plan;
    padSignal(samples, settings, new Float64Array(memory.buffer, signal, length));
    const peaks = new Float64Array(memory.buffer, this.peak, 2).fill(amin);
    wasm.logMel(
      nFft,
      frames,
      hopLength,
      signal,
      this.window,
      this.tables,
      this.work,
      bands,
      this.ranges,
      this.weights,
      amin,
      this.peak,
      out,
      4 * row,
    );
    const { ref, floor } = limits(decibel(Math.max(peaks[0]!, peaks[1]!)));
    wasm.limit(out, row * bands, ref, floor);
    const data = new Float32Array(bands * frames);
    const rows = new Float32Array(memory.buffer, out, row * bands);
    for (let band = 0; band < bands; band++) {
      data.set(rows.subarray(band * row, band * row + frames), band * frames);
    }
    return { data, bands, frames };
  }

  /** Address of that many bytes, aligned to a cache line; the memory grows as needed. */
  private reserve(bytes: number): number {
    const address = this.top;
    this.top += Math.ceil(bytes / 64) * 64;
    const missing = this.top - this.memory.buffer.byteLength;
    if (missing > 0) this.memory.grow(Math.ceil(missing / PAGE));
    return address;
  }

  private place(values: Float64Array): number {
    const address = this.reserve(values.byteLength);
    new Float64Array(this.memory.buffer, address, values.length).set(values);
    return address;
  }
}
