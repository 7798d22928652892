/**
 * IMA ADPCM: "Recommended Practices for Enhancing Digital Audio Compatibility in Multimedia Systems" (Interactive
 * Multimedia Association, 1992), in the blocks of "New Multimedia Data Types and Data Techniques" (Microsoft, 1994):
 * a header a channel (first sample, step index, 0), then by turns 8 codes of each channel, low nibble first.
 */
import { adpcmBlocks } from './adpcm.ts';
import type { WavLayout } from './chunks.ts';
import type { Codec } from './codec.ts';
import { wavError } from './error.ts';

const INDEX_CHANGE = [-1, -1, -1, -1, 2, 4, 6, 8];

/** Step sizes, each 1.1 times the one before: table 6 of the recommendation. */
// biome-ignore format: rows of ten
const STEPS = Int16Array.of(
  7, 8, 9, 10, 11, 12, 13, 14, 16, 17,
  19, 21, 23, 25, 28, 31, 34, 37, 41, 45,
  50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
  130, 143, 157, 173, 190, 209, 230, 253, 279, 307,
  337, 371, 408, 449, 494, 544, 598, 658, 724, 796,
  876, 963, 1060, 1166, 1282, 1411, 1552, 1707, 1878, 2066,
  2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358,
  5894, 6484, 7132, 7845, 8630, 9493, 10442, 11487, 12635, 13899,
  15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
);

/** Decodes one channel of the block at `start`: `frames` samples into `out[at …]`. */
function decodeChannel(
  bytes: Uint8Array,
  start: number,
  channel: number,
  channels: number,
  frames: number,
  out: Float32Array,
  at: number,
) {
  const header = start + 4 * channel;
  let value = ((bytes[header]! | (bytes[header + 1]! << 8)) << 16) >> 16;
  let index = bytes[header + 2]!;
  out[at] = value / 32768;
  const codes = start + 4 * channels + 4 * channel;
  const group = 4 * channels;
  for (let i = 1; i < frames; i++) {
    const k = i - 1;
    const pair = bytes[codes + (k >> 3) * group + ((k & 7) >> 1)]!;
    const code = k & 1 ? pair >> 4 : pair & 15;
    const step = STEPS[index]!;
    let change = step >> 3;
    if (code & 4) change += step;
    if (code & 2) change += step >> 1;
    if (code & 1) change += step >> 2;
    value = code & 8 ? Math.max(-32768, value - change) : Math.min(32767, value + change);
    index = Math.max(0, Math.min(88, index + INDEX_CHANGE[code & 7]!));
    out[at + i] = value / 32768;
  }
}

export function imaCodec(layout: WavLayout, name: string): Codec {
  const { channels } = layout.format;
  const header = 4 * channels;
  // a frame is whole once the last channel, whose codes come last, has its own
  const framesIn = (bytes: number) => {
    if (bytes < header) return 0;
    const groups = Math.floor((bytes - header) / header);
    const rest = bytes - header - groups * header;
    return 1 + 8 * groups + 2 * Math.max(0, rest - (header - 4));
  };
  const block = adpcmBlocks(layout, header, framesIn, name);
  return {
    encoding: 'ima-adpcm',
    bits: 4,
    unitBytes: block.bytes,
    unitFrames: block.frames,
    framesIn: (bytes) => Math.min(framesIn(bytes), block.frames),
    decode(bytes, frames, out, at, offset) {
      for (let start = 0, done = 0; done < frames; start += block.bytes, done += block.frames) {
        const count = Math.min(block.frames, frames - done);
        for (let c = 0; c < channels; c++) {
          const index = start + 4 * c + 2;
          if (bytes[index]! > 88) {
            const what = `a damaged ADPCM block: step index ${bytes[index]} of at most 88`;
            throw wavError('bad-block', name, offset + index, what);
          }
          decodeChannel(bytes, start, c, channels, count, out[c]!, at + done);
        }
      }
    },
  };
}
