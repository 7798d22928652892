import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanDataset } from '../../src/train/dataset.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

const codes = (root: string, options = {}) =>
  scanDataset(root, options).problems.map(({ code, examples }) => [code, examples]);

describe('CinC 2016 without REFERENCE.csv', () => {
  const hea = (record: string, label: string) =>
    `${record} 1 2000 4\n${record}.wav 16+44 1 16 0 0 0 0 PCG\n# ${label}\n`;
  const files = {
    'training-a/a0001.wav': '',
    'training-a/a0001.hea': hea('a0001', 'Abnormal'),
    'training-a/a0002.wav': '',
    'training-a/a0002.hea': hea('a0002', 'Normal'),
    'training-a/a0003.wav': '',
    'training-a/a0003.hea': 'a0003 1 2000 4\na0003.wav 16\n',
    'training-a/a0004.wav': '',
    'training-a/a0004.hea': 'a0004 one\n',
    'training-a/a0005.hea': hea('a0005', 'Normal'),
  };

  it('takes labels from .hea files and says so', () => {
    const root = temporaryFolder(files);
    for (const given of [root, join(root, 'training-a')]) {
      const dataset = scanDataset(given);
      expect(dataset.layout).toBe('cinc2016');
      expect(dataset.recordings.map(({ id, label, site }) => [id, label, site])).toEqual([
        ['a0001', 1, 'training-a'],
        ['a0002', 0, 'training-a'],
      ]);
      expect(dataset.problems.map(({ code, count }) => [code, count])).toEqual([
        ['labels-without-files', 1],
        ['files-without-labels', 2],
        ['labels-from-headers', 3],
        ['headers-unreadable', 1],
        ['subjects-unknown', 2],
      ]);
      expect(dataset.problems[3]!.message).toContain('a0004.hea:1: "one" is no number of signals');
      expect(dataset.problems[4]!.message).toContain('.hea files and records.csv name no subjects');
    }
  });

  it('takes REFERENCE.csv where both are there, folder by folder, and tells where they differ', () => {
    const root = temporaryFolder({
      ...files,
      'training-a/REFERENCE.csv': 'a0001,-1\na0002,-1\n',
      'training-b/b0001.wav': '',
      'training-b/b0001.hea': hea('b0001', 'Abnormal'),
    });
    const dataset = scanDataset(root);
    expect(dataset.recordings.map(({ id, label }) => [id, label])).toEqual([
      ['a0001', 0],
      ['a0002', 0],
      ['b0001', 1],
    ]);
    expect(codes(root)).toContainEqual(['header-conflict', ['a0001']]);
    expect(codes(root)).toContainEqual(['labels-from-headers', ['b0001']]);
  });

  it('is not seen in a folder whose headers have no label, or two', () => {
    const two = `${hea('x', 'Normal')}# Abnormal\n`;
    for (const text of ['x 1 2000\nx.wav 16\n', two, '']) {
      const root = temporaryFolder({ 'training-a/x.wav': '', 'training-a/x.hea': text });
      expect(errorOf(() => scanDataset(root)).code).toBe('dataset/no-labels');
    }
  });
});

