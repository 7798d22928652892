import { existsSync } from 'node:fs';
import { EngineError } from '../../base/errors.ts';
import { readHea } from '../hea.ts';
import { printable, type RecordingEntry } from '../recording.ts';
import type { SoundFacts } from './facts.ts';
import type { HeaderMismatch } from './inspection.ts';

/**
 * What the WFDB header beside a recording says otherwise than its sound, null where they agree or there is none. It
 * may announce more signals than the sound has: CinC 2016 kept the ECG of some recordings back.
 */
export function checkHeader(
  { id, path }: Pick<RecordingEntry, 'id' | 'path'>,
  { sampleRate, seconds }: Pick<SoundFacts, 'sampleRate' | 'seconds'>,
): HeaderMismatch | null {
  const file = path.replace(/\.[^./\\]+$/, '.hea');
  if (file === path || !existsSync(file)) return null;
  try {
    const { rate, samples } = readHea(file);
    const frames = Math.round(seconds * sampleRate);
    const parts: string[] = [];
    if (rate !== undefined && rate !== sampleRate)
      parts.push(`a rate of ${rate} Hz where the sound has ${sampleRate} Hz`);
    // 0 is how headers say that they do not know
    if (samples !== undefined && samples !== 0 && samples !== frames)
      parts.push(`${samples} samples where the sound has ${frames}`);
    if (parts.length === 0) return null;
    return { record: id, message: `its .hea says ${parts.join(' and ')}` };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { record: id, message: printable(error.message) };
  }
}
