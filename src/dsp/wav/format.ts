/**
 * The `fmt ` chunk. "Multimedia Programming Interface and Data Specifications 1.0" (IBM and Microsoft, 1991);
 * "New Multimedia Data Types and Data Techniques" (Microsoft, 1994) for ADPCM; "Multiple Channel Audio Data
 * and WAVE Files" (Microsoft, 2007) for WAVE_FORMAT_EXTENSIBLE.
 */
import { wavError } from './error.ts';

/** What `fmt ` says, as it says it. */
export interface WavFormat {
  /** WAVE_FORMAT tag; for WAVE_FORMAT_EXTENSIBLE that of its sub-format. */
  tag: number;
  channels: number;
  /** Hz */
  sampleRate: number;
  byteRate: number;
  blockAlign: number;
  /** wBitsPerSample: of the container if the header is extensible, else of the sample. */
  statedBits: number;
  /** Bits of one sample that carry sound. */
  bits: number;
  /** Of an ADPCM block; 0 if not said. */
  samplesPerBlock: number;
  /** Of MS ADPCM: pairs of factors, in 1/256; empty if not said. */
  coefficients: Int16Array;
  /** Byte offset of the chunk's body. */
  offset: number;
}

export const TAG_PCM = 1;
export const TAG_MS_ADPCM = 2;
export const TAG_FLOAT = 3;
export const TAG_ALAW = 6;
export const TAG_MULAW = 7;
export const TAG_IMA_ADPCM = 0x11;
const TAG_EXTENSIBLE = 0xfffe;

/** Last eight bytes of every sub-format GUID made from a format tag. */
const GUID_TAIL = [0x80, 0x00, 0x00, 0xaa, 0x00, 0x38, 0x9b, 0x71];
/** The same of ambisonic PCM and float (SUBTYPE_AMBISONIC_B_FORMAT). */
const AMBISONIC_TAIL = [0x86, 0x44, 0xc8, 0xc1, 0xca, 0x00, 0x00, 0x00];

/** An ADPCM block names its coefficients with a byte. */
const MAX_COEFFICIENTS = 256;
/** Longest body of `fmt ` that is of use. */
export const MAX_FORMAT_BYTES = 22 + 4 * MAX_COEFFICIENTS;

/** Sub-format and valid bits of an extensible header. */
function readExtension(view: DataView, little: boolean, format: WavFormat, name: string, warnings: string[]) {
  const at = format.offset;
  if (view.byteLength < 40) {
    const what = `its extensible fmt chunk has ${view.byteLength} bytes instead of 40`;
    throw wavError('bad-fmt', name, at, what);
  }
  const ends = (tail: readonly number[]) => tail.every((byte, i) => view.getUint8(32 + i) === byte);
  if (!ends(GUID_TAIL) && !ends(AMBISONIC_TAIL)) {
    throw wavError('unsupported-codec', name, at + 24, 'its sub-format is of a private kind');
  }
  format.tag = view.getUint32(24, little);
  if (format.tag === TAG_IMA_ADPCM || format.tag === TAG_MS_ADPCM) return; // the field holds samples per block
  const valid = view.getUint16(18, little);
  const { statedBits } = format;
  if (valid > 0 && valid <= statedBits) format.bits = valid;
  else if (valid > statedBits)
    warnings.push(`${valid} valid bits in samples of ${statedBits} bits: taken as ${statedBits}`);
}

/** The coefficient table of MS ADPCM, if there is one. */
function readCoefficients(view: DataView, little: boolean, offset: number, name: string): Int16Array {
  const count = view.byteLength >= 22 ? view.getUint16(20, little) : 0;
  if (count > 0 && 22 + 4 * count > view.byteLength) {
    const what = `its fmt chunk claims ${count} pairs of ADPCM coefficients and has ${view.byteLength} bytes`;
    throw wavError('bad-fmt', name, offset + 20, what);
  }
  return Int16Array.from({ length: 2 * count }, (_, i) => view.getInt16(22 + 2 * i, little));
}

/**
 * Reads the body of `fmt `, of which `body` holds what is there up to `MAX_FORMAT_BYTES`.
 * @throws DataError `wav/bad-fmt`, `wav/zero-channels`, `wav/zero-rate`, `wav/unsupported-codec`
 */
export function readFormat(
  body: Uint8Array,
  little: boolean,
  offset: number,
  name: string,
  warnings: string[],
): WavFormat {
  if (body.length < 16) {
    const what = `its fmt chunk has ${body.length} bytes, at least 16 are needed`;
    throw wavError('bad-fmt', name, offset, what);
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const statedBits = view.getUint16(14, little);
  const format: WavFormat = {
    tag: view.getUint16(0, little),
    channels: view.getUint16(2, little),
    sampleRate: view.getUint32(4, little),
    byteRate: view.getUint32(8, little),
    blockAlign: view.getUint16(12, little),
    statedBits,
    bits: statedBits,
    samplesPerBlock: view.byteLength >= 20 ? view.getUint16(18, little) : 0,
    coefficients: new Int16Array(0),
    offset,
  };
  if (format.tag === TAG_EXTENSIBLE) readExtension(view, little, format, name, warnings);
  else if (format.tag === TAG_MS_ADPCM) format.coefficients = readCoefficients(view, little, offset, name);
  if (format.channels === 0) throw wavError('zero-channels', name, offset + 2, 'it says it has 0 channels');
  if (format.sampleRate === 0)
    throw wavError('zero-rate', name, offset + 4, 'it says its sample rate is 0 Hz');
  return format;
}
