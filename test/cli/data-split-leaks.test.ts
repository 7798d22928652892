import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readSplit } from '../../src/train/split.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { recordingsFolder } from './split-folder.ts';
import { json, jsonError, pcg, QUICK, write } from './support.ts';

let data: string;
beforeAll(() => {
  data = recordingsFolder();
});

const out = (name = 'out') => join(temporaryFolder(), name);
const split = (...argv: string[]) => pcg(['data', 'split', ...argv]);
const rowsOf = () => readFileSync(join(data, 'labels.csv'), 'utf8').trim().split('\n').slice(1);

describe('a split that leaks', () => {
  let clean: ReturnType<typeof readSplit>['parts'];
  let leaky: string;
  let subject: string;
  beforeAll(async () => {
    const folder = out();
    await split(data, '--out', folder);
    const { parts } = readSplit(join(folder, 'split.json'));
    clean = parts;
    const subjectOf = new Map(rowsOf().map((row) => [row.slice(0, row.indexOf('.wav')), row.split(',')[2]!]));
    // A subject with several recordings, one of which goes to the test part.
    const id = parts.train.find((each) =>
      parts.train.some((other) => other !== each && subjectOf.get(other) === subjectOf.get(each)),
    )!;
    subject = subjectOf.get(id)!;
    leaky = join(folder, 'leaky.json');
    const moved = { ...parts, train: parts.train.filter((each) => each !== id), test: [...parts.test, id] };
    writeFileSync(leaky, JSON.stringify({ format: 'pcg-engine/split/1', parts: moved }));
  });

  const train = (...argv: string[]) => pcg(['train', '--data', data, ...QUICK, '--epochs', '1', ...argv]);

  test('is refused with exit 3, before features are made and without a folder', async () => {
    const run = out('run');
    const outcome = await train('--split', leaky, '--out', run, '--json');
    expect([outcome.code, jsonError(outcome).code]).toEqual([3, 'split/leak']);
    expect(jsonError(outcome).message).toContain(`1 subject on two sides: ${subject} (train + test)`);
    expect(jsonError(outcome).message).toContain('or give --allow-leaks');
    expect(outcome.stderr).not.toContain('Loading');
    expect(existsSync(run)).toBe(false);
  });

  test('by a copied file is refused too', async () => {
    const folder = recordingsFolder((rows) => [...rows, 'copy.wav,normal,somebody,synthetic-a']);
    write(join(folder, 'copy.wav'), readFileSync(join(folder, `${clean.train[0]}.wav`)));
    const file = out('s.json');
    writeFileSync(
      file,
      JSON.stringify({ format: 'pcg-engine/split/1', parts: { ...clean, test: [...clean.test, 'copy'] } }),
    );
    const outcome = await pcg([
      'train',
      '--data',
      folder,
      '--split',
      file,
      '--out',
      out('run'),
      ...QUICK,
      '--json',
    ]);
    expect([outcome.code, jsonError(outcome).code]).toEqual([3, 'split/leak']);
    expect(jsonError(outcome).message).toContain(
      `1 file on two sides under different names: copy = ${clean.train[0]} (train + test)`,
    );
  });

  test('trains with --allow-leaks, and every figure says what it is worth', async () => {
    const run = out('run');
    const outcome = await train('--split', leaky, '--out', run, '--allow-leaks');
    expect(outcome.code).toBe(0);
    const warning = `warning: TOO GOOD TO BE TRUE: the split leaks, and --allow-leaks was given: 1 subject on two sides: ${subject} (train + test).`;
    // Before training and after it, and beside the figures themselves.
    expect(outcome.stderr.split(warning)).toHaveLength(3);
    expect(outcome.stderr.indexOf(warning)).toBeLessThan(outcome.stderr.indexOf('Training'));
    expect(outcome.stdout).toContain('TOO GOOD TO BE TRUE');
    expect(outcome.stdout).toMatch(/Test on \d+ recordings, NOT all unheard in training/);
    expect(outcome.stdout).not.toContain('subjects that training has not heard');

    const saved = (name: string) =>
      JSON.parse(readFileSync(join(run, name), 'utf8')) as Record<string, unknown>;
    expect(saved('run.json').split).toMatchObject({
      leaks: [{ kind: 'subject', subject, parts: ['train', 'test'] }],
    });
    expect(saved('metrics.json')).toMatchObject({
      warning: expect.stringContaining('the split leaks'),
      leaks: [{ subject }],
    });

    const evaluated = await pcg(['evaluate', run]);
    expect(evaluated.stderr).toContain(warning);
    expect(evaluated.stdout).toContain('NOT all unheard in training');
    const quiet = await pcg(['evaluate', run, '--quiet', '--json']);
    expect(quiet.stderr).toContain(warning);
    expect(json(quiet).warnings).toEqual([expect.stringContaining('TOO GOOD TO BE TRUE')]);
  });

  test('says so with --quiet and in --json', async () => {
    const outcome = await train('--split', leaky, '--out', out('run'), '--allow-leaks', '--quiet', '--json');
    expect(json(outcome)).toMatchObject({ status: 'finished', warning: expect.stringContaining('TOO GOOD') });
    expect(outcome.stderr.match(/TOO GOOD TO BE TRUE/g)).toHaveLength(2);
  });

  test('goes on after Ctrl-C without the option, and still says so', async () => {
    const run = out('run');
    const stopped = await pcg(
      ['train', '--data', data, ...QUICK, '--split', leaky, '--allow-leaks', '--out', run],
      { onTalk: (text, interrupt) => text.includes(' 1/2 ') && interrupt() },
    );
    expect(stopped.code).toBe(130);
    const fixed = await pcg(['train', '--resume', run, '--allow-leaks']);
    expect([fixed.code, fixed.stderr]).toEqual([2, expect.stringContaining('--allow-leaks cannot be given')]);
    const resumed = await pcg(['train', '--resume', run]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toContain('TOO GOOD TO BE TRUE');
  });

  test('a split that does not leak has no warning, with the option or without', async () => {
    const run = out('run');
    const folder = out();
    await split(data, '--out', folder);
    const outcome = await train('--split', join(folder, 'split.json'), '--allow-leaks', '--out', run);
    expect(outcome.stdout + outcome.stderr).not.toContain('TOO GOOD');
    expect(readFileSync(join(run, 'metrics.json'), 'utf8')).not.toContain('leak');
    expect(outcome.stdout).toContain('subjects that training has not heard');
  });
});
