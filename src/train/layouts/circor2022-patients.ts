import { basename, join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { decodeText, parseTable } from '../csv.ts';
import { listFolder, readBytes } from '../files.ts';
import { printable } from '../recording.ts';
import { duplicateRecord } from './layout.ts';

/** What the set says of a patient that is used here, in its own words; `''` where it says nothing or `nan`. */
export const FIELDS = ['murmur', 'outcome', 'age', 'sex', 'campaign', 'additional id'] as const;
export type Field = (typeof FIELDS)[number];

export interface Patient {
  readonly id: string;
  readonly fields: Readonly<Record<Field, string>>;
  /** Recordings that are announced: names where the source names them, else places on the chest. */
  readonly recordings?: readonly string[];
  readonly locations: readonly string[];
  /** File, and line in a table. */
  readonly where: string;
}

/**
 * `<id>.txt`: a line `id recordings rate`, a line `place header sound segmentation` each, and `#Name: value` lines.
 * @throws DataError `circor/patient-file` with file and line; `csv/not-utf8`, `file/…`
 */
export function readPatientFile(path: string): Patient {
  const lines = decodeText(readBytes(path), path).split(/\r\n|\n|\r/);
  const wrong = (line: number, what: string) =>
    new DataError('circor/patient-file', printable(`${path}:${line}: ${what}`));
  const [id = '', announced = ''] = lines[0]!
    .replace(/^\ufeff/, '')
    .trim()
    .split(/\s+/);
  if (!/^\d+$/.test(announced)) throw wrong(1, 'a line "patient recordings rate" was expected');
  if (`${id}.txt`.toLowerCase() !== basename(path).toLowerCase())
    throw wrong(1, `patient "${id}" in a file of another name`);
  const values = new Map<string, string>();
  const recordings: string[] = [];
  const locations: string[] = [];
  for (const [index, line] of lines.entries()) {
    const text = line.trim();
    if (index === 0 || text === '') continue;
    if (text.startsWith('#')) {
      const [, name = '', value = ''] = /^#\s*([^:]*):(.*)$/.exec(text) ?? [];
      values.set(name.trim().toLowerCase(), value.trim());
      continue;
    }
    const [location = '', ...files] = text.split(/\s+/);
    const sound = files.find((file) => /\.wav$/i.test(file));
    if (sound === undefined) throw wrong(index + 1, 'a line "place header sound segmentation" was expected');
    recordings.push(sound.replace(/\.wav$/i, ''));
    locations.push(location);
  }
  if (recordings.length !== Number(announced))
    throw wrong(1, `${announced} recordings are announced and ${recordings.length} are named`);
  return { id, fields: fieldsOf((name) => values.get(name) ?? ''), recordings, locations, where: path };
}

/**
 * `training_data.csv`: a row a patient.
 * @throws DataError `csv/…`, `file/…`, `dataset/duplicate-record`
 */
export function readPatientTable(path: string): Patient[] {
  const table = parseTable(decodeText(readBytes(path), path), path, ['patient id']);
  const places = ['recording locations:', 'recording locations', 'locations'];
  const column = places.find((name) => table.columns.includes(name));
  const seen = new Map<string, string>();
  return table.rows.map((row) => {
    const id = table.cell(row, 'patient id');
    const where = `${path}:${row.line}`;
    const earlier = seen.get(id);
    if (earlier) throw duplicateRecord(id, [earlier, where]);
    seen.set(id, where);
    const locations =
      column === undefined
        ? []
        : table
            .cell(row, column)
            .split('+')
            .map((place) => place.trim());
    return {
      id,
      fields: fieldsOf((name) => table.cell(row, name)),
      locations: locations.filter((place) => place !== ''),
      where,
    };
  });
}

function fieldsOf(value: (field: string) => string): Record<Field, string> {
  const known = (text: string) => (text.toLowerCase() === 'nan' ? '' : text);
  return Object.fromEntries(FIELDS.map((field) => [field, known(value(field))])) as Record<Field, string>;
}

/**
 * `person_groups.csv`, which is not part of the published set: patient id → person.
 * @throws DataError `csv/…`, `file/…`
 */
export function readPersons(folder: string): Map<string, string> {
  const persons = new Map<string, string>();
  if (!listFolder(folder).files.includes('person_groups.csv')) return persons;
  const path = join(folder, 'person_groups.csv');
  const table = parseTable(decodeText(readBytes(path), path), path, ['patient_id', 'person_group']);
  for (const row of table.rows) {
    const person = table.cell(row, 'person_group');
    if (person !== '') persons.set(table.cell(row, 'patient_id'), person);
  }
  return persons;
}
