/**
 * Microsoft ADPCM: "New Multimedia Data Types and Data Techniques" (Microsoft, 1994). A block begins with, for all
 * channels each, a byte that names two coefficients, the step, the second sample and the first one; then come
 * codes, high nibble first, the channels by turns.
 */
import { adpcmBlocks } from './adpcm.ts';
import type { WavLayout } from './chunks.ts';
import type { Codec } from './codec.ts';
import { wavError } from './error.ts';

/** How the step changes after a code, in 1/256. */
const ADAPTATION = [230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230];
/** The seven pairs that every file must have first, in 1/256. */
const STANDARD = Int16Array.of(256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232);
const MIN_STEP = 16;
/** A damaged block can make the step grow without end; beyond this every code but 0 saturates anyway. */
const MAX_STEP = 1 << 20;

function coefficientsOf({ format, warnings }: WavLayout): Int16Array {
  const { coefficients } = format;
  if (coefficients.length === 0) {
    warnings.push('it has no table of ADPCM coefficients: the standard one is used');
    return STANDARD;
  }
  if (STANDARD.some((value, i) => coefficients[i] !== value))
    warnings.push('its table of ADPCM coefficients is not the standard one');
  return coefficients;
}

/** Decodes one channel of the block at `start`: `frames` samples into `out[at …]`. */
function decodeChannel(
  view: DataView,
  start: number,
  channel: number,
  channels: number,
  frames: number,
  coefficients: Int16Array,
  out: Float32Array,
  at: number,
) {
  const pair = 2 * view.getUint8(start + channel);
  const c1 = coefficients[pair]!;
  const c2 = coefficients[pair + 1]!;
  const word = (field: number) => view.getInt16(start + channels + 2 * (field * channels + channel), true);
  let step = word(0);
  let newer = word(1);
  let older = word(2);
  out[at] = older / 32768;
  if (frames > 1) out[at + 1] = newer / 32768;
  const codes = start + 7 * channels;
  for (let i = 2; i < frames; i++) {
    const k = (i - 2) * channels + channel;
    const byte = view.getUint8(codes + (k >> 1));
    const code = k & 1 ? byte & 15 : byte >> 4;
    const predicted = Math.floor((newer * c1 + older * c2) / 256);
    const value = predicted + (code < 8 ? code : code - 16) * step;
    older = newer;
    newer = Math.max(-32768, Math.min(32767, value));
    step = Math.max(MIN_STEP, Math.min(MAX_STEP, (ADAPTATION[code]! * step) >> 8));
    out[at + i] = newer / 32768;
  }
}

export function msCodec(layout: WavLayout, name: string): Codec {
  const { channels } = layout.format;
  const header = 7 * channels;
  // the header alone holds two frames
  const framesIn = (bytes: number) =>
    bytes < header ? 0 : 2 + Math.floor((2 * (bytes - header)) / channels);
  const block = adpcmBlocks(layout, header, framesIn, name);
  const coefficients = coefficientsOf(layout);
  return {
    encoding: 'ms-adpcm',
    bits: 4,
    unitBytes: block.bytes,
    unitFrames: block.frames,
    framesIn: (bytes) => Math.min(framesIn(bytes), block.frames),
    decode(bytes, frames, out, at, offset) {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let start = 0, done = 0; done < frames; start += block.bytes, done += block.frames) {
        const count = Math.min(block.frames, frames - done);
        for (let c = 0; c < channels; c++) {
          const pair = bytes[start + c]!;
          if (2 * pair >= coefficients.length) {
            const what = `a damaged ADPCM block: coefficients ${pair} of ${coefficients.length / 2} pairs`;
            throw wavError('bad-block', name, offset + start + c, what);
          }
          decodeChannel(view, start, c, channels, count, coefficients, out[c]!, at + done);
        }
      }
    },
  };
}
