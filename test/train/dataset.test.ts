import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanDataset } from '../../src/train/dataset.ts';
import { countBySite, requireTwoClasses } from '../../src/train/recording.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

const RECORDS = 'record,subset,label,sqi,removed_2016_07_25,group_id';

describe('the layout of CinC 2016', () => {
  const files = {
    'training-a/REFERENCE.csv': 'a0002,-1\r\na0001,1\r\n',
    'training-a/a0001.wav': '',
    'training-a/a0001.hea': 'a0001 1 2000 4\na0001.wav 16+44 1 16 0 0 0 0 PCG\n# Abnormal\n',
    'training-a/a0002.wav': '',
    'training-e/REFERENCE.csv': 'e00001,-1\ne00002,-1\n',
    'training-e/e00001.wav': '',
    'training-e/e00002.wav': '',
  };
  const records = [
    RECORDS,
    'a0001,training-a,1,1,0,a-C1',
    'a0002,training-a,-1,0,0,a-C1',
    'e00001,training-e,-1,,1,e-N1',
    'e00002,training-e,-1,1,0,e-N1',
    'f0001,training-f,1,1,0,f-1',
  ].join('\n');

  it('reads labels, subjects and quality, and leaves out what was withdrawn', () => {
    const root = temporaryFolder({ ...files, 'records.csv': records });
    const dataset = scanDataset(root);
    expect(dataset.layout).toBe('cinc2016');
    expect(dataset.classes).toEqual(['normal', 'abnormal']);
    expect(dataset.recordings).toEqual([
      {
        id: 'a0001',
        path: join(root, 'training-a/a0001.wav'),
        site: 'training-a',
        group: 'a-C1',
        label: 1,
        sqi: 1,
      },
      {
        id: 'a0002',
        path: join(root, 'training-a/a0002.wav'),
        site: 'training-a',
        group: 'a-C1',
        label: 0,
        sqi: 0,
      },
      {
        id: 'e00002',
        path: join(root, 'training-e/e00002.wav'),
        site: 'training-e',
        group: 'e-N1',
        label: 0,
        sqi: 1,
      },
    ]);
    expect(dataset.excluded).toEqual([
      { record: 'e00001', reason: 'withdrawn by the organisers (removed_2016_07_25)' },
    ]);
    expect(dataset.problems).toEqual([]);
    expect(countBySite(dataset.recordings, dataset.classes)).toEqual(
      new Map([
        ['training-a', [1, 1]],
        ['training-e', [1, 0]],
      ]),
    );
    expect(scanDataset(root, { includeWithdrawn: true }).recordings).toHaveLength(4);
  });

  it('works without records.csv: a subject a recording, and says so', () => {
    const dataset = scanDataset(temporaryFolder(files));
    expect(dataset.recordings.map(({ id, group }) => [id, group])).toEqual([
      ['a0001', 'a0001'],
      ['a0002', 'a0002'],
      ['e00001', 'e00001'],
      ['e00002', 'e00002'],
    ]);
    expect(dataset.problems.map(({ code, count }) => [code, count])).toEqual([['subjects-unknown', 4]]);
  });

  it('takes one training folder alone, with records.csv of the folder above', () => {
    const root = temporaryFolder({ ...files, 'records.csv': records });
    const dataset = scanDataset(join(root, 'training-a'));
    expect(dataset.recordings.map(({ id, site, group }) => [id, site, group])).toEqual([
      ['a0001', 'training-a', 'a-C1'],
      ['a0002', 'training-a', 'a-C1'],
    ]);
  });

  it('lists labels without files, files without labels and labels that differ, and goes on', () => {
    const dataset = scanDataset(
      temporaryFolder({
        ...files,
        'records.csv': records.replace('a0001,training-a,1', 'a0001,training-a,-1'),
        'training-a/REFERENCE.csv': 'a0001,1\na0002,-1\na0003,1\na0004,1\n',
        'training-a/a0009.wav': '',
        'training-c/c0001.wav': '',
      }),
    );
    expect(dataset.recordings).toHaveLength(3);
    expect(dataset.problems.map(({ code, count, examples }) => [code, count, examples])).toEqual([
      ['labels-without-files', 2, ['a0003', 'a0004']],
      ['files-without-labels', 2, ['training-a/a0009', 'training-c/c0001']],
      ['label-conflict', 1, ['a0001']],
    ]);
    expect(dataset.recordings[0]!.label).toBe(1);
  });

  it('leaves out the validation folder, which repeats training recordings', () => {
    const dataset = scanDataset(
      temporaryFolder({ ...files, 'validation/REFERENCE.csv': 'a0001,1\n', 'validation/a0001.wav': '' }),
    );
    expect(dataset.recordings).toHaveLength(4);
  });

  it('names file and line of a label it does not know', () => {
    const root = temporaryFolder({
      'training-a/REFERENCE.csv': 'a0001,1\na0002,0\n',
      'training-a/a0001.wav': '',
    });
    const error = errorOf(() => scanDataset(root));
    expect(error.code).toBe('dataset/unknown-label');
    expect(error.message).toContain(`${join(root, 'training-a/REFERENCE.csv')}:2`);
    expect(error.message).toContain('"0"');
  });

  it('names both places of a record that is there twice', () => {
    const root = temporaryFolder({ ...files, 'training-e/REFERENCE.csv': 'e00001,-1\na0001,-1\n' });
    const error = errorOf(() => scanDataset(root));
    expect(error.code).toBe('dataset/duplicate-record');
    expect(error.message).toContain('training-a/REFERENCE.csv:2');
    expect(error.message).toContain('training-e/REFERENCE.csv:2');
    const inNotes = temporaryFolder({ ...files, 'records.csv': `${records}\na0001,training-a,1,1,0,a-C2` });
    expect(errorOf(() => scanDataset(inNotes)).message).toMatch(/records\.csv:2 and .*records\.csv:7/);
  });

  it('is an error where no label has its file', () => {
    const error = errorOf(() =>
      scanDataset(temporaryFolder({ 'training-a/REFERENCE.csv': 'a0001,1\na0002,1\n' })),
    );
    expect(error.code).toBe('dataset/no-recordings');
    expect(error.message).toContain('2 labels without a sound file: a0001, a0002');
  });
});

