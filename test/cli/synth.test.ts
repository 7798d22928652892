import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { builtInRecordings } from '../../src/cli/synthetic.ts';
import { SYNTH_RATE, synthDataset } from '../../src/train/synth/index.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, pcg, QUICK } from './support.ts';

const SMALL = ['--recordings', '6', '--seconds', '1'];

describe('data synth', () => {
  it('writes recordings, says how many of what, and what to do next', async () => {
    const root = join(temporaryFolder(), 'synth');
    const outcome = await pcg(['data', 'synth', root, ...SMALL]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/^6 recordings of 1\.0 s, \d subjects, 0\.0 MB in /);
    expect(outcome.stdout).toMatch(/site +normal +abnormal\n/);
    expect(outcome.stderr).toContain('not clinical');
    expect(outcome.stderr).toContain(`Next: npx pcg-engine train --data ${root}`);
    expect(readdirSync(join(root, 'recordings'))).toHaveLength(6);
  });

  it('writes one JSON document', async () => {
    const root = join(temporaryFolder(), 'a b');
    const outcome = await pcg(['data', 'synth', root, ...SMALL, '--classes', '3', '--json', '--quiet']);
    expect(outcome.stderr).toBe('');
    expect(json(outcome)).toMatchObject({
      status: 'finished',
      path: root,
      clinical: false,
      recordings: 6,
      classes: ['absent', 'diastolic', 'systolic'],
      next: `npx pcg-engine train --data '${root}'`,
    });
  });

  it('passes every option on', async () => {
    const root = join(temporaryFolder(), 'synth');
    const options =
      '--seed 5 --rate 4000 --sites 2 --heart-rate 100 --snr 30 --stethoscope bell --timing late';
    const more = '--shape plateau --grade 5';
    await pcg(['data', 'synth', root, ...SMALL, ...options.split(' '), ...more.split(' ')]);
    expect(JSON.parse(readFileSync(join(root, 'synth.json'), 'utf8'))).toMatchObject({
      seed: 5,
      sampleRate: 4000,
      sites: 2,
      heartRate: 100,
      snrDb: 30,
      stethoscope: 'bell',
      timing: 'late',
      shape: 'plateau',
      grade: 5,
    });
  });

  it('has the recordings that train uses without --data as its defaults', async () => {
    const built = builtInRecordings();
    expect(built.recordings).toHaveLength(240);
    const same = synthDataset({
      recordings: 3,
      seconds: 8,
      seed: 1,
      sampleRate: SYNTH_RATE,
      classes: 2,
      sites: 3,
    });
    expect(built.recordings.slice(0, 3)).toEqual(same.recordings);
    const help = await pcg(['data', 'synth', '--help']);
    for (const words of ['240', '8', '2000', 'NOT CLINICAL']) expect(help.stdout).toContain(words);
  });

  it.each([
    [['--grade', '9'], 'synth/options', 'grade is 9'],
    [['--classes', '4'], 'synth/options', 'classes is 4'],
    [['--rate', '100'], 'synth/options', 'rate is 100'],
    [['--shape', 'square'], 'usage/invalid-argument', 'square'],
  ])('refuses %j', async (bad, code, words) => {
    const root = join(temporaryFolder(), 'synth');
    const outcome = await pcg(['data', 'synth', root, ...bad, '--json']);
    expect(outcome.code).toBe(2);
    expect(jsonError(outcome)).toMatchObject({ code });
    expect(jsonError(outcome).message).toContain(words);
    expect(existsSync(root)).toBe(false);
  });

  it('refuses a folder that is not empty', async () => {
    const outcome = await pcg(['data', 'synth', temporaryFolder({ x: '' }), '--json']);
    expect(outcome.code).toBe(2);
    expect(jsonError(outcome).code).toBe('synth/exists');
  });

  it('shows progress on a terminal, and keeps nothing after Ctrl-C', async () => {
    const root = join(temporaryFolder(), 'synth');
    const outcome = await pcg(['data', 'synth', root, '--recordings', '40', '--seconds', '1'], {
      columns: 80,
      onTalk(text, interrupt) {
        if (text.includes('Synthesising')) interrupt();
      },
    });
    expect(outcome.code).toBe(130);
    expect(outcome.stderr).toContain('nothing was kept');
    expect(existsSync(root)).toBe(false);
  });

  it('is trained on as any data set is', async () => {
    const root = join(temporaryFolder(), 'synth');
    await pcg(['data', 'synth', root, '--recordings', '36', '--seconds', '3']);
    const run = join(temporaryFolder(), 'run');
    const outcome = await pcg(['train', '--data', root, '--out', run, ...QUICK, '--json']);
    expect(outcome.code).toBe(0);
    expect(json(outcome)).toMatchObject({
      status: 'finished',
      classes: ['normal', 'abnormal'],
      problems: [{ code: 'synthetic', count: 36 }],
    });
  });
});
