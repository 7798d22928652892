import { EngineError, UsageError } from '../base/errors.ts';
import { FeatureExtractor } from '../dsp/index.ts';
import { audioStem, isFolder, listAudioFiles } from './files.ts';
import { judge } from './judge.ts';
import { failureOf } from './load.ts';
import { decide } from './metrics.ts';
import type { LoadedModel } from './model-file.ts';
import { meanProbabilities } from './patients.ts';
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

/** What a model says of a patient from several files. */
export interface PatientPrediction {
  readonly patient: string;
  /** Files that were judged. */
  readonly files: number;
  /** Files that could not be. */
  readonly failed: number;
  /** Mean over the files, one a class. */
  readonly probabilities: readonly number[];
  /** Class name, with the model's threshold for patients. */
  readonly decision: string;
}

/**
 * Whose recording a file is, by its name: the path up to the first `_` of the file's name (`ward/14241_AV.wav`:
 * `ward/14241`), or without its ending where there is none. The folder counts, as two folders may number alike.
 */
export function patientOfFile(file: string): string {
  const at = Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1;
  const name = audioStem(file.slice(at));
  const end = name.indexOf('_');
  // A name that begins with `_` names nobody before it.
  return file.slice(0, at) + (end > 0 ? name.slice(0, end) : name);
}

/**
 * Decisions for patients, in the order of their first files: the mean of the probabilities of those files that could
 * be judged (docs/decisions/0016-patients.md). A patient with none is left out; `predictFiles` has said why.
 */
export function judgePatients(
  { card }: Pick<LoadedModel, 'card'>,
  results: readonly FilePrediction[],
): PatientPrediction[] {
  const { classes, threshold, patientThreshold = threshold } = card;
  const members = new Map<string, FilePrediction[]>();
  for (const result of results) {
    const patient = patientOfFile(result.file);
    members.set(patient, [...(members.get(patient) ?? []), result]);
  }
  return [...members].flatMap(([patient, all]) => {
    const judged = all.flatMap((each) => ('error' in each ? [] : [each.probabilities]));
    if (judged.length === 0) return [];
    const probabilities = meanProbabilities(judged);
    const decision = classes[decide(probabilities, patientThreshold)]!;
    return [{ patient, files: judged.length, failed: all.length - judged.length, probabilities, decision }];
  });
}

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
