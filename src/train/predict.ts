import { EngineError, UsageError } from '../base/errors.ts';
import { FeatureExtractor } from '../dsp/index.ts';
import { isFolder, listAudioFiles } from './files.ts';
import { judge } from './judge.ts';
import { failureOf } from './load.ts';
import { decide } from './metrics.ts';
import type { LoadedModel } from './model-file.ts';
import { printable } from './recording.ts';
import { readSound } from './sound.ts';

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
 * Files as they are, folders as the recordings below them (sorted). A folder with none, or that cannot be
 * listed, stays as it is for `predictFiles` to report, as long as there is anything else.
 * @throws UsageError `predict/no-files`; DataError `file/…`
 */
export function findFiles(paths: readonly string[]): string[] {
  if (paths.length === 0) throw new UsageError('predict/no-files', 'no file to judge was given');
  const found = paths.map((path) => (isFolder(path) ? look(path) : { files: [path] }));
  if (found.every(({ files }) => files.length === 0)) throw found[0]!.error!;
  return found.flatMap(({ files }, i) => (files.length > 0 ? files : [paths[i]!]));
}

/** The recordings of a folder, or why there is none. */
function look(folder: string): { readonly files: readonly string[]; readonly error?: EngineError } {
  try {
    const files = listAudioFiles(folder).map((file) => `${folder.replace(/\/+$/, '')}/${file}`);
    if (files.length > 0) return { files };
    const message = `${printable(folder)}: no .wav file (or .flac, .mp3) in the folder or below`;
    return { files, error: new UsageError('predict/no-files', message) };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { files: [], error };
  }
}

/** Judges files one after the other; a bad one is reported in its place, and the others go on. */
export async function* predictFiles(
  { model, card }: LoadedModel,
  files: readonly string[],
): AsyncGenerator<FilePrediction> {
  const extractor = new FeatureExtractor(card.features);
  for (const file of files) {
    try {
      const { error } = isFolder(file) ? look(file) : {};
      if (error) throw error;
      const { samples, sampleRate, seconds, warnings } = await readSound(
        { id: file, path: file },
        card.features,
      );
      const features = extractor.extract(samples, sampleRate, file);
      const [probabilities] = await judge(model, [features]);
      const decision = card.classes[decide(probabilities!, card.threshold)]!;
      yield {
        file,
        seconds,
        probabilities: probabilities!,
        decision,
        warnings: warnings.map(printable),
      };
    } catch (error) {
      yield { file, error: failureOf(error, file) };
    }
  }
}