describe('a folder a class', () => {
  it('puts the healthy class first and takes subjects from folders below', () => {
    const root = temporaryFolder({
      'abnormal/s1/one.wav': '',
      'abnormal/s1/deeper/two.WAV': '',
      'abnormal/three.wav': '',
      'Normal/s2/four.wav': '',
      'Normal/._four.wav': '',
      'Normal/notes.txt': '',
      'docs/readme.txt': '',
    });
    const dataset = scanDataset(root);
    expect(dataset.layout).toBe('folders');
    expect(dataset.classes).toEqual(['Normal', 'abnormal']);
    expect(dataset.recordings.map(({ id, group, label, site }) => [id, group, label, site])).toEqual([
      ['Normal/s2/four', 's2', 0, 'all'],
      ['abnormal/s1/deeper/two', 's1', 1, 'all'],
      ['abnormal/s1/one', 's1', 1, 'all'],
      ['abnormal/three', 'abnormal/three', 1, 'all'],
    ]);
    expect(dataset.problems.map(({ code, examples }) => [code, examples])).toEqual([
      ['subjects-unknown', ['abnormal/three']],
    ]);
  });

  it('takes the order of classes it is given, and refuses a folder that is none of them', () => {
    const root = temporaryFolder({ 'a/1.wav': '', 'b/2.wav': '' });
    expect(scanDataset(root, { classes: ['b', 'a'] }).recordings.map(({ label }) => label)).toEqual([1, 0]);
    expect(errorOf(() => scanDataset(root, { classes: ['a', 'c'] })).code).toBe('dataset/unknown-label');
  });

  it('puts a healthy class first whatever its name sorts as', () => {
    expect(scanDataset(temporaryFolder({ 'abnormal/a.wav': '', 'normal/b.wav': '' })).classes).toEqual([
      'normal',
      'abnormal',
    ]);
  });

  it.each([
    ['no murmur', 'murmur'],
    ['no_murmur', 'murmur'],
    ['non-AS', 'AS'],
    ['without murmur', 'murmur'],
    ['murmur_absent', 'an_murmur'],
    ['Healthy adults', 'Adults with AS'],
    ['normal', 'ab-normal'],
    ['normal', 'not normal'],
    ['negative', 'gallop'],
  ])('knows that "%s" beside "%s" is the healthy class', (healthy, sick) => {
    const root = temporaryFolder({ [`${sick}/a.wav`]: '', [`${healthy}/b.wav`]: '' });
    expect(scanDataset(root).classes).toEqual([healthy, sick]);
  });

  it('refuses classes that differ only in case, unless they are given', () => {
    const root = temporaryFolder({ 'normal/a.wav': '', 'Normal/b.wav': '', 'sick/c.wav': '' });
    const error = errorOf(() => scanDataset(root));
    expect(error.code).toBe('dataset/similar-classes');
    expect(error.message).toContain('"Normal" and "normal"');
    const classes = ['normal', 'Normal', 'sick'];
    expect(scanDataset(root, { classes }).classes).toEqual(classes);
  });

  it('sorts classes that are numbers by value', () => {
    const root = temporaryFolder({ '10/a.wav': '', '9/b.wav': '', '-1/c.wav': '' });
    expect(scanDataset(root).classes).toEqual(['-1', '9', '10']);
  });

  it('does not take the parts of a data set for classes', () => {
    const error = errorOf(() => scanDataset(temporaryFolder({ 'train/a.wav': '', 'test/b.wav': '' })));
    expect(error.code).toBe('dataset/no-labels');
    const cinc = errorOf(() =>
      scanDataset(temporaryFolder({ 'training-a/a0001.wav': '', 'training-b/b0001.wav': '' })),
    );
    expect(cinc.code).toBe('dataset/no-labels');
  });

  it('follows links, and survives one that leads back up or nowhere', () => {
    const root = temporaryFolder({ 'x/a.wav': '', 'y/b.wav': '' });
    symlinkSync(join(root, 'x/a.wav'), join(root, 'y/linked.wav'));
    symlinkSync(join(root, 'nowhere'), join(root, 'y/broken.wav'));
    symlinkSync(join(root, 'y'), join(root, 'y/loop'));
    const ids = scanDataset(root).recordings.map(({ id }) => id);
    expect(ids).toEqual(['x/a', 'y/b', 'y/broken', 'y/linked']);
  });
});

