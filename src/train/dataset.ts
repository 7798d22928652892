import { statSync } from 'node:fs';
import { DataError, UsageError } from '../base/errors.ts';
import { fileError, listAudioFiles, systemCode } from './files.ts';
import { cinc2016 } from './layouts/cinc2016.ts';
import { circor2022 } from './layouts/circor2022.ts';
import { csv } from './layouts/csv.ts';
import { folders } from './layouts/folders.ts';
import { isHealthyName, type Layout, type ScanOptions, selectClasses } from './layouts/layout.ts';
import { checkPatients } from './patients.ts';
import { byCodeUnits, type Dataset, type DatasetProblem, printable, problemOf } from './recording.ts';

export type { ScanOptions } from './layouts/layout.ts';

/** In the order in which `auto` tries them: from the most particular to the most general. */
const LAYOUTS: readonly Layout[] = [cinc2016, circor2022, csv, folders];

/**
 * Finds the recordings of a folder and their labels, without reading any sound. What is odd but harmless is
 * listed in `problems`, what is left out on purpose in `excluded`.
 *
 * @param root a folder, or the CSV file that lists recordings
 * @throws DataError `dataset/no-such-folder`, `dataset/not-a-folder`, `dataset/no-recordings`,
 *   `dataset/no-labels`, `dataset/duplicate-record`, `dataset/unknown-label`, `dataset/patient-label`,
 *   `dataset/patient-group`, `csv/…`, `file/…` · UsageError `dataset/label`
 */
export function scanDataset(root: string, options: ScanOptions = {}): Dataset {
  const isFile = checkRoot(root);
  const layout = isFile ? csv : chooseLayout(root, options.layout ?? 'auto');
  const found = layout.scan(root, { ...options, ...labelFor(layout, options) });
  const scan = options.classes ? selectClasses(found, options.classes, root) : found;
  if (scan.recordings.length === 0) {
    const withdrawn = scan.excluded.length > 0 ? [`${scan.excluded.length} were excluded`] : [];
    const why = [...scan.problems.map((problem) => problem.message), ...withdrawn].join('; ');
    const message = `${root}: no recording with both a sound file and a label${why ? ` (${why})` : ''}`;
    throw new DataError(
      'dataset/no-recordings',
      message,
      `The layout "${layout.name}" needs ${layout.needs}`,
    );
  }
  checkPatients(
    scan.recordings.map((entry) => ({ ...entry, record: entry.id })),
    scan.classes,
  );
  return {
    ...scan,
    problems: [
      ...scan.problems,
      ...similarSites(scan.recordings),
      ...(options.classes ? [] : unclearPositive(scan)),
    ],
    layout: layout.name,
    root,
    recordings: [...scan.recordings].sort((a, b) => byCodeUnits(a.id, b.id)),
    excluded: [...scan.excluded].sort((a, b) => byCodeUnits(a.record, b.record)),
  };
}

/** Sites that differ only in case: leaving one out would leave the other in. */
function similarSites(recordings: Dataset['recordings']): DatasetProblem[] {
  const sites = [...new Set(recordings.map(({ site }) => site))].sort(byCodeUnits);
  const seen = new Map<string, string>();
  const similar: string[] = [];
  for (const site of sites) {
    const other = seen.get(site.toLowerCase());
    if (other !== undefined) similar.push(`${other} / ${site}`);
    seen.set(site.toLowerCase(), site);
  }
  return similar.length > 0
    ? [problemOf('similar-sites', 'sites differ from another only in upper and lower case', similar)]
    : [];
}

/** Of two classes the second is the disease; where no name says which, whoever reads the figures must know. */
function unclearPositive({ classes, recordings }: Pick<Dataset, 'classes' | 'recordings'>): DatasetProblem[] {
  const [first, second] = classes as [string, string];
  // 0 and 1, or −1 and 1, are in the usual order.
  const numbers = classes.every((name) => Number.isFinite(Number(name)));
  if (classes.length !== 2 || numbers || isHealthyName(first)) return [];
  const positives = recordings.filter(({ label }) => label === 1).map(({ id }) => id);
  const message = `which of two classes is the disease is not known by name: "${second}" is taken for it (else --classes ${second},${first})`;
  return [
    {
      code: 'positive-class',
      message: printable(message),
      count: positives.length,
      examples: positives.slice(0, 5),
    },
  ];
}

/** @throws UsageError `dataset/label` */
function labelFor({ name, labels }: Layout, { label: wanted, usualLabel }: ScanOptions): { label?: string } {
  if (wanted === undefined) return usualLabel && labels?.includes(usualLabel) ? { label: usualLabel } : {};
  if (labels?.includes(wanted)) return { label: wanted };
  const message = labels
    ? `the layout "${name}" has no label "${wanted}"`
    : `the layout "${name}" has one kind of label, so none can be chosen`;
  throw new UsageError(
    'dataset/label',
    message,
    labels ? `It has: ${labels.join(', ')}` : 'Leave --label away',
  );
}

/** Whether `root` is a CSV file (true) or a folder (false). */
function checkRoot(root: string): boolean {
  let isFile: boolean;
  try {
    const stat = statSync(root);
    if (stat.isDirectory()) return false;
    isFile = stat.isFile();
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT' && systemCode(cause) !== 'ENOTDIR')
      throw fileError('read', root, cause);
    throw new DataError('dataset/no-such-folder', `no such folder: ${root}`, 'Check the path', { cause });
  }
  if (isFile && /\.(csv|tsv)$/i.test(root)) return true;
  throw new DataError(
    'dataset/not-a-folder',
    `not a folder: ${root}`,
    'Give the folder that holds the recordings, or the .csv or .tsv file that lists them',
  );
}

function chooseLayout(root: string, wanted: NonNullable<ScanOptions['layout']>): Layout {
  const layout = LAYOUTS.find((each) => (wanted === 'auto' ? each.matches(root) : each.name === wanted));
  if (layout) return layout;
  const files = listAudioFiles(root).length;
  if (files === 0) {
    const hint = 'Give the folder that holds .wav (.flac, .mp3) files and their labels';
    throw new DataError(
      'dataset/no-recordings',
      `${root}: no .wav file (or .flac, .mp3) in the folder or below`,
      hint,
    );
  }
  const needs = LAYOUTS.map((each) => `${each.needs} ("${each.name}")`).join('; or ');
  throw new DataError(
    'dataset/no-labels',
    `${root}: ${files} sound files but no labels found`,
    `One of these is needed: ${needs}`,
  );
}
