/**
 * How many bytes one sample takes. Three fields speak of it (block size, byte rate, bits), and they disagree in
 * more files than one would think; samples narrower than their container may stand at either end of it.
 */
import type { WavLayout } from './chunks.ts';
import { wavError } from './error.ts';
import type { Look, Reads } from './source.ts';

/** Bytes of one sample, and where in them it stands. */
export interface SampleWidth {
  container: number;
  /** Bytes above a sample that stands in the low ones; 0 as the standard has it. */
  spareHigh: number;
  /** What a sample in the low bits of its remaining bytes is to be multiplied by; else 1. */
  gain: number;
}

/** The sound is looked at in so many places, spread evenly, of so many bytes each. */
const PLACES = 16;
const PLACE_BYTES = 65_536;

/**
 * Bytes of a sample in codecs whose samples are `packed` bytes and nothing else. A block size that denies it is
 * outvoted by the byte rate.
 * @throws DataError `wav/bad-fmt` if both deny it
 */
export function packedWidth({ format, warnings }: WavLayout, packed: number, name: string): number {
  const { blockAlign, channels, statedBits, offset } = format;
  if (blockAlign === packed * channels) return packed;
  const what = `block size ${blockAlign} does not fit ${channels} channels of ${statedBits} bits`;
  if (blockAlign !== 0 && !isByteRateOf(format, packed)) throw wavError('bad-fmt', name, offset + 12, what);
  warnings.push(`${what}: ignored`);
  return packed;
}

function isByteRateOf(format: WavLayout['format'], bytes: number): boolean {
  return format.byteRate === format.sampleRate * format.channels * bytes;
}

/**
 * Samples narrower than their container belong in its high bits, the rest zero. Some writers put them in the low
 * bits; then the low bytes are not all zero, which the standard forbids, and the high ones only repeat the sign or
 * are zero. `low bytes`: in these, but in their high bits. `full`: all bytes are in use.
 */
function* findSamples(
  look: Look,
  layout: WavLayout,
  container: number,
  spare: number,
): Reads<'high' | 'low' | 'low bytes' | 'full'> {
  const { littleEndian, dataOffset, dataBytes, format } = layout;
  const signBit = (format.bits - 1) % 8;
  const samples = Math.floor(dataBytes / container);
  const piece = Math.floor(PLACE_BYTES / container);
  const places = samples <= PLACES * piece ? Math.ceil(samples / piece) : PLACES;
  let lowUsed = false;
  let highUsed = false;
  let signOnly = true;
  for (let place = 0; place < places; place++) {
    const first = places < PLACES ? place * piece : Math.floor((place * (samples - piece)) / (PLACES - 1));
    const count = Math.min(piece, samples - first);
    const bytes = yield* look.at(dataOffset + first * container, count * container);
    for (let at = 0; at < bytes.length; at += container) {
      // significance s: 0 is the lowest byte of the sample
      const byte = (s: number) => bytes[littleEndian ? at + s : at + container - 1 - s]!;
      for (let s = 0; s < spare; s++) lowUsed ||= byte(s) !== 0;
      const top = (byte(container - 1 - spare) << 24) >> 24;
      signOnly &&= top >> signBit === top >> 7;
      const fill = top < 0 ? 0xff : 0;
      for (let s = container - spare; s < container; s++) highUsed ||= byte(s) !== 0 && byte(s) !== fill;
    }
  }
  if (!lowUsed) return 'high';
  if (highUsed) return 'full';
  return signOnly ? 'low' : 'low bytes';
}

/**
 * Bytes of a PCM sample, and whether it stands in the low ones, which takes a look at the sound: at 1 MiB of it,
 * all of a shorter file.
 * @throws DataError `wav/bad-fmt`
 */
export function* pcmWidth(look: Look, layout: WavLayout, name: string): Reads<SampleWidth> {
  const { format, warnings } = layout;
  const { blockAlign, channels, statedBits, bits, offset } = format;
  const packed = Math.ceil(statedBits / 8);
  const container = blockAlign / channels;
  const wider = Number.isInteger(container) && container > packed && container <= 8;
  if (!wider) packedWidth(layout, packed, name);
  const width = wider ? container : packed;
  const spare = width - Math.ceil(bits / 8);
  const standard = { container: width, spareHigh: 0, gain: 1 };
  if (spare === 0) return standard;

  const found = yield* findSamples(look, layout, width, spare);
  if (found === 'high') return standard;
  if (found !== 'full') {
    warnings.push(`${bits}-bit samples stand in the low bits of ${width} bytes, against the standard`);
    const gain = found === 'low' ? 2 ** (8 * (width - spare) - bits) : 1;
    return { container: width, spareHigh: spare, gain };
  }
  if (wider && isByteRateOf(format, packed))
    return { ...standard, container: packedWidth(layout, packed, name) };
  if (wider && container % packed === 0) {
    const what = `block size ${blockAlign} leaves ${container} bytes for a sample of ${statedBits} bits, all in use`;
    throw wavError('bad-fmt', name, offset + 12, what, 'Is it a file of more channels than it says?');
  }
  warnings.push(`samples of ${bits} bits use all ${width} bytes they have: read as ${8 * width} bits`);
  return standard;
}
