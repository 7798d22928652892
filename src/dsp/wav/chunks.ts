/**
 * The container of a WAV file: finds the `fmt `, `fact` and `data` chunks among whatever else is there. RIFX is
 * RIFF in big-endian; RF64 and BW64 (EBU Tech 3306, ITU-R BS.2088) keep sizes beyond 4 GiB in `ds64`. Nothing is
 * allocated from a size that the file claims, and every step of a walk goes forward.
 */
import { fourLetters, isChainToEnd, looksLikeId, MAX_CHUNKS, nextChunk, uint32 } from './chain.ts';
import { wavError } from './error.ts';
import { MAX_FORMAT_BYTES, readFormat, type WavFormat } from './format.ts';
import { guessKind } from './kind.ts';
import type { Look, Reads } from './source.ts';

/** Where the sound is, and what the header says about it. */
export interface WavLayout {
  littleEndian: boolean;
  format: WavFormat;
  /** Byte offset of the first sample. */
  dataOffset: number;
  /** Bytes of sound that are really there. */
  dataBytes: number;
  /** Bytes the file claims; larger than `dataBytes` if it was cut off; NaN where the recorder never said. */
  claimedBytes: number;
  /** Samples per channel by `fact`. */
  factFrames: number | undefined;
  warnings: string[];
}

interface Data {
  start: number;
  dataBytes: number;
  claimedBytes: number;
}

interface Chunk {
  id: string;
  /** Offset of the body. */
  start: number;
  size: number;
}

const DS64_BYTES = 28;
const MAX_WARNINGS = 20;

/** Sizes that recorders and pipes write when they do not (yet) know the length. */
function isPlaceholder(size: number): boolean {
  return size >= 0xffffff00 || (size >= 0x7ffff000 && size <= 0x80000000);
}

/** A walk over the chunks of one file. */
class Walk {
  readonly #look: Look;
  readonly #little: boolean;
  readonly #name: string;
  readonly warnings: string[] = [];
  format: WavFormat | undefined;
  data: Data | undefined;
  factFrames: number | undefined;
  /** Size of `data` by `ds64`. */
  #longSize = 0;
  /** Body of the first `data` chunk that was empty. */
  #emptyData: number | undefined;
  #waveList = false;

  constructor(look: Look, little: boolean, name: string) {
    this.#look = look;
    this.#little = little;
    this.#name = name;
  }

