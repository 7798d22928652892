import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseHea, readHea } from '../../src/train/hea.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

describe('a WFDB header', () => {
  it('of CinC 2016, with its label as a comment', () => {
    const text =
      'a0001 2 2000 71332\r\na0001.wav 16+44 1 16 0 0 0 0 PCG\r\na0001.dat 16 1000 16 0 0 367 0 ECG\r\n# Abnormal\r\n';
    const pcg = { file: 'a0001.wav', format: 16, byteOffset: 44, gain: 1, resolution: 16, zero: 0 };
    const ecg = { file: 'a0001.dat', format: 16, gain: 1000, resolution: 16, zero: 0 };
    expect(parseHea(text, 'a0001.hea')).toEqual({
      record: 'a0001',
      rate: 2000,
      samples: 71332,
      signals: [
        { ...pcg, initialValue: 0, checksum: 0, blockSize: 0, description: 'PCG' },
        { ...ecg, initialValue: 0, checksum: 367, blockSize: 0, description: 'ECG' },
      ],
      segments: [],
      comments: ['Abnormal'],
    });
  });

  it('with every field there is, comments before and between, blank lines and tabs', () => {
    const text =
      '\ufeff# before\n\n100s 1 360.5/720(-10.5) 650000 12:34:56.5 1/2/1990\n#\n\n' +
      'sub/100.dat\t212x2:3+512 200.5(1024)/mV  11 1024 995 -22131 0 MLII,  left arm \n  #   after  \n';
    expect(parseHea(text, 'x')).toEqual({
      record: '100s',
      rate: 360.5,
      counterRate: 720,
      counterBase: -10.5,
      samples: 650000,
      time: '12:34:56.5',
      date: '1/2/1990',
      signals: [
        {
          file: 'sub/100.dat',
          format: 212,
          samplesPerFrame: 2,
          skew: 3,
          byteOffset: 512,
          gain: 200.5,
          baseline: 1024,
          units: 'mV',
          resolution: 11,
          zero: 1024,
          initialValue: 995,
          checksum: -22131,
          blockSize: 0,
          description: 'MLII,  left arm',
        },
      ],
      segments: [],
      comments: ['before', 'after'],
    });
  });

  it('with nothing but what must be there', () => {
    const bare = { segments: [], comments: [] };
    expect(parseHea('r 0', 'x')).toEqual({ record: 'r', signals: [], ...bare });
    expect(parseHea('r 1\rx.dat 8', 'x')).toEqual({
      record: 'r',
      signals: [{ file: 'x.dat', format: 8 }],
      ...bare,
    });
  });

  it('of a record in segments', () => {
    const { signals, segments } = parseHea('r/2 2 250 500\nr_1 300\n~ 200\n', 'x');
    expect([signals, segments]).toEqual([
      [],
      [
        { record: 'r_1', samples: 300 },
        { record: '~', samples: 200 },
      ],
    ]);
  });

  it.each([
    ['empty', '', 'x.hea:'],
    ['empty', '# only a comment\n', 'x.hea:'],
    ['record', 'a/b/c 1', 'x.hea:1:'],
    ['record', '\n\na0001', 'x.hea:3:'],
    ['record', 'a -1', '"-1"'],
    ['record', 'a 99999999999999999999', 'number of signals'],
    ['record', 'a/0 1', 'number of segments'],
    ['record', 'a 0 250 1 1:2:3 1/2/1990 more', '"more"'],
    ['rate', 'a 0 -250', '"-250"'],
    ['rate', 'a 0 0', '"0"'],
    ['rate', 'a 0 1e999', '"1e999"'],
    ['rate', 'a 0 250/0x10', '"250/0x10"'],
    ['rate', 'a 0 250/1(x)', '"250/1(x)"'],
    ['samples', 'a 0 250 12.5', '"12.5"'],
    ['time', 'a 0 250 1 25:00:00', '"25:00:00"'],
    ['time', 'a 0 250 1 1:75:00', '"1:75:00"'],
    ['time', 'a 0 250 1 noon', '"noon"'],
    ['date', 'a 0 250 1 1:2:3 1990-02-01', '"1990-02-01"'],
    ['date', 'a 0 250 1 1:2:3 1/13/1990', '"1/13/1990"'],
    ['missing-lines', 'a 4294967295 250', '4294967295 signals'],
    ['missing-lines', 'a/3 1 250\na_1 5', '3 segments are announced and 1 lines'],
    ['extra-line', 'a 1 250\nx 8\ny 8', 'x.hea:3:'],
    ['signal', 'a 1\nx', 'x.hea:2:'],
    ['signal', 'a 1\nx 16y2', '"16y2"'],
    ['signal', 'a 1\nx 99999999999999999999', 'storage format'],
    ['signal', 'a 1\nx 16+99999999999999999999', 'storage format'],
    ['signal', 'a 1\nx 16 NaN', 'gain'],
    ['signal', 'a 1\nx 16 200(1.5)', 'gain'],
    ['signal', 'a 1\nx 16 200 16 0 zero', '"zero" is no initial value'],
    ['segment', 'a/1 1\na_1 -5', 'x.hea:2:'],
    ['too-long', `a 0\n${'#'.repeat(1 << 20)}`, 'at most'],
  ])('that is wrong: hea/%s for %j', (code, text, part) => {
    const error = errorOf(() => parseHea(text, 'x.hea'));
    expect(error.code).toBe(`hea/${code}`);
    expect(error.message).toContain(part);
  });

  it('is read from a file; one that is too long or no text is refused', () => {
    const root = temporaryFolder({ 'a.hea': 'a 0\n#Normal', 'b.hea': '\n'.repeat((1 << 20) + 1) });
    expect(readHea(join(root, 'a.hea')).comments).toEqual(['Normal']);
    expect(errorOf(() => readHea(join(root, 'b.hea'))).code).toBe('hea/too-long');
    expect(errorOf(() => readHea(join(root, 'c.hea'))).code).toBe('file/not-found');
    expect(errorOf(() => readHea(root)).code).toMatch(/^file\//);
    const binary = join(temporaryFolder(), 'd.hea');
    writeFileSync(binary, new Uint8Array([0x61, 0xff, 0xfe]));
    expect(errorOf(() => readHea(binary)).code).toBe('hea/not-text');
  });

  it('shows no control characters and no endless lines in its messages', () => {
    const { message } = errorOf(() => parseHea(`a\u001b[31m ${'x'.repeat(5000)}`, 'x.hea'));
    expect(message).not.toContain('\u001b');
    expect(message.length).toBeLessThan(300);
    expect(errorOf(() => parseHea(`a 1 250 ${'7'.repeat(5000)}`, 'x')).message.length).toBeLessThan(300);
  });
});
