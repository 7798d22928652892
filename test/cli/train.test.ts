import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, type Outcome, pcg, QUICK, recordingsFolder, write } from './support.ts';

let data: string;
beforeAll(() => {
  data = recordingsFolder();
});

const newRun = () => join(temporaryFolder(), 'run');

const train = (folder: string, out: string, ...more: string[]) =>
  pcg(['train', '--data', folder, '--out', out, ...QUICK, ...more]);

describe('train on a folder', () => {
  let out: string;
  let outcome: Outcome;
  beforeAll(async () => {
    out = newRun();
    outcome = await train(data, out);
  });

  test('succeeds, results on stdout and talk on stderr', () => {
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toMatch(/Test on \d+ recordings of subjects that training has not heard/);
    for (const words of ['all sites pooled', 'within synthetic-a', 'mean of sites', 'rule: majority'])
      expect(outcome.stdout).toContain(words);
    expect(outcome.stdout).toContain('rule: site-only');
    expect(outcome.stdout).toMatch(/confusion +decided normal +decided abnormal/);
    expect(outcome.stdout).toMatch(/"abnormal" from a probability of 0\.\d+ on/);
    expect(outcome.stderr).toMatch(/36 recordings \(\d+ normal, \d+ abnormal; positive: abnormal\), 3 sites/);
    expect(outcome.stderr).not.toContain('SYNTHETIC');
  });

  test('says epochs in plain lines when piped, without control characters', () => {
    expect(outcome.stderr).toMatch(/^ +1\/2( +\d\.\d+){2}/m);
    expect(outcome.stderr).toMatch(/^ +2\/2( +\d\.\d+){2}/m);
    expect(outcome.stderr).toMatch(/100 % \(\d+ of \d+ recordings\)/);
    const controls = [...(outcome.stdout + outcome.stderr)].filter((c) => c < ' ' && c !== '\n');
    expect(controls).toEqual([]);
  });

  test('leaves a run folder with charts, and names its files and one next command', () => {
    const files = readdirSync(out);
    expect(files).toEqual(expect.arrayContaining(['confusion.svg', 'curves.svg', 'weights.safetensors']));
    expect(readFileSync(join(out, 'confusion.svg'), 'utf8')).toMatch(/^<svg/);
    for (const file of files) expect(outcome.stderr).toContain(file);
    expect(outcome.stderr).toMatch(/\nNext: npx pcg-engine predict \S+run \S+\.wav\n$/);
  });

  test('its next command works', async () => {
    const next = /Next: npx pcg-engine (.*)\n/.exec(outcome.stderr)![1]!.split(' ');
    expect(await pcg(next)).toMatchObject({ code: 0, stdout: expect.stringMatching(/\t0\.\d{4}\t/) });
  });

  test('a run folder is never overwritten', async () => {
    const before = readFileSync(join(out, 'run.json'));
    const again = await train(data, out);
    expect([again.code, again.stdout]).toEqual([2, '']);
    expect(again.stderr).toMatch(/already and not empty.*for example .*run-2/);
    expect(readFileSync(join(out, 'run.json'))).toEqual(before);
  });

  test('with its split and settings from its run.json has the same bits again', async () => {
    const other = newRun();
    const config = join(out, 'run.json');
    const split = join(out, 'split.json');
    const again = await pcg(['train', '--data', data, '--out', other, '--config', config, '--split', split]);
    expect(again.code).toBe(0);
    const weights = (folder: string) => readFileSync(join(folder, 'weights.safetensors')).toString('base64');
    expect(weights(other)).toBe(weights(out));
  });
});

test('options reach the run', async () => {
  const out = newRun();
  const options =
    '--model seed --learning-rate 0.001 --weight-decay 0.1 --seed 5 --balance none --metric loss --crops-per-recording 0.5 --bands 32 --n-fft 128 --hop 64 --f-min 25 --f-max 800';
  const outcome = await train(data, out, '--json', ...options.split(' '));
  expect(outcome.code).toBe(0);
  const { config } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as { config: object };
  expect(config).toMatchObject({
    model: 'seed',
    epochs: 2,
    batchSize: 8,
    learningRate: 0.001,
    weightDecay: 0.1,
    seed: 5,
    balance: 'none',
    metric: 'loss',
    cropsPerRecording: 0.5,
    windowSeconds: 2,
    patience: 0,
    features: { logMel: { bands: 32, nFft: 128, winLength: 128, hopLength: 64, fMin: 25, fMax: 800 } },
  });
});

