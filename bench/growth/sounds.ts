/** Made-up recordings: noise of changing loudness, 16 bits, mono, 2 kHz. */
import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalValues } from 'pcg-engine';
import { writeWav16 } from 'pcg-engine/dsp';

export const RATE = 2000;
/** Noise that is drawn; longer recordings repeat it. */
const DRAWN_SECONDS = 60;
let drawn: Float32Array | null = null;

/** Two recordings with different `offset` begin at different places of the noise. */
function sound(seconds: number, offset = 0): Float32Array {
  drawn ??= Float32Array.from(normalValues(DRAWN_SECONDS * RATE, { seed: 7 }), (v, k) =>
    Math.max(-1, Math.min(1, 0.1 * v * (1 + ((k >> 9) % 4)))),
  );
  const noise = drawn;
  return Float32Array.from({ length: seconds * RATE }, (_, k) => noise[(k + offset) % noise.length]!);
}

/** @returns the path */
export function longRecording(scratch: string, seconds: number): string {
  const path = join(scratch, `noise-${seconds}.wav`);
  writeFileSync(path, writeWav16(sound(seconds), RATE));
  return path;
}

/** A data set for each count, laid out as a folder a class; files of smaller sets are those of the largest. @returns paths */
export function dataSets(scratch: string, counts: readonly number[], seconds: number): string[] {
  const roots = counts.map((count) => join(scratch, `set-${count}`));
  for (const root of roots) for (const name of ['a', 'b']) mkdirSync(join(root, name), { recursive: true });
  for (let i = 0; i < Math.max(...counts); i++) {
    const name = join('ab'[i % 2]!, `${i}.wav`);
    const holders = roots.filter((_, k) => i < counts[k]!);
    writeFileSync(join(holders[0]!, name), writeWav16(sound(seconds, 97 * i), RATE));
    for (const holder of holders.slice(1)) linkSync(join(holders[0]!, name), join(holder, name));
  }
  return roots;
}