describe('a CSV file with all columns', () => {
  const header = 'path,label,subject,patient,record,site,location,sex,age,sqi';
  const scan = (...rows: string[]) => {
    const sounds = Object.fromEntries(rows.map((line) => [line.split(',')[0]!, '']));
    return scanDataset(temporaryFolder({ ...sounds, 'labels.csv': [header, ...rows, ''].join('\n') }));
  };

  it('gives everything it says to the recordings', () => {
    const { recordings, problems } = scan(
      'a.wav,sick,s1,p1,first,clinic,MV,F,63,1',
      'b.flac,normal,s2,p2,,,Erb,male,Neonate,0',
      'c.mp3,normal,s2,p2,,,,n/a,NaN,',
      'd.wav,odd,,p3,,,,,0.5,',
    );
    expect(recordings.map(({ path: _, ...rest }) => rest)).toEqual([
      {
        id: 'b',
        site: 'all',
        group: 's2',
        label: 0,
        sqi: 0,
        patient: 'p2',
        location: 'Erb',
        sex: 'male',
        age: 'Neonate',
      },
      { id: 'c', site: 'all', group: 's2', label: 0, patient: 'p2' },
      { id: 'd', site: 'all', group: 'p3', label: 1, patient: 'p3', age: 0.5 },
      {
        id: 'first',
        site: 'clinic',
        group: 's1',
        label: 2,
        sqi: 1,
        patient: 'p1',
        location: 'MV',
        sex: 'female',
        age: 63,
      },
    ]);
    expect(problems).toEqual([]);
  });

  it('leaves open what it does not understand, and says so', () => {
    const { recordings, problems } = scan(
      'a.wav,x,1,p,,,,hen,-4,2',
      'b.wav,y,2,,,,,,131,1',
      'c.wav,y,3,q,,,,,130,',
    );
    expect(recordings.map(({ sex, age, sqi }) => [sex, age, sqi])).toEqual([
      [undefined, undefined, undefined],
      [undefined, undefined, 1],
      [undefined, 130, undefined],
    ]);
    expect(problems.map(({ code, examples }) => [code, examples])).toEqual([
      ['patients-unknown', ['b']],
      ['sex-unknown', ['a "hen"']],
      ['age-odd', ['a "-4"', 'b "131"']],
      ['sqi-unknown', ['a "2"']],
      ['positive-class', ['b', 'c']],
    ]);
  });

  it('refuses a patient with two labels or two subjects', () => {
    const labels = errorOf(() => scan('a.wav,x,1,p,,,,,,', 'b.wav,y,1,p,,,,,,'));
    expect(labels.code).toBe('dataset/patient-label');
    expect(labels.message).toContain('recordings a and b of patient "p" have different labels, "x" and "y"');
    const groups = errorOf(() => scan('a.wav,x,1,p,,,,,,', 'b.wav,x,2,p,,,,,,', 'c.wav,y,3,,,,,,,'));
    expect(groups.code).toBe('dataset/patient-group');
  });

  it('refuses one record as two kinds of file, but only where both are listed', () => {
    expect(errorOf(() => scan('a.wav,x,,,,,,,,', 'a.flac,y,,,,,,,,')).code).toBe('dataset/duplicate-record');
    const root = temporaryFolder({
      'labels.csv': 'path,label,subject\na.wav,x,1\n',
      'a.wav': '',
      'a.flac': '',
    });
    expect(codes(root)).toEqual([['files-without-labels', ['a.flac']]]);
  });
});

describe('folders', () => {
  it('find FLAC and MP3 beside WAV, for any number of classes', () => {
    const root = temporaryFolder({
      'AS/s1/a.flac': '',
      'MR/s2/b.MP3': '',
      'normal/s3/c.wav': '',
      'MVP/s4/d.wav': '',
    });
    const { classes, recordings } = scanDataset(root);
    expect(classes).toEqual(['normal', 'AS', 'MR', 'MVP']);
    expect(recordings.map(({ id, label }) => [id, label])).toEqual([
      ['AS/s1/a', 1],
      ['MR/s2/b', 2],
      ['MVP/s4/d', 3],
      ['normal/s3/c', 0],
    ]);
  });

  it.each(['cinc', 'folders'])('refuse a record as WAV and FLAC (%s)', (kind) => {
    const cinc = {
      'training-a/REFERENCE.csv': 'a0001,1\n',
      'training-a/a0001.wav': '',
      'training-a/a0001.flac': '',
    };
    const classes = { 'x/a.wav': '', 'x/a.flac': '', 'y/b.wav': '' };
    const error = errorOf(() => scanDataset(temporaryFolder(kind === 'cinc' ? cinc : classes)));
    expect(error.code).toBe('dataset/duplicate-record');
    expect(error.message).toMatch(/a(0001)?\.flac and .*a(0001)?\.wav/);
  });
});

describe('chosen classes', () => {
  const root = () =>
    temporaryFolder({ 'a/s1/1.wav': '', 'b/s2/2.wav': '', 'c/s3/3.wav': '', 'c/s4/4.wav': '' });

  it('are in the order given, and recordings of others are excluded', () => {
    const { classes, recordings, excluded } = scanDataset(root(), { classes: ['c', 'a'] });
    expect(classes).toEqual(['c', 'a']);
    expect(recordings.map(({ id, label }) => [id, label])).toEqual([
      ['a/s1/1', 1],
      ['c/s3/3', 0],
      ['c/s4/4', 0],
    ]);
    expect(excluded.map(({ record, reason }) => [record, reason])).toEqual([
      ['b/s2/2', 'of class "b", which is not among the classes asked for'],
    ]);
  });

  it('must be there, once each', () => {
    const missing = errorOf(() => scanDataset(root(), { classes: ['a', 'd'] }));
    expect(missing.code).toBe('dataset/unknown-label');
    expect(missing.message).toContain('Known labels: a, b, c');
    expect(errorOf(() => scanDataset(root(), { classes: ['a', 'a'] })).message).toContain('asked for twice');
  });

  it('are all there is to choose where labels are of one kind', () => {
    const error = errorOf(() => scanDataset(root(), { label: 'murmur' }));
    expect([error.code, error.exitCode]).toEqual(['dataset/label', 2]);
    expect(scanDataset(root(), { usualLabel: 'murmur' })).not.toHaveProperty('label');
  });
});
