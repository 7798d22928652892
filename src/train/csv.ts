import { DataError } from '../base/errors.ts';
import { printable } from './recording.ts';

function csvError(code: string, message: string, hint?: string): DataError {
  return new DataError(`csv/${code}`, printable(message), hint);
}

/** One record of a CSV file and the line (from 1) where it starts; quoted cells may span lines. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A CSV file with a header: cells are asked for by column name. */
export interface CsvTable {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
  /** The cell of a row under a column, trimmed unless the table is `exact`; `''` where the table has no such column. */
  cell(row: CsvRow, column: string): string;
}

/**
 * Parses CSV as RFC 4180 describes it, and takes LF, CRLF, CR and a byte-order mark. Empty lines are
 * skipped. A quote inside an unquoted cell is an ordinary character.
 *
 * @param file name for messages
 * @throws DataError `csv/unterminated-quote`, `csv/text-after-quote`, with file and line
 */
export function parseCsv(text: string, file: string, delimiter = ','): CsvRow[] {
  const rows: CsvRow[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const cells: string[] = [];
    for (;;) {
      const cell = text[at] === '"' ? quotedCell(text, at, file, line) : plainCell(text, at, delimiter);
      cells.push(cell.value);
      at = cell.end;
      line += cell.lines;
      const next = text[at];
      if (next === delimiter) {
        at += 1;
        continue;
      }
      if (next !== undefined && next !== '\n' && next !== '\r') {
        throw csvError('text-after-quote', `${file}:${line}: text after a closing quote`);
      }
      break;
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1;
    at += 1;
    line += 1;
    if (cells.length > 1 || cells[0]!.trim() !== '') rows.push({ line: start, cells });
  }
  return rows;
}

function plainCell(text: string, start: number, delimiter: string) {
  let end = start;
  while (end < text.length && text[end] !== delimiter && text[end] !== '\n' && text[end] !== '\r') end += 1;
  return { value: text.slice(start, end), end, lines: 0 };
}

/** Reads a cell whose opening quote is at `start`; doubled quotes stand for one. */
function quotedCell(text: string, start: number, file: string, line: number) {
  let value = '';
  let lines = 0;
  let from = start + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) {
      throw csvError('unterminated-quote', `${file}:${line}: a quote opens here and never closes`);
    }
    const piece = text.slice(from, quote);
    value += piece;
    lines += piece.match(/\r\n|\r|\n/g)?.length ?? 0;
    if (text[quote + 1] !== '"') return { value, end: quote + 1, lines };
    value += '"';
    from = quote + 2;
  }
}

/**
 * Decodes the bytes of a text file, UTF-8 only: a guess would silently change names.
 * @throws DataError `csv/not-utf8`
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw csvError('not-utf8', `${file}: not UTF-8 text`, 'Save it as "CSV UTF-8" and try again');
  }
}

/**
 * Parses a CSV file whose first row names its columns (case and outer blanks do not matter). The delimiter
 * is the comma, or, where the header has none, a semicolon or tab.
 *
 * @param required columns that must be there
 * @param exact for tables that `formatCsv` wrote: names and cells count as they are, case and blanks included
 * @throws DataError `csv/empty`, `csv/duplicate-column`, `csv/missing-column`, `csv/ragged-row`
 */
export function parseTable(
  text: string,
  file: string,
  required: readonly string[] = [],
  { exact = false }: { readonly exact?: boolean } = {},
): CsvTable {
  const rows = parseCsv(text, file, delimiterOf(text));
  const header = rows[0];
  if (!header) throw csvError('empty', `${file}: empty, expected a header and rows`);
  const columns = exact ? header.cells : header.cells.map((cell) => cell.trim().toLowerCase());
  const index = new Map<string, number>();
  columns.forEach((column, position) => {
    if (column !== '' && index.has(column)) {
      throw csvError('duplicate-column', `${file}:${header.line}: column "${column}" twice`);
    }
    index.set(column, position);
  });
  const missing = required.filter((column) => !index.has(column));
  if (missing.length > 0) {
    const message = `${file}:${header.line}: no column ${missing.join(', ')} (columns: ${columns.join(', ')})`;
    throw csvError('missing-column', message);
  }
  const body = rows.slice(1);
  for (const row of body) {
    if (row.cells.length === columns.length) continue;
    const message = `${file}:${row.line}: ${row.cells.length} cells where the header has ${columns.length}`;
    throw csvError('ragged-row', message, 'Put quotes around cells that contain the delimiter');
  }
  const cell = (row: CsvRow, column: string) => {
    const value = row.cells[index.get(column) ?? -1] ?? '';
    return exact ? value : value.trim();
  };
  return { file, columns, rows: body, cell };
}

/** The column names that `parseTable` would find; none where the first line is no row of its own. */
export function tableColumns(text: string): string[] {
  try {
    const header = parseCsv(firstLine(text), '', delimiterOf(text))[0];
    return header?.cells.map((cell) => cell.trim().toLowerCase()) ?? [];
  } catch {
    return [];
  }
}

function firstLine(text: string): string {
  const end = text.search(/[\r\n]/);
  return text.slice(text.charCodeAt(0) === 0xfeff ? 1 : 0, end < 0 ? text.length : end);
}

function delimiterOf(text: string): string {
  return [',', ';', '\t'].find((delimiter) => firstLine(text).includes(delimiter)) ?? ',';
}

/** Writes rows as CSV with LF line ends; cells are quoted only where they must be. */
export function formatCsv(rows: readonly (readonly (string | number)[])[]): string {
  return rows.map((row) => `${row.map(formatCell).join(',')}\n`).join('');
}

function formatCell(value: string | number): string {
  const text = String(value);
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
