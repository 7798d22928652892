/** What is fuzzed: each reader with valid files to damage, and what must hold whatever it is given. */
import { readWav } from '../../src/dsp/index.ts';
import { decodeText, formatCsv, parseCsv, parseTable } from '../../src/train/csv.ts';
import { parseHea } from '../../src/train/hea.ts';
import { parseJsonText } from '../../src/train/json.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/train/safetensors.ts';
import { parseSplit, splitOf } from '../../src/train/split.ts';
import type { Sources } from './mutate.ts';
import { wavSeeds } from './wav-seeds.ts';

export interface Target extends Sources {
  readonly name: string;
  /**
   * Reads the input and checks the answer. An input that is refused with an error of the engine is fine; any other
   * error, this function's own included, is a finding.
   */
  readonly read: (bytes: Uint8Array) => void;
}

const text = (value: string) => new TextEncoder().encode(value);
const words = (...values: string[]) => values.map(text);

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`wrong answer: ${what}`);
}

const wav: Target = {
  name: 'wav',
  seeds: wavSeeds(),
  dictionary: words(
    'RIFF',
    'RIFX',
    'RF64',
    'BW64',
    'WAVE',
    'fmt ',
    'data',
    'fact',
    'ds64',
    'LIST',
    'JUNK',
    '\0\0\0\0',
  ),
  most: 4096,
  read(bytes) {
    const { channels, frames, sampleRate } = readWav(bytes, { name: 'x.wav' });
    must(frames > 0 && channels.length > 0, 'no samples, and no error');
    must(Number.isInteger(sampleRate) && sampleRate > 0, `rate ${sampleRate}`);
    must(
      channels.every((channel) => channel.length === frames),
      'channels of different lengths',
    );
  },
};

const safetensors: Target = {
  name: 'safetensors',
  seeds: [
    encodeSafetensors(
      new Map([
        ['conv.weight', { dtype: 'F32' as const, shape: [2, 3], data: Float32Array.of(1, -2, 3, 4.5, 0, 6) }],
        ['scalar', { dtype: 'F64' as const, shape: [], data: Float64Array.of(0.1) }],
        ['empty', { dtype: 'I32' as const, shape: [0, 5], data: new Int32Array(0) }],
      ]),
      { format: 'pcg-engine/model/1', note: 'quoted "text"' },
    ),
    encodeSafetensors(new Map()),
  ],
  dictionary: words(
    '__metadata__',
    '"dtype":"F32"',
    '"shape":[',
    '"data_offsets":[0,8]',
    '-1',
    '1e400',
    '{',
    '}',
    '[',
    '\\u0000',
    '9007199254740993',
  ),
  most: 4096,
  read(bytes) {
    const { tensors, metadata } = decodeSafetensors(bytes, 'x.safetensors');
    const again = decodeSafetensors(encodeSafetensors(tensors, metadata), 'again');
    must(again.tensors.size === tensors.size, 'tensors were lost when written again');
    for (const [name, { dtype, shape, data }] of tensors) {
      const other = again.tensors.get(name);
      must(other?.dtype === dtype && String(other.shape) === String(shape), `${name} came back as another`);
      must(data.length === shape.reduce((a, b) => a * b, 1), `${name} has ${data.length} values`);
    }
  },
};

const csv: Target = {
  name: 'csv',
  seeds: words(
    'path,label,subject,site\r\na/1.wav,normal,s1,a\r\n"b,2.wav","ab""normal",s2,\r\n',
    '\ufeffrecord;probability\nx;0.5\ny;1e-3\n',
    'a0001,-1\na0002,1\n',
  ),
  dictionary: words(
    '"',
    '""',
    ',',
    ';',
    '\t',
    '\r',
    '\n',
    '\r\n',
    '\ufeff',
    '\0',
    '__proto__',
    'label',
    '\u2028',
  ),
  most: 4096,
  read(bytes) {
    const content = decodeText(bytes, 'x.csv');
    const rows = parseCsv(content, 'x.csv');
    const again = parseCsv(formatCsv(rows.map(({ cells }) => cells)), 'again');
    // An empty line says nothing, so rows of one blank cell do not come back.
    must(
      JSON.stringify(again.map(({ cells }) => cells)) === JSON.stringify(rows.map(({ cells }) => cells)),
      'rows changed when written again',
    );
    const table = parseTable(content, 'x.csv');
    for (const row of table.rows)
      for (const column of table.columns) must(typeof table.cell(row, column) === 'string', 'cell');
  },
};

const hea: Target = {
  name: 'hea',
  seeds: words(
    'a0001 2 2000 71332\na0001.wav 16+44 1 16 0 0 0 0 PCG\na0001.dat 16 1000 16 0 0 367 0 ECG\n# Abnormal\n',
    '14241_AV 1 4000 81920\n14241_AV.wav 16+44 1 16 0 0 0 0 AV\n',
    '# comment\r\nr 1 360/720(10) 650000 12:00:00.5 1/2/1990\r\nr.dat 212x2:3 200(0)/mV 11 1024 995 -22131 0 MLII, b\r\n',
    'r/2 1 360 100\nr_1 50\nr_2 50\n',
  ),
  dictionary: words(
    '#',
    ' ',
    '/',
    '(',
    ')',
    ':',
    'x',
    '+',
    '-1',
    '1e309',
    'NaN',
    '99999999999999999999',
    '\n',
    '\r',
  ),
  most: 4096,
  read(bytes) {
    const header = parseHea(decodeText(bytes, 'x.hea'), 'x.hea');
    must(JSON.stringify(header).length <= 64 * bytes.length + 4096, 'an answer larger than the file');
    must(
      !JSON.stringify(header, (_, v: unknown) =>
        typeof v === 'number' && !Number.isFinite(v) ? '∞' : v,
      ).includes('"∞"'),
      'a number that is none',
    );
  },
};

const split: Target = {
  name: 'split',
  seeds: [
    text(JSON.stringify(splitOf({ train: ['a', 'b'], validation: ['c'], test: ['d'] }, 1))),
    // Made by hand: without the hash, which nearly any damage would contradict, and with names that damage can be in.
    text(
      '{"format":"pcg-engine/split/1","parts":{"train":["a recording with a long name","another long one"],"validation":["the third of these recordings"],"test":["and a fourth, which is the last"]}}',
    ),
  ],
  dictionary: words(
    '"parts"',
    '"train"',
    '"__proto__":',
    '[]',
    '{}',
    'null',
    '1e999',
    '"hash":',
    ',',
    '"made":{"how":"k-fold"},',
  ),
  most: 4096,
  read(bytes) {
    const { parts, hash } = parseSplit(parseJsonText(decodeText(bytes, 'x.json'), 'x.json'), 'x.json');
    must(splitOf(parts).hash === hash, 'the hash is not that of the parts');
  },
};

export const TARGETS: readonly Target[] = [wav, safetensors, csv, hea, split];
