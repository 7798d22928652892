import { describe, expect, it } from 'vitest';
import { decodeText, formatCsv, parseCsv, parseTable, tableColumns } from '../../src/train/csv.ts';
import { errorOf } from './temporary.ts';

const cells = (text: string) => parseCsv(text, 'f.csv').map((row) => row.cells);

describe('parseCsv', () => {
  it('takes LF, CRLF, CR, a byte-order mark, and a last line without an end', () => {
    expect(cells('a,b\nc,d')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(cells('\ufeffa,b\r\nc,d\r\n')).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    expect(cells('a\rb\r')).toEqual([['a'], ['b']]);
  });

  it('reads quoted cells with delimiters, doubled quotes and line ends', () => {
    expect(cells('"a,b","say ""x""","two\nlines",""\n')).toEqual([['a,b', 'say "x"', 'two\nlines', '']]);
    expect(cells('5" probe,x')).toEqual([['5" probe', 'x']]);
  });

  it('keeps empty cells and skips empty lines', () => {
    expect(cells('a,,\n\n  \n,b,')).toEqual([
      ['a', '', ''],
      ['', 'b', ''],
    ]);
    expect(cells('')).toEqual([]);
  });

  it('numbers lines as an editor does, through quoted line ends and empty lines', () => {
    const rows = parseCsv('a\r\n"x\r\ny"\r\n\r\nlast', 'f.csv');
    expect(rows.map((row) => row.line)).toEqual([1, 2, 5]);
    const pieces = parseCsv('"a\nb ""c""\nd"\nlast', 'f.csv');
    expect(pieces.map((row) => row.line)).toEqual([1, 4]);
  });

  it('names file and line of a quote that never closes, and of text after one', () => {
    const open = errorOf(() => parseCsv('ok\n"never\nends', 'f.csv'));
    expect(open.code).toBe('csv/unterminated-quote');
    expect(open.message).toContain('f.csv:2');
    const after = errorOf(() => parseCsv('ok\n\n"a"b,c', 'f.csv'));
    expect(after.code).toBe('csv/text-after-quote');
    expect(after.message).toContain('f.csv:3');
  });
});

describe('parseTable', () => {
  it('finds columns by name, whatever their case and blanks, and trims cells', () => {
    const table = parseTable(' Path ,LABEL\n a.wav , 1 \n', 'f.csv', ['path', 'label']);
    expect(table.rows.map((row) => [table.cell(row, 'path'), table.cell(row, 'label')])).toEqual([
      ['a.wav', '1'],
    ]);
    expect(table.cell(table.rows[0]!, 'site')).toBe('');
  });

  it('takes semicolons and tabs where the header has no comma', () => {
    expect(parseTable('path;label\na,b;1', 'f.csv').rows[0]!.cells).toEqual(['a,b', '1']);
    expect(parseTable('path\tlabel\na\t1', 'f.csv').rows[0]!.cells).toEqual(['a', '1']);
  });

  it.each([
    ['csv/empty', ' \n', 'f.csv'],
    ['csv/missing-column', 'path,x\na,b', 'label'],
    ['csv/duplicate-column', 'path,label,Path\na,b,c', '"path" twice'],
    ['csv/ragged-row', 'path,label\na,1\nb,1,extra\n', 'f.csv:3'],
  ])('%s', (code, text, part) => {
    const error = errorOf(() => parseTable(text, 'f.csv', ['path', 'label']));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(error.exitCode).toBe(3);
  });

  it('looks at a header alone', () => {
    expect(tableColumns('\ufeff"Path","label"\nbroken "row')).toEqual(['path', 'label']);
    expect(tableColumns('"never closed')).toEqual([]);
  });
});

describe('formatCsv', () => {
  it('quotes what must be quoted, and reads back as it was', () => {
    const rows = [
      ['plain', 'a,b', 'say "x"', ' blank ', 'two\nlines', ''],
      ['é', '0.1', '-3', '"', 'x', 'y'],
    ];
    const text = formatCsv(rows);
    expect(text.startsWith('plain,"a,b","say ""x"""," blank ",')).toBe(true);
    expect(cells(text)).toEqual(rows);
  });
});

it('refuses text that is not UTF-8', () => {
  expect(decodeText(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]), 'f')).toBe('a');
  expect(errorOf(() => decodeText(new Uint8Array([0x61, 0xe9, 0x62]), 'f.csv')).code).toBe('csv/not-utf8');
});
