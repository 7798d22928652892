import { describe, expect, test } from 'vitest';
import { inChildProcess } from '../../src/cli/child.ts';
import { nearest } from '../../src/cli/nearest.ts';
import { shellWord } from '../../src/cli/options.ts';
import { Progress } from '../../src/cli/progress.ts';
import { count, duration, figure, framed, plural, table, widthOf } from '../../src/cli/table.ts';

function progressOn(terminal: object, env: Record<string, string> = {}, quiet = false) {
  const written: string[] = [];
  const stderr = { ...terminal, write: (text: string) => written.push(text) };
  const watchInterruption = () => ({ signal: new AbortController().signal, release: () => {} });
  return { written, progress: new Progress({ stdout: stderr, stderr, env, watchInterruption }, { quiet }) };
}

describe('the progress line', () => {
  test('is redrawn on a terminal, taken away before lasting lines, and not redrawn too often', () => {
    const { written, progress } = progressOn({ isTTY: true, columns: 40 }, { NO_COLOR: '1' });
    progress.show(() => ['one', 'two']);
    progress.show(() => ['too soon']);
    progress.print('lasting');
    progress.show(() => ['again']);
    progress.clear();
    expect(written).toEqual(['\r\x1b[2Kone · two', '\r\x1b[2K', 'lasting\n', '\r\x1b[2Kagain', '\r\x1b[2K']);
  });

  test('leaves away what does not fit', () => {
    const { written, progress } = progressOn({ isTTY: true, columns: 20 });
    progress.show(() => ['0123456789', '01234', 'no']);
    expect(widthOf(written[0]!.slice(5))).toBe(18);
    expect(written[0]).not.toContain('no');
  });

  test.each([
    ['into a pipe', {}, {}, false],
    ['on a dumb terminal', { isTTY: true, columns: 80 }, { TERM: 'dumb' }, false],
    ['with colours forced into a pipe', {}, { FORCE_COLOR: '1' }, false],
  ])('is not there %s', (_, terminal, env, quiet) => {
    const { written, progress } = progressOn(terminal, env, quiet);
    progress.show(() => ['one']);
    progress.print('lasting');
    expect(written).toEqual(['lasting\n']);
  });

  test('--quiet lets through only what must be said', () => {
    const { written, progress } = progressOn({ isTTY: true, columns: 80 }, {}, true);
    progress.show(() => ['one']);
    progress.print('lasting');
    progress.say('warning');
    expect(written).toEqual(['warning\n']);
  });
});

test('tables are aligned, colours or not', () => {
  const rows = [
    ['', 'AUC'],
    ['\x1b[2msite\x1b[22m', '0.5'],
    ['longer', '1,000'],
  ];
  expect(table(rows, { bold: (text) => text })).toEqual([
    '          AUC',
    '\x1b[2msite\x1b[22m      0.5',
    'longer  1,000',
  ]);
  const widths = framed(['a', 'abc'], (text) => text)
    .split('\n')
    .map(widthOf);
  expect(new Set(widths).size).toBe(1);
});

test('numbers for people', () => {
  expect([0, 999, 1000, 1234567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([0.44, 9.94, 9.96, 59.6, 187, 3729].map(duration)).toEqual([
    '0.4 s',
    '9.9 s',
    '10 s',
    '1:00 min',
    '3:07 min',
    '1:02:09 h',
  ]);
  expect([0.12345, null, undefined].map((value) => figure(value))).toEqual(['0.123', '–', '–']);
  expect([plural(1, 'file'), plural(2, 'file')]).toEqual(['1 file', '2 files']);
});

test('the nearest known name', () => {
  const known = ['epochs', 'batchSize', 'seed'];
  expect(nearest('epoch', known)).toBe('epochs');
  expect(nearest('batchsize', known)).toBe('batchSize');
  expect(nearest('sead', known)).toBe('seed');
  expect(nearest('learningRate', known)).toBeUndefined();
});

test('paths in commands are as a shell takes them', () => {
  expect(shellWord('runs/001')).toBe('runs/001');
  expect(shellWord("it's here")).toBe("'it'\\''s here'");
});

describe('a child process', () => {
  test('gives its value, whatever else it prints', async () => {
    expect(await inChildProcess('(console.log("noise"), [process.argv[1]])', ['a b'], 20_000)).toEqual([
      'a b',
    ]);
  });

  test('that hangs is ended', async () => {
    await expect(inChildProcess('new Promise(() => setInterval(() => {}, 1000))', [], 700)).rejects.toThrow(
      'no answer in 0.7 s',
    );
  });

  test('that crashes does no harm, also after its answer', async () => {
    await expect(inChildProcess('process.abort()', [], 20_000)).rejects.toThrow('SIGABRT');
    await expect(inChildProcess('Promise.reject(new Error("no such thing"))', [], 20_000)).rejects.toThrow(
      'no such thing',
    );
    expect(await inChildProcess('(process.on("exit", () => process.abort()), 7)', [], 20_000)).toBe(7);
  });
});