test('the reference device trains too', async () => {
  const out = newRun();
  const small = '--epochs 1 --bands 8 --hop 100 --window-seconds 1 --crops-per-recording 0.5'.split(' ');
  const outcome = await train(data, out, '--device', 'reference', ...small, '--json');
  expect(outcome.code).toBe(0);
  expect(json(outcome)).toMatchObject({ status: 'finished', environment: { device: 'reference' } });
}, 120_000);

describe('train without data', () => {
  test('says loudly, twice, that its recordings are synthetic', async () => {
    const out = newRun();
    const outcome = await pcg(['train', '--out', out, ...QUICK, '--epochs', '1']);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr.match(/║ {2}SYNTHETIC RECORDINGS, NOT CLINICAL/g)).toHaveLength(2);
    expect(outcome.stderr).toMatch(/Next: npx pcg-engine evaluate \S+run\n$/);

    const evaluated = await pcg(['evaluate', out]);
    expect(evaluated.code).toBe(0);
    expect(evaluated.stderr).toContain('SYNTHETIC');
    const figures = (text: string) => /all sites pooled.*/.exec(text)![0];
    expect(figures(evaluated.stdout)).toBe(figures(outcome.stdout));
  });

  test('still says so with --quiet and in JSON', async () => {
    const outcome = await pcg(['train', '--out', newRun(), ...QUICK, '--epochs', '1', '--quiet', '--json']);
    expect(outcome.stderr.match(/SYNTHETIC/g)).toHaveLength(2);
    expect(outcome.stderr.split('\n')).toHaveLength(3);
    expect(json(outcome)).toMatchObject({ status: 'finished', synthetic: true });
  });
});

test('--json is one document with the figures', async () => {
  const out = newRun();
  const outcome = await train(data, out, '--json');
  const document = json(outcome);
  expect(document).toMatchObject({
    status: 'finished',
    run: out,
    synthetic: false,
    classes: ['normal', 'abnormal'],
    threshold: expect.any(Number),
    test: { pooled: { count: expect.any(Number) }, baselines: { majority: {}, 'site-only': {} } },
    skipped: [],
  });
  const { test: saved } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as { test: object };
  expect(document.test).toEqual(saved);
});

