/** A-law and µ-law, ITU-T G.711: one byte a sample, through a table. */
import type { WavLayout } from './chunks.ts';
import type { Codec } from './codec.ts';
import { wavError } from './error.ts';
import { TAG_ALAW } from './format.ts';
import { decodeBytes, sampleCodec } from './pcm.ts';
import { packedWidth } from './width.ts';

/** A-law: eight segments of sixteen steps, every other bit inverted; 13-bit values, times 8. */
function decodeAlaw(code: number): number {
  const c = code ^ 0x55;
  const segment = (c >> 4) & 7;
  const step = ((c & 15) << 4) + 8;
  const size = segment === 0 ? step : (step + 256) << (segment - 1);
  return c & 0x80 ? size : -size;
}

/** µ-law: all bits inverted, bias 33; 14-bit values, times 4. */
function decodeMulaw(code: number): number {
  const c = ~code & 0xff;
  const size = ((((c & 15) << 3) + 0x84) << ((c >> 4) & 7)) - 0x84;
  return c & 0x80 ? 0 - size : size; // not −0
}

export function g711Codec(layout: WavLayout, name: string): Codec {
  const { tag, statedBits, channels, blockAlign, offset } = layout.format;
  // some writers state the bits of what comes out
  if (statedBits !== 8 && blockAlign !== channels)
    throw wavError('bad-fmt', name, offset + 14, `G.711 samples of ${statedBits} bits: only 8 exist`);
  if (statedBits !== 8) layout.warnings.push(`G.711 samples of ${statedBits} bits: taken as 8`);
  const size = packedWidth(layout, 1, name);
  const law = tag === TAG_ALAW ? decodeAlaw : decodeMulaw;
  const values = Float32Array.from({ length: 256 }, (_, code) => law(code) / 32768);
  return sampleCodec(tag === TAG_ALAW ? 'alaw' : 'mulaw', 8, size, channels, decodeBytes(values));
}