  *run(): Reads<WavLayout> {
    let at = 12;
    for (let count = 0; at + 8 <= this.#look.size; count++) {
      if (count === MAX_CHUNKS) {
        const what = `more than ${MAX_CHUNKS} chunks`;
        if (!this.format || !this.data) throw wavError('too-many-chunks', this.#name, at, `it has ${what}`);
        this.#warn(`${what}: those from byte ${at} on were not looked at`);
        break;
      }
      const head = yield* this.#look.at(at, 8);
      const chunk = { id: fourLetters(head, 0), start: at + 8, size: uint32(head, 4, this.#little) };
      if (this.data && !looksLikeId(head, 0)) {
        this.#warn(`${this.#look.size - at} bytes from byte ${at} on belong to no chunk: ignored`);
        break;
      }
      yield* this.#visit(chunk);
      at = yield* nextChunk(this.#look, chunk.start + chunk.size);
    }
    return this.#layout(Math.min(at, this.#look.size));
  }

  /** Takes what a chunk says; may change its size to the true one. */
  *#visit(chunk: Chunk): Reads<void> {
    const { id, start, size } = chunk;
    if (id === 'ds64') yield* this.#readLongSizes(chunk);
    else if (id === 'data') yield* this.#measureData(chunk);
    else if (id === 'fmt ' && this.format) this.#warn(`a second fmt chunk at byte ${start - 8} is ignored`);
    else if (id === 'fmt ') {
      const body = yield* this.#look.at(start, Math.min(size, MAX_FORMAT_BYTES));
      this.format = readFormat(body, this.#little, start, this.#name, this.warnings);
    } else if (id === 'fact' && size >= 4) {
      const body = yield* this.#look.at(start, 4);
      if (body.length === 4) this.factFrames ??= uint32(body, 0, this.#little);
    } else if (id === 'RIFF' || id === 'RIFX') {
      this.#warn(`another file begins at byte ${start - 8}: ignored`);
    } else if (id === 'LIST') {
      const body = yield* this.#look.at(start, 4);
      this.#waveList ||= body.length === 4 && fourLetters(body, 0) === 'wavl';
    }
  }

  *#readLongSizes(chunk: Chunk): Reads<void> {
    // fmt must come behind it, so its size leads to another chunk
    if (!looksLikeId(yield* this.#look.at(chunk.start + chunk.size, 4), 0)) {
      this.#warn(`its ds64 chunk claims ${chunk.size} bytes: taken as ${DS64_BYTES}`);
      chunk.size = DS64_BYTES;
    }
    const body = yield* this.#look.at(chunk.start, 16);
    if (body.length === 16 && chunk.size >= 16)
      this.#longSize = uint32(body, 8, this.#little) + uint32(body, 12, this.#little) * 4294967296;
  }

  /** A size that was never filled in means: to the end of the file. */
  *#measureData(chunk: Chunk): Reads<void> {
    const { start } = chunk;
    if (this.data) {
      this.#warn(`a second data chunk at byte ${start - 8} is ignored`);
      return;
    }
    const there = this.#look.size - start;
    const unfilled = chunk.size === 0xffffffff || chunk.size === 0;
    const long = unfilled && this.#longSize > 0 && this.#longSize < 2 ** 63;
    if (long) chunk.size = this.#longSize;
    const unsaid = !long && isPlaceholder(chunk.size) && (chunk.size > there || chunk.size === 0xffffffff);
    if (unsaid || (chunk.size === 0 && !(yield* isChainToEnd(this.#look, start, this.#little, this.#name)))) {
      const what = 'the recorder never wrote the length: read to the end of the file';
      this.#warn(`${what} (${there} bytes of data)`);
      chunk.size = there;
      this.data = { start, dataBytes: there, claimedBytes: Number.NaN };
    } else if (chunk.size === 0) this.#emptyData ??= start;
    else this.data = { start, dataBytes: Math.min(chunk.size, there), claimedBytes: chunk.size };
  }

  /** A file of nothing but oddities needs no list of them all. */
  #warn(what: string) {
    if (this.warnings.length < MAX_WARNINGS) this.warnings.push(what);
  }

  #layout(end: number): WavLayout {
    const name = this.#name;
    if (!this.format)
      throw wavError('no-fmt', name, end, 'it has no fmt chunk, so how to read it is unknown');
    if (!this.data) {
      if (this.#emptyData !== undefined)
        throw wavError('no-samples', name, this.#emptyData, 'it holds no samples');
      const what = this.#waveList
        ? 'its sound is in a wave list (LIST wavl)'
        : 'the file ends before any sound';
      throw wavError('no-data', name, end, `it has no data chunk: ${what}`);
    }
    if (this.#emptyData !== undefined)
      this.#warn(`an empty data chunk at byte ${this.#emptyData - 8} is ignored`);
    const { start, ...sizes } = this.data;
    const { format, factFrames, warnings } = this;
    return { littleEndian: this.#little, format, dataOffset: start, ...sizes, factFrames, warnings };
  }
}

/**
 * Walks the chunks and returns the layout of the first `data` chunk that holds anything.
 * @throws DataError `wav/not-a-wav`, `wav/no-fmt`, `wav/no-data`, `wav/no-samples`, `wav/bad-fmt`,
 *   `wav/zero-channels`, `wav/zero-rate`, `wav/unsupported-codec`, `wav/too-many-chunks`
 */
export function* readLayout(look: Look, name: string): Reads<WavLayout> {
  const head = yield* look.at(0, 12);
  const magic = head.length === 12 ? fourLetters(head, 0) : '';
  if (!['RIFF', 'RIFX', 'RF64', 'BW64'].includes(magic)) {
    const what = `not a WAV file: ${guessKind(head)}`;
    throw wavError('not-a-wav', name, 0, what, 'Convert it to WAV first');
  }
  const kind = fourLetters(head, 8).replace(/[^ -~]/g, '?');
  if (kind !== 'WAVE') throw wavError('not-a-wav', name, 8, `a RIFF file of kind '${kind}', not WAVE`);
  return yield* new Walk(look, magic !== 'RIFX', name).run();
}
