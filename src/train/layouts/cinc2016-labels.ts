import { join } from 'node:path';
import { EngineError } from '../../base/errors.ts';
import { decodeText, parseCsv } from '../csv.ts';
import { readBytes } from '../files.ts';
import { readHea } from '../hea.ts';
import { unknownLabel } from './layout.ts';

export const CLASSES: readonly string[] = ['normal', 'abnormal'];

/** As `REFERENCE.csv` and `records.csv` write labels. */
export const LABEL_OF: ReadonlyMap<string, number> = new Map([
  ['-1', 0],
  ['1', 1],
]);

/** A record with a label, and where that is written. */
export interface LabelledRecord {
  readonly record: string;
  readonly label: number;
  readonly sqi?: number;
  /** File and line. */
  readonly where: string;
}

/** @throws DataError `dataset/unknown-label`, `csv/…`, `file/…` */
export function readReference(folder: string): LabelledRecord[] {
  const file = join(folder, 'REFERENCE.csv');
  return parseCsv(decodeText(readBytes(file), file), file).map(({ line, cells }) => {
    const [record = '', value = '', quality] = cells.map((cell) => cell.trim());
    const where = `${file}:${line}`;
    const label = LABEL_OF.get(value);
    if (label === undefined || record === '')
      throw unknownLabel(where, value, ['-1 (normal)', '1 (abnormal)']);
    const sqi = parseQuality(quality);
    return { record, label, where, ...(sqi === undefined ? {} : { sqi }) };
  });
}

export function parseQuality(cell: string | undefined): number | undefined {
  return cell === '0' ? 0 : cell === '1' ? 1 : undefined;
}

/** What the headers of a folder say, as far as they can be read. */
export interface HeaderLabels {
  readonly labels: readonly LabelledRecord[];
  /** Headers that are none, with the reason. */
  readonly unreadable: readonly string[];
}

/**
 * Labels from the comments `# Normal` and `# Abnormal` of `.hea` files.
 * @param heas record → file name
 */
export function readHeaderLabels(folder: string, heas: ReadonlyMap<string, string>): HeaderLabels {
  const labels: LabelledRecord[] = [];
  const unreadable: string[] = [];
  for (const [record, name] of heas) {
    const where = join(folder, name);
    try {
      const label = labelOf(readHea(where).comments);
      if (label !== undefined) labels.push({ record, label, where });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      unreadable.push(error.message);
    }
  }
  return { labels, unreadable };
}

/** The label among a header's comments; none where both are there. */
function labelOf(comments: readonly string[]): number | undefined {
  const found = comments
    .map((comment) => CLASSES.indexOf(comment.toLowerCase()))
    .filter((label) => label >= 0);
  return new Set(found).size === 1 ? found[0] : undefined;
}
