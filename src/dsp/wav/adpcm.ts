/** What IMA and Microsoft ADPCM share: blocks of 4-bit codes behind a header, checked against `fmt `. */
import type { WavLayout } from './chunks.ts';
import { wavError } from './error.ts';

/** Shape of the blocks of a file. */
export interface Blocks {
  bytes: number;
  /** Samples per channel of a block. */
  frames: number;
}

/**
 * @param header bytes of the header of a block
 * @param framesIn whole frames in the first n bytes of a block
 * @throws DataError `wav/bad-fmt`
 */
export function adpcmBlocks(
  layout: WavLayout,
  header: number,
  framesIn: (bytes: number) => number,
  name: string,
): Blocks {
  const { statedBits, blockAlign, samplesPerBlock, channels, offset } = layout.format;
  if (statedBits !== 4)
    throw wavError('bad-fmt', name, offset + 14, `ADPCM samples of ${statedBits} bits: only 4 are readable`);
  if (blockAlign < header) {
    const what = `ADPCM blocks of ${blockAlign} bytes: their header alone takes ${header} for ${channels} channels`;
    throw wavError('bad-fmt', name, offset + 12, what);
  }
  const fits = framesIn(blockAlign);
  if (samplesPerBlock === 0) {
    layout.warnings.push(`it does not say how many samples an ADPCM block holds: ${fits} fit`);
    return { bytes: blockAlign, frames: fits };
  }
  if (samplesPerBlock > fits) {
    const what = `it claims ${samplesPerBlock} samples per ADPCM block, ${fits} fit into ${blockAlign} bytes`;
    throw wavError('bad-fmt', name, offset + 18, what);
  }
  if (samplesPerBlock < fits)
    layout.warnings.push(`ADPCM blocks have room for ${fits} samples, ${samplesPerBlock} are used`);
  return { bytes: blockAlign, frames: samplesPerBlock };
}
