/**
 * Sample decoders of the WAV reader: bytes of interleaved frames to float32 in [−1, 1), one array a channel.
 * Integers are divided by half their range, so 16-bit PCM gives x/32768 exactly.
 */
import { wavError } from './wav-error.ts';
import type { WavFormat, WavLayout } from './wav-header.ts';

export type WavEncoding = 'pcm' | 'float' | 'alaw' | 'mulaw';

/** Reads the sample at a byte offset. */
type ReadSample = (view: DataView, at: number) => number;

export interface Codec {
  encoding: WavEncoding;
  read: ReadSample;
}

const TAG_PCM = 1;
const TAG_FLOAT = 3;
const TAG_ALAW = 6;
const TAG_MULAW = 7;
const OTHER_TAGS: Record<number, string> = {
  2: 'Microsoft ADPCM',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG',
  85: 'MP3',
  255: 'AAC',
};

/** ITU-T G.711 A-law: eight segments of sixteen steps, every other bit inverted; 13-bit values, times 8. */
function decodeAlaw(code: number): number {
  const c = code ^ 0x55;
  const segment = (c >> 4) & 7;
  const step = ((c & 15) << 4) + 8;
  const size = segment === 0 ? step : (step + 256) << (segment - 1);
  return c & 0x80 ? size : -size;
}

/** ITU-T G.711 µ-law: all bits inverted, bias 33; 14-bit values, times 4. */
function decodeMulaw(code: number): number {
  const c = ~code & 0xff;
  const size = ((((c & 15) << 3) + 0x84) << ((c >> 4) & 7)) - 0x84;
  return c & 0x80 ? -size : size;
}

function table(decode: (code: number) => number): Float32Array {
  return Float32Array.from({ length: 256 }, (_, code) => decode(code) / 32768);
}

/** Signed integers of 1 to 8 bytes, all of whose bits count (8 bits and fewer are unsigned, by definition). */
function integerReader(bytes: number, little: boolean): ReadSample {
  if (bytes === 1) return (view, at) => (view.getUint8(at) - 128) / 128;
  if (bytes === 2) return (view, at) => view.getInt16(at, little) / 32768;
  if (bytes === 4) return (view, at) => view.getInt32(at, little) / 2147483648;
  if (bytes === 3) {
    const high = little ? 2 : 0;
    return (view, at) =>
      (view.getInt8(at + high) * 65536 + view.getUint8(at + 1) * 256 + view.getUint8(at + 2 - high)) /
      8388608;
  }
  return (view, at) => {
    // the top four bytes as a signed integer, the others as a fraction of its last unit
    let fraction = 0;
    for (let i = 0; i < bytes - 4; i++)
      fraction = (fraction + view.getUint8(little ? at + i : at + bytes - 1 - i)) / 256;
    return (view.getInt32(little ? at + bytes - 4 : at, little) + fraction) / 2147483648;
  };
}

/**
 * Samples narrower than their container belong in its high bits, the rest zero. Some writers put them in
 * the low bits; then the low bytes are not all zero, which the standard forbids, and the high ones only
 * repeat the sign or are zero.
 */
function isLowJustified(view: DataView, layout: WavLayout, spare: number): boolean {
  const size = layout.format.bytesPerSample;
  const end = layout.dataOffset + layout.dataBytes - size;
  let lowBytesUsed = false;
  for (let at = layout.dataOffset; at <= end; at += size) {
    const byte = (i: number) => view.getUint8(layout.littleEndian ? at + i : at + size - 1 - i);
    for (let i = 0; i < spare; i++) lowBytesUsed ||= byte(i) !== 0;
    const fill = byte(size - 1 - spare) & 0x80 ? 0xff : 0;
    for (let i = size - spare; i < size; i++) if (byte(i) !== 0 && byte(i) !== fill) return false;
  }
  return lowBytesUsed;
}

function pcmReader(view: DataView, layout: WavLayout, name: string): ReadSample {
  const { bits, bytesPerSample, offset } = layout.format;
  if (bits < 1 || bytesPerSample > 8) {
    throw wavError(
      'bad-fmt',
      name,
      offset + 14,
      `PCM samples of ${bits} bits in ${bytesPerSample} bytes are not readable`,
    );
  }
  const spare = bytesPerSample - Math.ceil(bits / 8);
  if (spare > 0 && isLowJustified(view, layout, spare)) {
    layout.warnings.push(
      `${bits}-bit samples stand in the low bits of ${bytesPerSample} bytes, against the standard`,
    );
    const narrow = integerReader(bytesPerSample - spare, layout.littleEndian);
    const skip = layout.littleEndian ? 0 : spare;
    return (v, at) => narrow(v, at + skip);
  }
  return integerReader(bytesPerSample, layout.littleEndian);
}

function floatReader(format: WavFormat, little: boolean, name: string): ReadSample {
  if (format.bytesPerSample === 4) return (view, at) => view.getFloat32(at, little);
  if (format.bytesPerSample === 8) return (view, at) => view.getFloat64(at, little);
  throw wavError(
    'bad-fmt',
    name,
    format.offset + 14,
    `float samples of ${format.bits} bits: only 32 and 64 exist`,
  );
}

/**
 * The decoder for this file's codec.
 * @throws DataError `wav/unsupported-codec` or `wav/bad-fmt`
 */
export function chooseCodec(view: DataView, layout: WavLayout, name: string): Codec {
  const { tag, offset, bytesPerSample, bits } = layout.format;
  if (tag === TAG_PCM) return { encoding: 'pcm', read: pcmReader(view, layout, name) };
  if (tag === TAG_FLOAT)
    return { encoding: 'float', read: floatReader(layout.format, layout.littleEndian, name) };
  if (tag === TAG_ALAW || tag === TAG_MULAW) {
    if (bytesPerSample !== 1)
      throw wavError('bad-fmt', name, offset + 14, `G.711 samples of ${bits} bits: only 8 exist`);
    const values = table(tag === TAG_ALAW ? decodeAlaw : decodeMulaw);
    const encoding = tag === TAG_ALAW ? 'alaw' : 'mulaw';
    return { encoding, read: (v, at) => values[v.getUint8(at)]! };
  }
  const known = OTHER_TAGS[tag];
  throw wavError(
    'unsupported-codec',
    name,
    offset,
    `its codec 0x${tag.toString(16)}${known ? ` (${known})` : ''} is not supported`,
    'Convert it to PCM first',
  );
}

/** Decodes `frames` interleaved frames from byte `at` into `channels[c][0…frames−1]`. */
export function decodeFrames(
  view: DataView,
  at: number,
  frames: number,
  size: number,
  read: ReadSample,
  channels: Float32Array[],
) {
  const stride = size * channels.length;
  for (let c = 0; c < channels.length; c++) {
    const out = channels[c]!;
    let position = at + c * size;
    for (let i = 0; i < frames; i++, position += stride) out[i] = read(view, position);
  }
}