describe('a CSV file', () => {
  const table =
    'path,label,subject,site\nw/a.wav,sick,p1,s1\n"w/b, c.wav",healthy,p2,\nw/gone.wav,sick,p3,s1\n';
  const files = { 'labels.csv': table, 'w/a.wav': '', 'w/b, c.wav': '', 'w/extra.wav': '' };

  it('is found in a folder or given itself', () => {
    const root = temporaryFolder({ ...files, 'other.csv': 'x,y\n1,2\n' });
    for (const given of [root, join(root, 'labels.csv')]) {
      const dataset = scanDataset(given);
      expect(dataset.layout).toBe('csv');
      expect(dataset.classes).toEqual(['healthy', 'sick']);
      expect(dataset.recordings).toEqual([
        { id: 'w/a', path: join(root, 'w/a.wav'), site: 's1', group: 'p1', label: 1 },
        { id: 'w/b, c', path: join(root, 'w/b, c.wav'), site: 'all', group: 'p2', label: 0 },
      ]);
      expect(dataset.problems.map(({ code, examples }) => [code, examples])).toEqual([
        ['labels-without-files', ['w/gone']],
        ['files-without-labels', ['w/extra.wav']],
      ]);
    }
  });

  it('counts paths that can lead nowhere as labels without a file', () => {
    const root = temporaryFolder({ 'a.wav': '', 'folder.wav/b.wav': '' });
    symlinkSync('loop.wav', join(root, 'loop.wav'));
    const paths = [
      `${'x'.repeat(300)}.wav`,
      'loop.wav',
      'nul\0.wav',
      'a.wav/x.wav',
      'folder.wav',
      'folder.wav/b.wav',
    ];
    const rows = ['a.wav', ...paths].map((path, i) => `${path},${i % 2},p${i}\n`).join('');
    writeFileSync(join(root, 'labels.csv'), `path,label,subject\n${rows}`);
    const dataset = scanDataset(root);
    expect(dataset.recordings.map(({ id }) => id)).toEqual(['a', 'folder.wav/b']);
    expect(dataset.problems.map(({ code, count }) => [code, count])).toEqual([['labels-without-files', 5]]);
    expect(dataset.problems[0]!.message).toContain('nul\\u{0}');
  });

  it('takes absolute paths, through links too', () => {
    const root = temporaryFolder({ 'w/a.wav': '', 'w/b.wav': '', 'w/c.wav': '' });
    symlinkSync(join(root, 'w'), join(root, 'link'));
    const rows = `${join(root, 'w/a.wav')},1,p\n${join(root, 'link/b.wav')},0,q\n`;
    writeFileSync(join(root, 'labels.csv'), `path,label,subject\n${rows}`);
    const { recordings, problems } = scanDataset(root);
    expect(recordings.map(({ path }) => path)).toEqual([join(root, 'link/b.wav'), join(root, 'w/a.wav')]);
    expect(problems.map(({ code, examples }) => [code, examples])).toEqual([
      ['files-without-labels', ['link/c.wav']],
    ]);
    writeFileSync(join(root, 'labels.csv'), `path,label\nw/a.wav,0\n${join(root, 'w/a.wav')},1\n`);
    expect(errorOf(() => scanDataset(root)).code).toBe('dataset/duplicate-record');
  });

  it.each([
    ['dataset/unknown-label', 'path,label\na.wav,1\nb.wav,\n', ':3'],
    ['dataset/no-path', 'path,label\n,1\n', ':2'],
    ['dataset/duplicate-record', 'path,label\na.wav,1\n./a.wav,0\n', ':3'],
    ['csv/ragged-row', 'path,label\na.wav\n', ':2'],
  ])('%s', (code, content, place) => {
    const error = errorOf(() => scanDataset(temporaryFolder({ 'labels.csv': content, 'a.wav': '' })));
    expect(error.code).toBe(code);
    expect(error.message).toContain(`labels.csv${place}`);
  });

  it('asks which of several is meant', () => {
    const root = temporaryFolder({ 'a.csv': table, 'b.csv': table });
    expect(errorOf(() => scanDataset(root)).code).toBe('dataset/ambiguous-labels');
  });
});

