import { basename, dirname, isAbsolute, join, posix, resolve } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { decodeText, parseTable, tableColumns } from '../csv.ts';
import { audioStem, isRegularFile, listAudioFiles, listFolder, readBytes, realPath } from '../files.ts';
import { type DatasetProblem, printable, problemOf, type RecordingEntry } from '../recording.ts';
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
 * A CSV file with the columns `path` (relative to it) and `label`, and as far as known `record` (a name;
 * else the path without its ending), `subject` (or `group`, `group_id`), `site` and `sqi`. Either the file is
 * given, or a folder with one such file (`labels.csv` where there are several).
 */
export const csv: Layout = {
  name: 'csv',
  needs: 'a CSV file with the columns path and label',
  matches: (root) => isCsvName(root) || tablesIn(root).length > 0,
  scan: scanCsv,
};

function isCsvName(name: string): boolean {
  return /\.csv$/i.test(name);
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
  const seen = new Map<string, string>();
  const listed = new Set<string>();

  for (const [index, row] of table.rows.entries()) {
    const where = `${file}:${row.line}`;
    const label = labels[index]! === '' ? -1 : classes.indexOf(labels[index]!);
    if (label < 0)
      throw unknownLabel(
        where,
        labels[index]!,
        classes.filter((name) => name !== ''),
      );
    const given = table.cell(row, 'path').replaceAll('\\', '/');
    if (given === '') throw new DataError('dataset/no-path', printable(`${where}: the path is empty`));
    const relative = posix.normalize(given);
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
    const subject = ['subject', 'group', 'group_id']
      .map((name) => table.cell(row, name))
      .find((cell) => cell !== '');
    const sqi = table.cell(row, 'sqi');
    const entry: RecordingEntry = {
      id,
      path,
      site: table.cell(row, 'site') || 'all',
      group: subject ?? id,
      label,
      ...(sqi === '0' || sqi === '1' ? { sqi: Number(sqi) } : {}),
    };
    if (subject === undefined) withoutSubject.push(entry);
    recordings.push(entry);
  }

  const problems: DatasetProblem[] = [];
  const unlisted = listAudioFiles(folder).filter((name) => !listed.has(realPath(join(folder, name))));
  if (withoutFile.length > 0)
    problems.push(problemOf('labels-without-files', 'labels without a file', withoutFile));
  if (unlisted.length > 0)
    problems.push(problemOf('files-without-labels', 'files without a label', unlisted));
  if (withoutSubject.length > 0) problems.push(subjectsUnknown(withoutSubject, basename(file)));
  return { classes, recordings, excluded: [], problems };
}
