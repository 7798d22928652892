/** How one chunk of a RIFF file leads to the next. */
import { wavError } from './error.ts';
import type { Look, Reads } from './source.ts';

/** More chunks than any recorder writes: a walk over 4 GiB of empty ones would take hours. */
export const MAX_CHUNKS = 65_536;
/** Ids that decide whether the pad byte after an odd chunk was left out. */
const KNOWN_IDS = ['fmt ', 'data', 'fact', 'LIST', 'JUNK', 'bext', 'ds64', 'PEAK', 'cue ', 'smpl', 'id3 '];

export function fourLetters(bytes: Uint8Array, at: number): string {
  return String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
}

/** Whether four printable ASCII characters stand at this place, as in every chunk id. */
export function looksLikeId(bytes: Uint8Array, at: number): boolean {
  if (at + 4 > bytes.length) return false;
  for (let i = at; i < at + 4; i++) if (bytes[i]! < 0x20 || bytes[i]! > 0x7e) return false;
  return true;
}

export function uint32(bytes: Uint8Array, at: number, little: boolean): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, little);
}

/** Where the chunk after one that ends at `end` starts: at an even place, unless the pad byte was left out. */
export function* nextChunk(look: Look, end: number): Reads<number> {
  if (end % 2 === 0) return end;
  const next = yield* look.at(end, 5);
  const known = (i: number) => next.length >= i + 4 && KNOWN_IDS.includes(fourLetters(next, i));
  if (known(0)) return end;
  return looksLikeId(next, 0) && !looksLikeId(next, 1) ? end : end + 1;
}

/**
 * Whether chunks, each with a plausible id, fill the file exactly from `at` to its end.
 * @throws DataError `wav/too-many-chunks`
 */
export function* isChainToEnd(look: Look, at: number, little: boolean, name: string): Reads<boolean> {
  for (let count = 0; at + 8 <= look.size; count++) {
    if (count === MAX_CHUNKS)
      throw wavError('too-many-chunks', name, at, `it has more than ${MAX_CHUNKS} chunks`);
    const head = yield* look.at(at, 8);
    if (!looksLikeId(head, 0)) return false;
    at += 8 + uint32(head, 4, little);
    if (at === look.size) return true;
    at += at % 2;
  }
  return at === look.size;
}