describe('wrong folders', () => {
  it.each([
    ['dataset/no-such-folder', {}, 'missing'],
    ['dataset/no-such-folder', { file: 'x' }, 'file/below'],
    ['dataset/not-a-folder', { file: 'x' }, 'file'],
    ['dataset/no-recordings', { 'readme.txt': 'x' }, '.'],
    ['dataset/no-labels', { 'a.wav': '', 'b.wav': '' }, '.'],
  ])('%s', (code, files, path) => {
    const root = join(temporaryFolder(files as Record<string, string>), path);
    const error = errorOf(() => scanDataset(root));
    expect(error.code).toBe(code);
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain(root);
  });

  it('with one class only are refused for training alone', () => {
    const dataset = scanDataset(temporaryFolder({ 'sick/a.wav': '', 'sick/b.wav': '' }));
    const error = errorOf(() => requireTwoClasses(dataset));
    expect(error.code).toBe('dataset/one-class');
    expect(error.message).toContain('all 2 recordings have one class, "sick"');
    requireTwoClasses(scanDataset(temporaryFolder({ 'sick/a.wav': '', 'well/b.wav': '' })));
  });
});

describe('what users have', () => {
  const codes = (root: string, options = {}) => scanDataset(root, options).problems.map(({ code }) => code);

  it('says which class is taken for the disease where no name tells', () => {
    const root = temporaryFolder({ 'MVP/1.wav': '', 'MR/2.wav': '' });
    const { problems } = scanDataset(root);
    const problem = problems.find(({ code }) => code === 'positive-class');
    expect(problem?.message).toMatch(/"MVP" is taken for it \(else --classes MVP,MR\)/);
    expect(codes(root, { classes: ['MVP', 'MR'] })).not.toContain('positive-class');
    expect(scanDataset(temporaryFolder({ 'N/1.wav': '', 'MVP/2.wav': '' })).classes).toEqual(['N', 'MVP']);
    for (const other of ['normal', 'N', 'ok', 'no murmur'])
      expect(codes(temporaryFolder({ [`${other}/1.wav`]: '', 'MVP/2.wav': '' }))).not.toContain(
        'positive-class',
      );
  });

  it('notices sites that differ only in case', () => {
    const table = 'path,label,subject,site\n1.wav,normal,a,AV\n2.wav,abnormal,b,av\n';
    expect(codes(temporaryFolder({ 'labels.csv': table, '1.wav': '', '2.wav': '' }))).toEqual([
      'similar-sites',
    ]);
  });

  it('finds files that a table names without their ending, and reads tables of tabs', () => {
    const table = 'path\tlabel\tsubject\na/1\tnormal\ts1\na/2\tabnormal\ts2\n';
    const root = temporaryFolder({ 'labels.tsv': table, 'a/1.wav': '', 'a/2.flac': '' });
    const { recordings, problems } = scanDataset(join(root, 'labels.tsv'));
    expect(recordings.map(({ id, path }) => [id, path])).toEqual([
      ['a/1', join(root, 'a/1.wav')],
      ['a/2', join(root, 'a/2.flac')],
    ]);
    expect(problems).toEqual([]);
  });

  it('says which row has no label', () => {
    const root = temporaryFolder({
      'labels.csv': 'path,label\n1.wav,normal\n2.wav,\n',
      '1.wav': '',
      '2.wav': '',
    });
    const error = errorOf(() => scanDataset(root));
    expect([error.code, error.message]).toEqual([
      'dataset/unknown-label',
      expect.stringMatching(/labels\.csv:3: the label is empty/),
    ]);
  });

  it('does not take what an archiver left behind for a class', () => {
    const root = temporaryFolder({ 'normal/1.wav': '', 'abnormal/2.wav': '', '__MACOSX/normal/1.wav': '' });
    expect(scanDataset(root).classes).toEqual(['normal', 'abnormal']);
  });
});