describe('on a terminal', () => {
  test('one line is redrawn and fits', async () => {
    const drawn: string[] = [];
    const outcome = await pcg(['train', '--data', data, '--out', newRun(), ...QUICK], {
      columns: 80,
      onTalk: (text) => text.startsWith('\r') && drawn.push(text),
    });
    expect(outcome.code).toBe(0);
    expect(drawn.some((text) => text.includes('loss'))).toBe(true);
    const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[mK]|\r`, 'g');
    for (const text of drawn) expect(text.replace(escapes, '').length).toBeLessThan(80);
    // What lasts has no trace of it: every redrawn line is taken away before.
    for (const line of outcome.stderr.split('\n')) expect(line).toMatch(/^[^\r]*(\r[^\r]*)*$/);
    expect(outcome.stderr.at(-1)).toBe('\n');
  });
});

describe('Ctrl-C', () => {
  test('writes a checkpoint, says how to go on and exits 130; going on gives the same bits', async () => {
    const [whole, out] = [newRun(), newRun()];
    await train(data, whole);
    const stopped = await pcg(['train', '--data', data, '--out', out, ...QUICK], {
      onTalk: (text, interrupt) => text.includes(' 1/2 ') && interrupt(),
    });
    expect([stopped.code, stopped.stdout]).toEqual([130, '']);
    expect(stopped.stderr).toContain('Stopping after this step');
    expect(stopped.stderr).toContain(`npx pcg-engine train --resume ${out}`);
    expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(true);

    for (const command of ['evaluate', 'predict']) {
      const early = await pcg([command, out, ...(command === 'predict' ? [data] : [])]);
      expect([early.code, early.stderr]).toEqual([2, expect.stringContaining(`train --resume ${out}`)]);
    }

    expect((await pcg(['train', '--resume', out, '--epochs', '3'])).stderr).toContain(
      '--epochs cannot be given',
    );
    expect((await pcg(['train', '--resume', out, '--device', 'reference'])).code).toBe(2);
    const resumed = await pcg(['train', '--resume', out, '--threads', '2']);
    expect(resumed.code).toBe(0);
    const weights = (folder: string) => readFileSync(join(folder, 'weights.safetensors')).toString('base64');
    expect(weights(out)).toBe(weights(whole));
    expect((await pcg(['train', '--resume', out])).stderr).toContain('its run is finished');
  });

  test('before training leaves nothing and exits 130', async () => {
    const out = newRun();
    const stopped = await pcg(['train', '--data', data, '--out', out, ...QUICK, '--json'], {
      onTalk: (text, interrupt) => text.includes('Loading') && interrupt(),
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain('nothing was trained');
    expect(json(stopped)).toEqual({ status: 'interrupted', run: null });
    expect(existsSync(out)).toBe(false);
  });

  test('a run goes on where its recordings are now', async () => {
    const [moved, out] = [join(temporaryFolder(), 'here'), newRun()];
    cpSync(data, moved, { recursive: true });
    await pcg(['train', '--data', moved, '--out', out, ...QUICK], {
      onTalk: (text, interrupt) => text.includes(' 1/2 ') && interrupt(),
    });
    rmSync(moved, { recursive: true });
    expect((await pcg(['train', '--resume', out])).stderr).toContain('no such folder');
    expect((await pcg(['train', '--resume', out, '--data', data])).code).toBe(0);
  });
});

describe('wrong recordings', () => {
  test.each<[string, () => string, string, string]>([
    ['no such folder', () => '/nowhere/at-all', 'dataset/no-such-folder', '/nowhere/at-all'],
    ['an empty folder', () => temporaryFolder(), 'dataset/no-recordings', 'no .wav file'],
    [
      'a file',
      () => join(temporaryFolder({ 'a.txt': 'x' }), 'a.txt'),
      'dataset/not-a-folder',
      'not a folder',
    ],
    ['sounds without labels', soundsOnly, 'dataset/no-labels', '36 sound files but no labels'],
    ['labels without sounds', labelsOnly, 'dataset/no-recordings', 'synth-0001'],
    ['one class', oneClass, 'dataset/one-class', '"normal"'],
  ])('%s: exit 3 and no run folder', async (_, folder, code, words) => {
    const out = newRun();
    const outcome = await pcg(['train', '--data', folder(), '--out', out, ...QUICK, '--json']);
    expect(outcome.code).toBe(3);
    expect(jsonError(outcome).code).toBe(code);
    expect(jsonError(outcome).message).toContain(words);
    expect(existsSync(out)).toBe(false);
  });

  test('bad files are skipped and said, the others go on, and it exits 3', async () => {
    const folder = recordingsFolder((rows) => [...rows, 'gone.wav,normal,nobody,synthetic-a']);
    const wav = (n: number) => join(folder, `synth-000${n}.wav`);
    writeFileSync(wav(1), readFileSync(wav(1)).subarray(0, 30));
    writeFileSync(wav(5), 'This is no sound.');
    writeFileSync(wav(9), readFileSync(wav(9)).subarray(0, 44));
    appendFileSync(join(folder, 'notes.txt'), 'neither this');
    const outcome = await train(folder, newRun(), '--json');
    expect(outcome.code).toBe(3);
    const { status, skipped } = json(outcome) as { status: string; skipped: { record: string }[] };
    expect(status).toBe('finished');
    expect(skipped.map(({ record }) => record).sort()).toEqual(['synth-0001', 'synth-0005', 'synth-0009']);
    expect(outcome.stderr).toContain('3 recordings could not be used, so this exits with 3');
    expect(outcome.stderr).toMatch(/skipped.*synth-0005/);
    expect(outcome.stderr).toContain('gone');
  });

  test('a split that does not fit says so', async () => {
    const split = join(
      temporaryFolder({ 's.json': '{"format": "pcg-engine/split/1", "parts": {}}' }),
      's.json',
    );
    const outcome = await train(data, newRun(), '--split', split);
    expect([outcome.code, outcome.stderr]).toEqual([3, expect.stringContaining('parts.train')]);
  });
});

test('a run folder that cannot be made is said before anything is read', async () => {
  const file = join(temporaryFolder({ 'a.txt': 'x' }), 'a.txt');
  const outcome = await train(data, join(file, 'run'));
  expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining('cannot make the run folder')]);
});

test('a diverged loss stops and says so', async () => {
  const out = newRun();
  const config = join(temporaryFolder({ 'c.json': '{"clipNorm": 0}' }), 'c.json');
  const outcome = await train(data, out, '--config', config, '--learning-rate', '1e30');
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toMatch(/diverged at epoch 1, step \d.*Use a smaller --learning-rate/);
  const later = await pcg(['predict', out, join(data, 'synth-0001.wav')]);
  expect([later.code, later.stderr]).toEqual([
    2,
    expect.stringContaining('its training diverged. Start a new run'),
  ]);
});

function soundsOnly(): string {
  const folder = recordingsFolder();
  rmSync(join(folder, 'labels.csv'));
  return folder;
}

function labelsOnly(): string {
  const folder = temporaryFolder();
  write(join(folder, 'labels.csv'), 'path,label\nsynth-0001.wav,normal\nsynth-0002.wav,abnormal\n');
  return folder;
}

function oneClass(): string {
  return recordingsFolder((rows) => rows.map((row) => row.replace(',abnormal,', ',normal,')));
}
