import type { Prediction } from './predictions.ts';
import { byCodeUnits, type Dataset } from './recording.ts';
import type { RunRecord } from './run-record.ts';
import { PARTS, type Part } from './split.ts';

/** What recordings that a model is to be judged by have in common with those that it was made of. */
export interface Overlap {
  /** How many recordings of each part of the run are here: the same file, or the same samples in another. */
  readonly same: Readonly<Record<Part, number>>;
  /**
   * Subjects by whose names the model was trained or validated and some of these recordings go, in code-unit order;
   * null where names say nothing: between layouts, and of synthetic subjects, who are numbered anew each time.
   */
  readonly subjects: readonly string[] | null;
  /** How many of these recordings are of such subjects, those that are the same not counted; null as `subjects`. */
  readonly ofSubjects: number | null;
}

interface Heard {
  readonly predictions: readonly Prediction[];
  /** SHA-256 of files by recording. */
  readonly contentHash: ReadonlyMap<string, string>;
  /** SHA-256 of mono samples by recording. */
  readonly soundHash: ReadonlyMap<string, string>;
}

/**
 * Looks for the recordings and subjects of a run among others. Samples are compared where the run knows their hashes;
 * runs of before these were recorded are compared by files and subjects.
 * @param predictions the run's
 */
export function overlapWith(
  { data }: Pick<RunRecord, 'data'>,
  predictions: readonly Prediction[],
  heard: Heard,
  dataset: Pick<Dataset, 'layout' | 'problems'>,
): Overlap {
  const files = new Set(heard.contentHash.values());
  const sounds = new Set(heard.soundHash.values());
  const isHere = ({ record }: Prediction) =>
    has(files, data.sha256[record]) || has(sounds, data.soundSha256?.[record]);
  const count = (part: Part) => predictions.filter((each) => each.part === part && isHere(each)).length;
  const same = Object.fromEntries(PARTS.map((part) => [part, count(part)])) as Record<Part, number>;
  if (data.layout !== dataset.layout || isSynthetic(data) || isSynthetic(dataset))
    return { same, subjects: null, ofSubjects: null };

  const known = new Set(predictions.filter(({ part }) => part !== 'test').flatMap(subjectsOf));
  const [knownFiles, knownSounds] = [data.sha256, data.soundSha256 ?? {}].map(
    (hashes) => new Set(Object.values(hashes)),
  );
  const others = heard.predictions.filter(
    ({ record }) =>
      !has(knownFiles!, heard.contentHash.get(record)) && !has(knownSounds!, heard.soundHash.get(record)),
  );
  const shared = others.map((each) => subjectsOf(each).filter((name) => known.has(name)));
  return {
    same,
    subjects: [...new Set(shared.flat())].sort(byCodeUnits),
    ofSubjects: shared.filter((names) => names.length > 0).length,
  };
}

function has(hashes: ReadonlySet<string>, hash: string | undefined): boolean {
  return hash !== undefined && hashes.has(hash);
}

/** A group that has the recording's own name stands for a subject that nobody knows. */
function subjectsOf({ record, group, patient }: Prediction): string[] {
  return [...(group === record ? [] : [group]), ...(patient === undefined ? [] : [patient])];
}

function isSynthetic({ layout, problems }: Pick<Dataset, 'layout' | 'problems'>): boolean {
  return layout === 'synthetic' || problems.some(({ code }) => code === 'synthetic');
}
