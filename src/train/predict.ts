import { existsSync, statSync } from 'node:fs';
import { EngineError, UsageError } from '../base/errors.ts';
import { FeatureExtractor } from '../dsp/index.ts';
import { listWavFiles } from './files.ts';
import { judge } from './judge.ts';
import { readSound } from './load.ts';
import { decide } from './metrics.ts';
import type { LoadedModel } from './model-file.ts';
import { byCodeUnits } from './recording.ts';

/** What a model says of one file, or why it cannot say anything. */
export type FilePrediction =
  | {
      readonly file: string;
      readonly seconds: number;
      /** One a class. */
      readonly probabilities: readonly number[];
      /** Class name, with the model's threshold. */
      readonly decision: string;
      readonly warnings: readonly string[];
    }
  | { readonly file: string; readonly error: { readonly code: string; readonly message: string } };

/**
 * Files as they are, folders as the WAV files below them (sorted). @throws UsageError when nothing is found
 */
export function findFiles(paths: readonly string[]): string[] {
  const files = paths.flatMap((path) => {
    if (!existsSync(path) || !statSync(path).isDirectory()) return [path];
    const inside = [...listWavFiles(path)].sort(byCodeUnits);
    if (inside.length === 0)
      throw new UsageError('predict/no-files', `${path}: no .wav file in the folder or below`);
    return inside.map((file) => `${path.replace(/\/+$/, '')}/${file}`);
  });
  if (files.length === 0) throw new UsageError('predict/no-files', 'no file to judge was given');
  return files;
}

/** Judges files one after the other; a bad one is reported in its place, and the others go on. */
export async function* predictFiles(
  { model, card }: LoadedModel,
  files: readonly string[],
): AsyncGenerator<FilePrediction> {
  const extractor = new FeatureExtractor(card.features);
  for (const file of files) {
    try {
      const { samples, sampleRate, warnings } = readSound({ id: file, path: file });
      const features = extractor.extract(samples, sampleRate, file);
      const [probabilities] = await judge(model, [features]);
      const decision = card.classes[decide(probabilities!, card.threshold)]!;
      yield { file, seconds: samples.length / sampleRate, probabilities: probabilities!, decision, warnings };
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      yield { file, error: { code: error.code, message: error.message } };
    }
  }
}
