import { DataError } from '../../base/errors.ts';
import {
  byCodeUnits,
  type Dataset,
  formatNames,
  type LayoutName,
  printable,
  type RecordingEntry,
} from '../recording.ts';

export interface ScanOptions {
  /** How the folder is laid out; `auto` (default) looks for what each layout needs. */
  readonly layout?: 'auto' | Exclude<LayoutName, 'synthetic'>;
  /**
   * Class names in label order, where the default order of a layout does not suit. Recordings of other classes are
   * left out and listed in `excluded`.
   */
  readonly classes?: readonly string[];
  /** Which of several labels is meant, where a source has more than one: `murmur` or `outcome` in circor2022. */
  readonly label?: string;
  /** What is taken where no `label` is asked for; of no account in layouts that do not have it. */
  readonly usualLabel?: string | undefined;
  /** Keep recordings that the source has withdrawn. Default false. */
  readonly includeWithdrawn?: boolean;
}

/** What a layout finds; `scanDataset` sorts and checks it. */
export type LayoutScan = Pick<Dataset, 'classes' | 'recordings' | 'excluded' | 'problems' | 'label'>;

/** A way of storing recordings and their labels in a folder. */
export interface Layout {
  readonly name: LayoutName;
  /** What it needs, for the message when nothing fits. */
  readonly needs: string;
  /** What it can take as the label, the default first; none where its labels are of one kind. */
  readonly labels?: readonly string[];
  matches(root: string): boolean;
  scan(root: string, options: ScanOptions): LayoutScan;
}

const HEALTHY = new Set(['normal', 'normals', 'healthy', 'negative', 'absent', 'control', 'controls']);
/** Healthy only where they are the whole name. */
const HEALTHY_ALONE = new Set(['none', 'no', 'false', 'n', 'ok']);
const NEGATIONS = new Set(['no', 'non', 'not', 'without']);

/**
 * Whether a class name means health, so that it comes first and index 1 is the disease: `Normal`, `healthy_adult`,
 * `no murmur`, `non-AS`, `murmur_absent`; not `abnormal`, `not normal`.
 */
export function isHealthyName(name: string): boolean {
  const words = name
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter((word) => word !== '');
  const [first = '', ...others] = words;
  if (others.length === 0) return HEALTHY.has(first) || HEALTHY_ALONE.has(first);
  if (NEGATIONS.has(first)) return !others.some((word) => HEALTHY.has(word));
  const last = others.at(-1)!;
  return HEALTHY.has(first) || last === 'absent' || last === 'negative';
}

/**
 * Label order of class names: a healthy class first, then by value where all are numbers, else by code
 * units.
 *
 * @param where the folder or file that has the names, for messages
 * @param wanted names that the user has given, who knows about those that differ in case
 * @throws DataError `dataset/similar-classes` names that differ only in case: a slip more likely than two classes,
 *   which a model would learn to tell apart by who wrote them
 */
export function orderClasses(names: Iterable<string>, where: string, wanted?: readonly string[]): string[] {
  const unique = [...new Set(names)];
  const lower = new Map<string, string>();
  for (const name of unique) {
    const other = lower.get(name.toLowerCase());
    lower.set(name.toLowerCase(), name);
    if (other === undefined || wanted) continue;
    const message = `${where}: the classes "${other}" and "${name}" differ only in upper and lower case`;
    throw new DataError('dataset/similar-classes', printable(message), 'Give them one name');
  }
  const numeric = unique.every((name) => name !== '' && Number.isFinite(Number(name)));
  const healthy = (name: string) => (isHealthyName(name) ? 0 : 1);
  return unique.sort(
    (a, b) => healthy(a) - healthy(b) || (numeric ? Number(a) - Number(b) : 0) || byCodeUnits(a, b),
  );
}

/**
 * A scan with the wanted classes alone, in their order; recordings of others are excluded and say so.
 * @throws DataError `dataset/unknown-label` where a wanted class is not there, or there twice
 */
export function selectClasses(scan: LayoutScan, wanted: readonly string[], where: string): LayoutScan {
  const unknown = wanted.find((name) => !scan.classes.includes(name));
  if (unknown !== undefined) throw unknownLabel(where, unknown, scan.classes);
  const twice = wanted.find((name, i) => wanted.indexOf(name) !== i);
  if (twice !== undefined)
    throw new DataError('dataset/unknown-label', printable(`${where}: class "${twice}" is asked for twice`));
  const relabelled = scan.recordings.map((entry) => {
    const name = scan.classes[entry.label]!;
    return { entry: { ...entry, label: wanted.indexOf(name) }, name };
  });
  const others = relabelled.filter(({ entry }) => entry.label < 0);
  return {
    ...scan,
    classes: [...wanted],
    recordings: relabelled.filter(({ entry }) => entry.label >= 0).map(({ entry }) => entry),
    excluded: [
      ...scan.excluded,
      ...others.map(({ entry, name }) => ({
        record: entry.id,
        reason: printable(`of class "${name}", which is not among the classes asked for`),
      })),
    ],
  };
}

/** @param where file and line of the label */
export function unknownLabel(where: string, value: string, known: readonly string[]): DataError {
  const message = printable(`${where}: unknown label "${value}"`);
  return new DataError('dataset/unknown-label', message, `Known labels: ${known.map(printable).join(', ')}`);
}

/** @param places file and line (or path) of the first and the second mention */
export function duplicateRecord(record: string, places: readonly [string, string]): DataError {
  const message = printable(`recording "${record}" is there twice: ${places[0]} and ${places[1]}`);
  return new DataError('dataset/duplicate-record', message, 'Remove one of them');
}

/** Said where nothing tells which recordings are of the same person. */
export function subjectsUnknown(recordings: readonly RecordingEntry[], source: string) {
  const names = recordings.map((recording) => recording.id);
  const message =
    `${printable(source)} name no subjects, so ${names.length} recordings count as a subject each (${formatNames(names)}); ` +
    'where a person has several, they may land on both sides of a split and flatter the test';
  return { code: 'subjects-unknown', message, count: names.length, examples: names.slice(0, 5) };
}
