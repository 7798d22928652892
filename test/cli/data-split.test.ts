import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { splitOf } from '../../src/train/index.ts';
import { readSplit } from '../../src/train/split.ts';
import { nameSplitFiles, writeSplitFiles } from '../../src/train/split-files.ts';
import { errorOf, temporaryFolder } from '../train/temporary.ts';
import { recordingsFolder } from './split-folder.ts';
import { json, jsonError, pcg, QUICK, write } from './support.ts';

let data: string;
beforeAll(() => {
  data = recordingsFolder();
});

const out = (name = 'out') => join(temporaryFolder(), name);
const split = (...argv: string[]) => pcg(['data', 'split', ...argv]);
const rowsOf = () => readFileSync(join(data, 'labels.csv'), 'utf8').trim().split('\n').slice(1);
const allIds = () => rowsOf().map((row) => row.slice(0, row.indexOf('.wav')));

describe('data split', () => {
  test('draws one split and says what is in it and what to do next', async () => {
    const folder = out();
    const { code, stdout, stderr } = await split(data, '--out', folder);
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual(['split.json']);
    const made = readSplit(join(folder, 'split.json'));
    expect(made.made?.how).toBe('stratified');
    expect(Object.values(made.parts).flat().sort()).toEqual(allIds());
    expect(stdout).toMatch(/^Split: 36 recordings of \d+ subjects at 3 sites, seed 1\n/);
    expect(stdout).toMatch(/^ +recordings +subjects +normal +abnormal$/m);
    const sizes = ['train', 'validation', 'test'].map((part) =>
      Number(new RegExp(`^${part} +(\\d+)`, 'm').exec(stdout)?.[1]),
    );
    expect(sizes).toEqual([made.parts.train.length, made.parts.validation.length, made.parts.test.length]);
    expect(stdout).toMatch(/^by site +train +validation +test$/m);
    expect(stdout).toMatch(/^synthetic-a {2}normal +\d+ +\d+ +\d+\n {13}abnormal +\d+ +\d+ +\d+$/m);
    expect(stderr).toContain(`Written ${folder}/split.json`);
    expect(stderr).toContain(`Next: npx pcg-engine train --data ${data} --split ${folder}/split.json\n`);
    expect(stderr).not.toContain('All:');
  });

  test('writes to a file, with shares and a seed, and the same file for the same', async () => {
    const [one, two, three] = [out('a.json'), out('b.json'), out('c.json')];
    for (const file of [one, two])
      expect((await split(data, '--fractions', '0.5, .25,0.25', '--seed', '7', '--out', file)).code).toBe(0);
    await split(data, '--seed', '8', '--out', three);
    expect(readFileSync(one, 'utf8')).toBe(readFileSync(two, 'utf8'));
    expect(readSplit(one)).toMatchObject({
      seed: 7,
      made: { how: 'stratified', fractions: { train: 0.5, validation: 0.25, test: 0.25 } },
    });
    expect(readSplit(one).parts.train.length).toBeLessThan(22);
    expect(readSplit(three).hash).not.toBe(readSplit(one).hash);
  });

  test('--folds tests each recording once, and trains as it says', async () => {
    const folder = join(out('my splits'), 'folds');
    const { code, stdout, stderr } = await split(data, '--folds', '3', '--out', folder);
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual(['fold-1.json', 'fold-2.json', 'fold-3.json']);
    const tested = [1, 2, 3].flatMap((fold) => readSplit(join(folder, `fold-${fold}.json`)).parts.test);
    expect(tested.sort()).toEqual(allIds());
    expect(stdout).toMatch(/^3 folds: 36 recordings/);
    for (const words of ['fold-1  train', 'validation', 'Tested in each fold', 'by site'])
      expect(stdout).toContain(words);
    expect(stderr).toContain(`Next: npx pcg-engine train --data ${data} --split '${folder}/fold-1.json'\n`);
    expect(stderr).toContain(
      `All:  for s in fold-1 fold-2 fold-3; do npx pcg-engine train --data ${data} --split '${folder}/'$s.json --out runs/$s; done\n`,
    );

    const run = out('run');
    const file = join(folder, 'fold-1.json');
    const trained = await pcg(['train', '--data', data, '--split', file, '--out', run, ...QUICK]);
    expect(trained.code).toBe(0);
    const record = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as { split: object };
    expect(record.split).toMatchObject({
      made: { how: 'k-fold', fold: 1, folds: 3 },
      hash: readSplit(file).hash,
    });
  });

  test('--leave-one-site-out tests each site, also one of a name that is no file name', async () => {
    const odd = recordingsFolder((rows) =>
      rows.map((row) => row.replace(',synthetic-b', ',Ward 3/ü').replace(',synthetic-c', ',SYNTHETIC-A')),
    );
    const folder = out();
    const { code, stdout, stderr } = await split(odd, '--leave-one-site-out', '--out', folder);
    expect(code).toBe(0);
    const names = ['site-SYNTHETIC-A.json', 'site-Ward-3.json', 'site-synthetic-a-2.json'];
    expect(readdirSync(folder).sort()).toEqual(names);
    expect(names.map((name) => readSplit(join(folder, name)).made)).toEqual([
      { how: 'leave-one-site-out', site: 'SYNTHETIC-A' },
      { how: 'leave-one-site-out', site: 'Ward 3/ü' },
      { how: 'leave-one-site-out', site: 'synthetic-a' },
    ]);
    expect(stdout).toMatch(/^Leaving one site out: 36 recordings/);
    expect(stdout).not.toContain('by site');
    // Subjects of this data set are at one site only.
    expect(stderr).not.toContain('in no part');
  });

  test('subjects at two sites are left out where one of them is tested, and that is said', async () => {
    // The second recordings of three subjects.
    const moved = recordingsFolder((rows) => {
      const subjectOf = (row: string) => row.split(',')[2]!;
      const at = (i: number) => (i < 0 ? '' : subjectOf(rows[i]!));
      const isSecond = (i: number) => at(i) === at(i - 1) && at(i) !== at(i - 2);
      const second = rows.filter((_, i) => isSecond(i)).slice(0, 3);
      return rows.map((row) => (second.includes(row) ? row.replace(/[^,]*$/, 'elsewhere') : row));
    });
    const folder = out();
    const { code, stderr } = await split(moved, '--leave-one-site-out', '--out', folder);
    expect(code).toBe(0);
    const { parts } = readSplit(join(folder, 'site-elsewhere.json'));
    const left = 36 - Object.values(parts).flat().length;
    expect(left).toBeGreaterThan(2);
    expect(parts.test).toHaveLength(3);
    expect(stderr).toContain(
      `note site-elsewhere: ${left} recordings of subjects who were there and elsewhere are in no part: `,
    );
  });

  test('a site that has all of a class cannot be left out: the others are written, and it exits 3', async () => {
    const rare = recordingsFolder((rows) =>
      rows.map((row) => (row.endsWith('synthetic-c') ? row.replace(',abnormal,', ',rare,') : row)),
    );
    const folder = out();
    const { code, stderr, stdout } = await split(rare, '--leave-one-site-out', '--out', folder, '--json');
    expect(code).toBe(3);
    expect(readdirSync(folder)).toEqual(['site-synthetic-a.json', 'site-synthetic-b.json']);
    expect(stderr).toContain('warning: without site "synthetic-c": no recording of class "rare" is left');
    expect(stdout).toContain('"site": "synthetic-c"');
  });

  test('--json is one document with all counts', async () => {
    const folder = out();
    const outcome = await split(data, '--folds', '3', '--out', folder, '--json', '--quiet');
    expect([outcome.code, outcome.stderr]).toEqual([0, '']);
    const document = json(outcome) as {
      files: { path: string; hash: string; parts: Record<string, { recordings: number; sites: object }> }[];
    };
    expect(document).toMatchObject({
      data,
      layout: 'csv',
      classes: ['normal', 'abnormal'],
      how: 'k-fold',
      seed: 1,
      recordings: 36,
      impossible: [],
      problems: [],
      next: `npx pcg-engine train --data ${data} --split ${folder}/fold-1.json`,
    });
    expect(document.files.map(({ path, hash }) => readSplit(path).hash === hash)).toEqual([true, true, true]);
    const [first] = document.files;
    expect(first!.parts.test!.recordings).toBe(readSplit(first!.path).parts.test.length);
    expect(Object.keys(first!.parts.train!.sites)).toEqual(['synthetic-a', 'synthetic-b', 'synthetic-c']);
  });

  test('many folds and long names fit 80 columns', async () => {
    const long = recordingsFolder((rows) =>
      rows
        .map((row, i) => row.replace(/,person-\d+,/, `,p${i},`))
        .map((row) => row.replace(',synthetic-a', `,${'a very long name of a hospital '.repeat(3)}`)),
    );
    const { stdout } = await split(long, '--folds', '9', '--out', out());
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(stdout.match(/^by site/gm)!.length).toBeGreaterThan(1);
    for (let fold = 1; fold <= 9; fold++) expect(stdout).toMatch(new RegExp(`^fold-${fold} +test`, 'm'));
  });

  test('keeps copies on one side and says so, also where their labels contradict each other', async () => {
    const folder = recordingsFolder((rows) => [...rows, 'copy.wav,abnormal,somebody,synthetic-a']);
    const source = readdirSync(folder).find((name) => name.endsWith('.wav'))!;
    write(join(folder, 'copy.wav'), readFileSync(join(folder, source)));
    const normal = readFileSync(join(folder, 'labels.csv'), 'utf8').includes(`${source},normal`);
    const target = out();
    const { code, stderr } = await split(folder, '--folds', '4', '--out', target);
    expect(code).toBe(0);
    for (const name of readdirSync(target)) {
      const { parts } = readSplit(join(target, name));
      const id = source.replace('.wav', '');
      const sides = Object.values(parts).filter((list) => list.includes('copy') || list.includes(id));
      expect(sides).toHaveLength(1);
    }
    expect(stderr).toContain('note 2 recordings are the same file as another');
    expect(stderr.includes('the same sound as another with a different label')).toBe(normal);
  });

  test('never overwrites, and writes all or nothing', async () => {
    const folder = out();
    await split(data, '--folds', '3', '--out', folder);
    const before = readFileSync(join(folder, 'fold-2.json'), 'utf8');
    rmSync(join(folder, 'fold-1.json'));
    const again = await split(data, '--folds', '3', '--seed', '2', '--out', folder, '--json');
    expect([again.code, jsonError(again).code]).toEqual([2, 'split/exists']);
    expect(jsonError(again).message).toContain('fold-2.json');
    expect(readdirSync(folder)).toEqual(['fold-2.json', 'fold-3.json']);
    expect(readFileSync(join(folder, 'fold-2.json'), 'utf8')).toBe(before);
    // A folder may hold several.
    expect((await split(data, '--out', folder)).code).toBe(0);

    const file = join(temporaryFolder({ 'a.txt': '' }), 'a.txt');
    expect((await split(data, '--out', join(file, 'below'))).code).toBe(3);
    const parts = { train: ['a'], validation: ['b'], test: ['c'] };
    const files = nameSplitFiles([splitOf(parts, 1, { how: 'k-fold', fold: 1, folds: 1 })], folder);
    const target = out('never');
    const bad = [
      { ...files[0]!, path: join(target, 'x.json') },
      { ...files[0]!, path: join(file, 'y.json') },
    ];
    expect(errorOf(() => writeSplitFiles(bad)).code).toMatch(/^file\//);
    expect(existsSync(join(target, 'x.json'))).toBe(false);
  });

  test.each<[string, string[], number, string]>([
    ['no --out', [], 2, "required option '--out <path>' not specified"],
    [
      'two ways',
      ['--folds', '3', '--leave-one-site-out', '--out', 'x'],
      2,
      '--folds and --leave-one-site-out exclude each other',
    ],
    [
      'two shares',
      ['--fractions', '0.5,0.5', '--out', 'x'],
      2,
      '--fractions is "0.5,0.5". Give three shares',
    ],
    ['words', ['--fractions', 'a,b,c', '--out', 'x'], 2, 'Give three shares'],
    ['shares above 1', ['--fractions', '64,16,20', '--out', 'x'], 2, 'together they must make 1'],
    [
      'one fold',
      ['--folds', '1', '--out', 'x'],
      2,
      'the number of folds is 1. Give a whole number from 2 on',
    ],
    ['half a fold', ['--folds', '2.5', '--out', 'x'], 2, 'Give a whole number'],
    [
      'too many folds',
      ['--folds', '30', '--out', 'x'],
      3,
      'A split into 30 folds needs at least 30 subjects',
    ],
    ['a wrong seed', ['--seed', '-1', '--out', 'x'], 2, 'the seed is -1'],
    ['folds in a file', ['--folds', '3', '--out', 'x.json'], 2, 'x.json is the name of one. Name a folder'],
  ])('%s: said, and nothing is written', async (_, argv, code, words) => {
    const place = temporaryFolder();
    const given = argv.map((word) => (/^x(\.json)?$/.test(word) ? join(place, word) : word));
    const outcome = await split(data, ...given);
    expect([outcome.code, outcome.stdout]).toEqual([code, '']);
    expect(outcome.stderr).toContain(words);
    expect(readdirSync(place)).toEqual([]);
  });

  test('one site cannot be left out', async () => {
    const single = recordingsFolder((rows) => rows.map((row) => row.replace(/,synthetic-[abc]$/, ',here')));
    const outcome = await split(single, '--leave-one-site-out', '--out', out(), '--json');
    expect([outcome.code, jsonError(outcome).code]).toEqual([3, 'split/too-few-sites']);
  });

  test('Ctrl-C writes nothing and exits 130', async () => {
    const folder = out();
    const outcome = await pcg(['data', 'split', data, '--out', folder], {
      columns: 80,
      onTalk: (text, interrupt) => text.includes('looking for copies') && interrupt(),
    });
    expect(outcome.code).toBe(130);
    expect(outcome.stderr).toContain('Interrupted: nothing was written.');
    expect(existsSync(folder)).toBe(false);
  });
});
