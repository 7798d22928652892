/** What every codec of the WAV reader offers, and the choice among them. */

import type { WavLayout } from './chunks.ts';
import { wavError } from './error.ts';
import { TAG_ALAW, TAG_FLOAT, TAG_IMA_ADPCM, TAG_MS_ADPCM, TAG_MULAW, TAG_PCM } from './format.ts';
import { g711Codec } from './g711.ts';
import { imaCodec } from './ima-adpcm.ts';
import { msCodec } from './ms-adpcm.ts';
import { floatCodec, pcmCodec } from './pcm.ts';
import type { Look, Reads } from './source.ts';

export type WavEncoding = 'pcm' | 'float' | 'alaw' | 'mulaw' | 'ima-adpcm' | 'ms-adpcm';

export interface Codec {
  encoding: WavEncoding;
  /** Bits of a sample that carry sound. */
  bits: number;
  /** The smallest piece that decodes on its own: a frame, or a block of ADPCM. */
  unitBytes: number;
  unitFrames: number;
  /** Whole frames in the first `bytes` of a unit, where the data end. */
  framesIn(bytes: number): number;
  /**
   * Decodes the `frames` frames that `bytes`, whole units but for the last, begin with into
   * `channels[c][at … at + frames − 1]`. `offset` is where the bytes stand in the file.
   */
  decode(bytes: Uint8Array, frames: number, channels: Float32Array[], at: number, offset: number): void;
}

const OTHER_TAGS: Record<number, string> = {
  16: 'OKI ADPCM',
  20: 'G.723 ADPCM',
  49: 'GSM 6.10',
  64: 'G.721 ADPCM',
  69: 'G.726 ADPCM',
  80: 'MPEG',
  85: 'MP3',
  255: 'AAC',
  353: 'Windows Media Audio',
  5648: 'AAC',
  8192: 'AC-3',
  26447: 'Ogg Vorbis',
  61868: 'FLAC',
};

/**
 * The decoder for this file's codec. Only PCM may look at the data.
 * @throws DataError `wav/unsupported-codec` or `wav/bad-fmt`
 */
export function* chooseCodec(look: Look, layout: WavLayout, name: string): Reads<Codec> {
  const { tag, offset } = layout.format;
  if (tag === TAG_PCM) return yield* pcmCodec(look, layout, name);
  if (tag === TAG_FLOAT) return floatCodec(layout, name);
  if (tag === TAG_ALAW || tag === TAG_MULAW) return g711Codec(layout, name);
  if (tag === TAG_IMA_ADPCM) return imaCodec(layout, name);
  if (tag === TAG_MS_ADPCM) return msCodec(layout, name);
  const known = OTHER_TAGS[tag];
  const what = `its codec 0x${tag.toString(16)}${known ? ` (${known})` : ''} is not supported`;
  throw wavError('unsupported-codec', name, offset, what, 'Convert it to PCM first');
}
