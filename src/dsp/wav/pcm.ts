/**
 * PCM and float samples to float32. Integers are divided by half their range, so 16-bit PCM gives x/32768 exactly;
 * 8 bits and fewer are unsigned, by definition.
 */
import type { WavLayout } from './chunks.ts';
import type { Codec } from './codec.ts';
import { wavError } from './error.ts';
import type { Look, Reads } from './source.ts';
import { packedWidth, pcmWidth } from './width.ts';

/** Reads the sample at a byte offset. */
type ReadSample = (view: DataView, at: number) => number;

const HOST_IS_LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Signed integers of 1 to 8 bytes, all of whose bits count. */
function integerReader(bytes: number, little: boolean): ReadSample {
  if (bytes === 1) return (view, at) => view.getInt8(at) / 128;
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

type Decode = Codec['decode'];

/** Any samples of `size` bytes, one by one. */
function decodeEach(size: number, read: ReadSample): Decode {
  return (bytes, frames, channels, at) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const stride = size * channels.length;
    for (let c = 0; c < channels.length; c++) {
      const out = channels[c]!;
      let position = c * size;
      for (let i = at; i < at + frames; i++, position += stride) out[i] = read(view, position);
    }
  };
}

/** Samples of one byte, through a table of 256. */
export function decodeBytes(values: Float32Array): Decode {
  return (bytes, frames, channels, at) => {
    const count = channels.length;
    for (let c = 0; c < count; c++) {
      const out = channels[c]!;
      for (let i = 0, from = c; i < frames; i++, from += count) out[at + i] = values[bytes[from]!]!;
    }
  };
}

/** 8-bit PCM is unsigned. */
const UNSIGNED = Float32Array.from({ length: 256 }, (_, code) => (code - 128) / 128);

/** `bytes`, moved if need be so that a typed array can stand on them. */
function aligned(bytes: Uint8Array, size: number): Uint8Array {
  return bytes.byteOffset % size === 0 ? bytes : bytes.slice();
}

/** 16-bit little-endian PCM, what nearly every recording is. */
const decodeInt16: Decode = (bytes, frames, channels, at) => {
  const { buffer, byteOffset } = aligned(bytes, 2);
  const count = channels.length;
  const samples = new Int16Array(buffer, byteOffset, frames * count);
  // a power of two: as exact as dividing by 32768, and quicker
  const unit = 1 / 32768;
  if (count === 1) {
    const out = channels[0]!.subarray(at, at + frames);
    for (let i = 0; i < out.length; i++) out[i] = samples[i]! * unit;
    return;
  }
  for (let c = 0; c < count; c++) {
    const out = channels[c]!;
    for (let i = 0, from = c; i < frames; i++, from += count) out[at + i] = samples[from]! * unit;
  }
};

/** There are millions of NaNs, and whether a copy keeps which one depends on the host: they become one. */
const oneNaN = (value: number) => (Number.isNaN(value) ? Number.NaN : value);

const decodeFloat32: Decode = (bytes, frames, channels, at) => {
  const { buffer, byteOffset } = aligned(bytes, 4);
  const count = channels.length;
  const samples = new Float32Array(buffer, byteOffset, frames * count);
  for (let c = 0; c < count; c++) {
    const out = channels[c]!;
    for (let i = 0, from = c; i < frames; i++, from += count) out[at + i] = oneNaN(samples[from]!);
  }
};

/** A codec whose samples are `size` bytes each. */
export function sampleCodec(
  encoding: Codec['encoding'],
  bits: number,
  size: number,
  channels: number,
  decode: Decode,
): Codec {
  const unitBytes = size * channels;
  return { encoding, bits, unitBytes, unitFrames: 1, framesIn: () => 0, decode };
}

export function* pcmCodec(look: Look, layout: WavLayout, name: string): Reads<Codec> {
  const { format, littleEndian } = layout;
  const { bits, statedBits, channels, offset } = format;
  if (statedBits < 1 || statedBits > 64)
    throw wavError('bad-fmt', name, offset + 14, `PCM samples of ${statedBits} bits are not readable`);
  const { container, spareHigh, gain } = yield* pcmWidth(look, layout, name);
  const codec = (decode: Decode) => sampleCodec('pcm', bits, container, channels, decode);
  if (container === 1) return codec(decodeBytes(UNSIGNED));
  if (container === 2 && spareHigh === 0 && littleEndian && HOST_IS_LITTLE) return codec(decodeInt16);
  const read = integerReader(container - spareHigh, littleEndian);
  const skip = littleEndian ? 0 : spareHigh;
  if (spareHigh === 0) return codec(decodeEach(container, read));
  return codec(decodeEach(container, (view, at) => gain * read(view, at + skip)));
}

export function floatCodec(layout: WavLayout, name: string): Codec {
  const { littleEndian, format } = layout;
  const { statedBits: bits, channels, offset } = format;
  if (bits !== 32 && bits !== 64)
    throw wavError('bad-fmt', name, offset + 14, `float samples of ${bits} bits: only 32 and 64 exist`);
  const size = packedWidth(layout, bits / 8, name);
  const codec = (decode: Decode) => sampleCodec('float', bits, size, channels, decode);
  if (bits === 64) return codec(decodeEach(8, (view, at) => oneNaN(view.getFloat64(at, littleEndian))));
  if (littleEndian && HOST_IS_LITTLE) return codec(decodeFloat32);
  return codec(decodeEach(4, (view, at) => oneNaN(view.getFloat32(at, littleEndian))));
}
