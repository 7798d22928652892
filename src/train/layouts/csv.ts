import { basename, dirname, isAbsolute, join, posix, resolve } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { decodeText, parseTable, tableColumns } from '../csv.ts';
import {
  audioStem,
  isAudioName,
  isRegularFile,
  listAudioFiles,
  listFolder,
  readBytes,
  realPath,
} from '../files.ts';
import { printable, problemOf, type RecordingEntry } from '../recording.ts';
import {
  duplicateRecord,
  type Layout,
  type LayoutScan,
  orderClasses,
  type ScanOptions,
  subjectsUnknown,
  unknownLabel,
} from './layout.ts';

/**
 * A CSV file with the columns `path` (relative to it) and `label`, and as far as known `record` (a name; else the path
 * without its ending), `subject` (or `group`, `group_id`: who must stay on one side of a split), `patient` (whom the
 * label is about: decisions are then made for patients too), `site`, `location` (on the chest), `sex`, `age` (years or
 * a word) and `sqi`. Either the file is given, or a folder with one such file (`labels.csv` where there are several).
 */
export const csv: Layout = {
  name: 'csv',
  needs: 'a CSV file with the columns path and label',
  matches: (root) => isCsvName(root) || tablesIn(root).length > 0,
  scan: scanCsv,
};

function isCsvName(name: string): boolean {
  return /\.(csv|tsv)$/i.test(name);
}

/** Names of the CSV files in a folder that have the columns `path` and `label`. */
function tablesIn(root: string): string[] {
  return listFolder(root).files.filter((name) => {
    if (!isCsvName(name)) return false;
    // Only the header counts here; a file that is no text or no table is simply not the one.
    const columns = tableColumns(new TextDecoder().decode(readBytes(join(root, name))));
    return columns.includes('path') && columns.includes('label');
  });
}

function chooseTable(root: string): string {
  if (isRegularFile(root)) return root;
  const names = tablesIn(root);
  const name = names.length > 1 ? names.find((each) => each.toLowerCase() === 'labels.csv') : names[0];
  if (name !== undefined) return join(root, name);
  if (names.length === 0) {
    throw new DataError(
      'dataset/no-labels',
      printable(`${root}: no CSV file with the columns path and label`),
    );
  }
  const message = printable(`${root}: several files could hold the labels: ${names.join(', ')}`);
  throw new DataError('dataset/ambiguous-labels', message, 'Give the path of the one you mean');
}

