import { DataError } from '../base/errors.ts';

/** One recording as the data set knows it: everything but the sound. Labels index `Dataset.classes`. */
export interface RecordingEntry {
  /** Unique in its data set; what splits, predictions and messages call it. */
  readonly id: string;
  /** Where the WAV is. `synthetic:<id>` for recordings that live in memory only. */
  readonly path: string;
  /** Where or with what it was recorded; metrics are also given within each site. */
  readonly site: string;
  /** Subject, or the best known stand-in: all recordings of a group stay on one side of a split. */
  readonly group: string;
  /** Index into the data set's classes. */
  readonly label: number;
  /** Signal quality as the source gives it: 0 too noisy to judge, 1 good. Absent where not given. */
  readonly sqi?: number;
  /**
   * Whom the label is about, where the source labels patients and not recordings: decisions are then made for
   * patients too. Narrower than `group`, which may join several patients that are one person.
   */
  readonly patient?: string;
  /** Where on the chest: `AV`, `PV`, `TV`, `MV` (aortic, pulmonary, tricuspid, mitral valve) or the source's own word. */
  readonly location?: string;
  readonly sex?: 'female' | 'male';
  /** In years, or the source's own word (`Child`). */
  readonly age?: number | string;
}

/** A recording left out on purpose, and why. */
export interface ExcludedRecording {
  readonly record: string;
  readonly reason: string;
}

/** Something odd that does not stop the work but must be said. */
export interface DatasetProblem {
  /** Stable and machine-readable, such as `labels-without-files`. */
  readonly code: string;
  readonly message: string;
  readonly count: number;
  /** The first few names concerned. */
  readonly examples: readonly string[];
}

export type LayoutName = 'cinc2016' | 'circor2022' | 'folders' | 'csv' | 'synthetic';

/** Recordings with their labels, sorted by id (code units), nothing read of the sound yet. */
export interface Dataset {
  readonly layout: LayoutName;
  readonly root: string;
  /** Which label was taken, where the source has several: `murmur` or `outcome`. */
  readonly label?: string;
  /** Class names by label index. With two classes, index 1 is the positive one (the disease). */
  readonly classes: readonly string[];
  readonly recordings: readonly RecordingEntry[];
  readonly excluded: readonly ExcludedRecording[];
  readonly problems: readonly DatasetProblem[];
}

/**
 * Text with its control characters written out (`\n`, `\u{1b}`), those that change the direction of writing
 * included: names of files and cells of tables may hold anything, and messages end on terminals and in logs.
 */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu,
    (character) => ESCAPES[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** How many names a message or a problem shows. */
const SHOWN = 5;

/** `a, b, c and 4 more`: how lists of names are written in messages. */
export function formatNames(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map(printable).join(', ');
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

/** A problem about the recordings or files in `names`; `what` completes "N …". */
export function problemOf(code: string, what: string, names: readonly string[]): DatasetProblem {
  const message = `${names.length} ${what}: ${formatNames(names)}`;
  return { code, message, count: names.length, examples: names.slice(0, SHOWN) };
}

/** Orders strings by UTF-16 code units: the same on every machine, whatever its locale. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Counts by site and class: `counts.get(site)![label]`; sites in code-unit order. */
export function countBySite(
  recordings: readonly RecordingEntry[],
  classes: readonly string[],
): Map<string, number[]> {
  const sites = [...new Set(recordings.map((recording) => recording.site))].sort(byCodeUnits);
  const counts = new Map(sites.map((site) => [site, classes.map(() => 0)]));
  for (const { site, label } of recordings) counts.get(site)![label]! += 1;
  return counts;
}

/**
 * For training: at least two classes must have recordings.
 * @param dataset.skipped recordings that could not be used, which may be why a class is missing
 * @throws DataError `dataset/one-class`
 */
export function requireTwoClasses(
  dataset: Pick<Dataset, 'root' | 'classes' | 'recordings'> & {
    readonly skipped?: readonly { readonly message: string }[];
  },
): void {
  const { root, classes, recordings, skipped = [] } = dataset;
  const present = [...new Set(recordings.map((recording) => recording.label))];
  if (present.length >= 2) return;
  const what =
    present.length === 1
      ? `all ${recordings.length} recordings have one class, "${classes[present[0]!]}"`
      : 'there are no recordings';
  const why =
    skipped.length > 0 ? ` (${skipped.length} could not be used, the first: ${skipped[0]!.message})` : '';
  throw new DataError(
    'dataset/one-class',
    `${printable(root)}: ${what}${why}`,
    'Training needs recordings of at least two classes',
  );
}
