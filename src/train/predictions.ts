import { DataError } from '../base/errors.ts';
import { decodeText, formatCsv, parseTable } from './csv.ts';
import { readBytes, writeFileAtomic } from './files.ts';
import { decide, type Scored } from './metrics.ts';
import { printable, type RecordingEntry } from './recording.ts';
import { PARTS, type Part } from './split.ts';

/** A judged recording as `predictions.csv` has it. */
export interface Prediction extends Scored {
  readonly record: string;
  readonly part: Part;
  readonly patient?: string;
  readonly location?: string;
}

/** Columns that are there only where some recording has them; an empty cell is none. */
const OPTIONAL = ['patient', 'location'] as const;

const COLUMNS = ['record', 'group', 'site', 'label', 'probability', 'decision', 'part'];

/** `probability:<class>`: the columns that follow where there are more than two classes. */
const probabilityColumn = (name: string) => `probability:${name}`;

/**
 * `predictions.csv`: record, group, site, label, probability, decision, part; labels and decisions by class
 * name. `probability` is that of the positive class (index 1) of two; over two classes it is that of the
 * class decided on, and a column a class follows. `patient` and `location` come last, where the data have them.
 * Numbers are written so that they read back exactly.
 *
 * @param threshold for two classes, as in `decide`
 */
export function formatPredictions(
  predictions: readonly Prediction[],
  classes: readonly string[],
  threshold: number,
): string {
  const many = classes.length > 2;
  const optional = OPTIONAL.filter((name) => predictions.some((each) => each[name] !== undefined));
  const header = [...COLUMNS, ...(many ? classes.map(probabilityColumn) : []), ...optional];
  const rows = predictions.map((prediction) => {
    const { record, group, site, label, probabilities, part } = prediction;
    const decision = decide(probabilities, threshold);
    const probability = probabilities[many ? decision : 1]!;
    const cells = [record, group, site, classes[label]!, probability, classes[decision]!, part];
    return [...cells, ...(many ? probabilities : []), ...optional.map((name) => prediction[name] ?? '')];
  });
  return formatCsv([header, ...rows]);
}

/** @throws DataError `file/…` · RunError `metrics/not-finite` */
export function writePredictions(
  path: string,
  predictions: readonly Prediction[],
  classes: readonly string[],
  threshold: number,
): void {
  writeFileAtomic(path, formatPredictions(predictions, classes, threshold));
}

/** What a judged example is, with what the data set knows of it beside its sound. */
export function predictionOf(
  { id, group, site, label }: Pick<RecordingEntry, 'id' | 'group' | 'site' | 'label'>,
  entry: Pick<RecordingEntry, 'patient' | 'location'> | undefined,
  judged: Pick<Prediction, 'probabilities' | 'part'>,
): Prediction {
  return {
    record: id,
    group,
    site,
    label,
    ...judged,
    ...(entry?.patient === undefined ? {} : { patient: entry.patient }),
    ...(entry?.location === undefined ? {} : { location: entry.location }),
  };
}

/**
 * Reads `predictions.csv` back; files of before there were patients too.
 * @throws DataError `predictions/invalid` with file and line, `csv/…`, `file/…`
 */
export function readPredictions(path: string, classes: readonly string[]): Prediction[] {
  const many = classes.length > 2;
  const required = many ? [...COLUMNS, ...classes.map(probabilityColumn)] : COLUMNS;
  const table = parseTable(decodeText(readBytes(path), path), path, required, { exact: true });
  return table.rows.map((row) => {
    const cell = (column: string) => table.cell(row, column);
    const invalid = (column: string) =>
      new DataError('predictions/invalid', printable(`${path}:${row.line}: ${column} is "${cell(column)}"`));
    const number = (column: string) => {
      const value = cell(column) === '' ? Number.NaN : Number(cell(column));
      if (!(value >= 0 && value <= 1)) throw invalid(column);
      return value;
    };
    const label = classes.indexOf(cell('label'));
    if (label < 0) throw invalid('label');
    const part = PARTS.find((each) => each === cell('part'));
    if (!part) throw invalid('part');
    const positive = number('probability');
    const probabilities = many
      ? classes.map((name) => number(probabilityColumn(name)))
      : [1 - positive, positive];
    const optional = OPTIONAL.filter((name) => cell(name) !== '').map((name) => [name, cell(name)] as const);
    const named = Object.fromEntries(optional) as Pick<Prediction, 'patient' | 'location'>;
    const [record, group, site] = [cell('record'), cell('group'), cell('site')];
    return { record, group, site, label, probabilities, part, ...named };
  });
}