function scanCsv(root: string, options: ScanOptions): LayoutScan {
  const file = chooseTable(root);
  const folder = dirname(file);
  const table = parseTable(decodeText(readBytes(file), file), file, ['path', 'label']);
  const labels = table.rows.map((row) => table.cell(row, 'label'));
  const classes = orderClasses(labels, file, options.classes);
  const recordings: RecordingEntry[] = [];
  const withoutFile: string[] = [];
  const withoutSubject: RecordingEntry[] = [];
  const withoutPatient: string[] = [];
  const [oddSexes, oddAges, oddQuality]: [string[], string[], string[]] = [[], [], []];
  const namesPatients = table.rows.some((row) => table.cell(row, 'patient') !== '');
  const seen = new Map<string, string>();
  const listed = new Set<string>();

  for (const [index, row] of table.rows.entries()) {
    const where = `${file}:${row.line}`;
    if (labels[index] === '') {
      const message = printable(`${where}: the label is empty`);
      throw new DataError(
        'dataset/unknown-label',
        message,
        'Give every recording a label, or remove its row',
      );
    }
    const label = classes.indexOf(labels[index]!);
    if (label < 0)
      throw unknownLabel(
        where,
        labels[index]!,
        classes.filter((name) => name !== ''),
      );
    const given = table.cell(row, 'path').replaceAll('\\', '/');
    if (given === '') throw new DataError('dataset/no-path', printable(`${where}: the path is empty`));
    const relative = withEnding(folder, posix.normalize(given));
    const id = table.cell(row, 'record') || audioStem(relative);
    const path = isAbsolute(relative) ? relative : join(folder, relative);
    for (const key of [`record ${id}`, `path ${resolve(path)}`]) {
      const earlier = seen.get(key);
      if (earlier) throw duplicateRecord(id, [earlier, where]);
      seen.set(key, where);
    }
    listed.add(realPath(path));
    if (!isRegularFile(path)) {
      withoutFile.push(id);
      continue;
    }
    const cell = (column: string) => table.cell(row, column);
    const patient = cell('patient') || undefined;
    const subject = ['subject', 'group', 'group_id'].map(cell).find((name) => name !== '') ?? patient;
    const [sqi, sex, age] = [cell('sqi'), parseSex(cell('sex')), parseAge(cell('age'))];
    if (!saysNothing(cell('sex')) && sex === undefined) oddSexes.push(`${id} "${cell('sex')}"`);
    const impossible = typeof age === 'number' && !(age >= 0 && age <= 130);
    if (impossible) oddAges.push(`${id} "${cell('age')}"`);
    if (sqi !== '' && sqi !== '0' && sqi !== '1') oddQuality.push(`${id} "${sqi}"`);
    if (namesPatients && patient === undefined) withoutPatient.push(id);
    const location = cell('location');
    const entry: RecordingEntry = {
      id,
      path,
      site: cell('site') || 'all',
      group: subject ?? id,
      label,
      ...(sqi === '0' || sqi === '1' ? { sqi: Number(sqi) } : {}),
      ...(patient === undefined ? {} : { patient }),
      ...(location === '' ? {} : { location }),
      ...(sex === undefined ? {} : { sex }),
      ...(age === undefined || impossible ? {} : { age }),
    };
    if (subject === undefined) withoutSubject.push(entry);
    recordings.push(entry);
  }

  const unlisted = listAudioFiles(folder).filter((name) => !listed.has(realPath(join(folder, name))));
  const problems = [
    problemOf('labels-without-files', 'labels without a file', withoutFile),
    problemOf('files-without-labels', 'files without a label', unlisted),
    problemOf('patients-unknown', 'recordings name no patient, and count as a patient each', withoutPatient),
    problemOf(
      'sex-unknown',
      'recordings have a sex that is neither female nor male, which is left open',
      oddSexes,
    ),
    problemOf('age-odd', 'recordings have an age in years that nobody has, which is left open', oddAges),
    problemOf(
      'sqi-unknown',
      'recordings have an sqi that is neither 0 nor 1, which is left open',
      oddQuality,
    ),
  ].filter(({ count }) => count > 0);
  if (withoutSubject.length > 0) problems.push(subjectsUnknown(withoutSubject, basename(file)));
  // `data synth` leaves its settings beside the table: nobody may take such figures for a result.
  if (isRegularFile(join(folder, 'synth.json')))
    problems.push({
      code: 'synthetic',
      message: `${recordings.length} recordings are SYNTHETIC (synth.json is beside them): no figure says anything about patients`,
      count: recordings.length,
      examples: recordings.slice(0, 5).map(({ id }) => id),
    });
  return { classes, recordings, excluded: [], problems };
}

/** Tables often name recordings without `.wav`: with the ending of the file that is there, if there is one. */
function withEnding(folder: string, path: string): string {
  const at = (name: string) => (isAbsolute(name) ? name : join(folder, name));
  if (isAudioName(path) || isRegularFile(at(path))) return path;
  const ending = ['.wav', '.WAV', '.flac', '.mp3'].find((each) => isRegularFile(at(path + each)));
  return path + (ending ?? '');
}

const SEXES = new Map<string, 'female' | 'male'>([
  ['female', 'female'],
  ['f', 'female'],
  ['male', 'male'],
  ['m', 'male'],
]);

function parseSex(cell: string): 'female' | 'male' | undefined {
  return SEXES.get(cell.toLowerCase());
}

/** Years where it is a number, else the word; none where it says so. */
function parseAge(cell: string): number | string | undefined {
  if (saysNothing(cell)) return undefined;
  return /^[+-]?\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell;
}

function saysNothing(cell: string): boolean {
  return /^(|nan|na|n\/a|unknown|\?)$/i.test(cell);
}
