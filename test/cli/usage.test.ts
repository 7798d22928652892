import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { modelNames } from '../../src/layers/index.ts';
import { BALANCES, defaultConfig, VALIDATION_METRICS } from '../../src/train/index.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, pcg } from './support.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

describe('help', () => {
  test.each([
    [['--help']],
    [['train', '--help']],
    [['evaluate', '--help']],
    [['predict', '--help']],
    [['doctor', '--help']],
    [['help', 'train']],
    [[]],
  ])('%j is on stdout, with examples', async (argv) => {
    const { code, stdout, stderr } = await pcg(argv);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: pcg-engine/);
    expect(stdout).toContain('Examples:\n  $ pcg-engine ');
    expect(stderr).toBe('');
  });

  test('of train names the defaults and choices that are in use', async () => {
    const words = (await pcg(['train', '--help'])).stdout.replace(/\s+/g, ' ');
    const { logMel } = defaultConfig.features;
    const defaults: Record<string, unknown> = {
      '--model': defaultConfig.model,
      '--epochs': defaultConfig.epochs,
      '--batch-size': defaultConfig.batchSize,
      '--learning-rate': defaultConfig.learningRate,
      '--weight-decay': defaultConfig.weightDecay,
      '--patience': defaultConfig.patience,
      '--metric': defaultConfig.metric,
      '--balance': defaultConfig.balance,
      '--crops-per-recording': defaultConfig.cropsPerRecording,
      '--seed': defaultConfig.seed,
      '--window-seconds': defaultConfig.windowSeconds,
      '--bands': logMel.bands,
      '--n-fft': logMel.nFft,
      '--hop': logMel.hopLength,
      '--f-min': logMel.fMin,
      '--f-max': logMel.fMax,
    };
    for (const [flag, value] of Object.entries(defaults)) {
      const shown = new RegExp(`${flag} <[^>]+> [^<]*?\\(default: ([^)]+)\\)`).exec(words);
      expect([flag, shown?.[1]]).toEqual([flag, String(value)]);
    }
    expect(words).toContain(`choices: ${VALIDATION_METRICS.map((name) => `"${name}"`).join(', ')}`);
    expect(words).toContain(`choices: ${BALANCES.map((name) => `"${name}"`).join(', ')}`);
    expect(modelNames).toEqual(expect.arrayContaining(['pcg-lite', 'seed']));
  });

  test('fits the terminal', async () => {
    const { stdout } = await pcg(['train', '--help'], { columns: 80 });
    const options = stdout.slice(0, stdout.indexOf('Examples:'));
    expect(Math.max(...options.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('--version', async () => {
    expect(await pcg(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
  });
});

describe('usage errors', () => {
  test.each([
    [['trian'], "unknown command 'trian'. Did you mean train?"],
    [['train', '--epoch', '3'], "unknown option '--epoch'. Did you mean --epochs?"],
    [['predict', '--jsn', 'a', 'b'], "unknown option '--jsn'. Did you mean --json?"],
    [['train', '--zzzzzz'], "unknown option '--zzzzzz'"],
    [['train', 'recordings/'], 'Recordings are given with --data'],
    [['train', '--epochs'], 'argument missing'],
    [['train', '--epochs', 'many'], "'many' is invalid. It must be a number"],
    [['train', '--epochs', 'NaN'], "'NaN' is invalid. It must be a number"],
    [['train', '--epochs', '0x10'], "'0x10' is invalid. It must be a number"],
    [['train', '--epochs', ''], 'It must be a number'],
    [['train', '--epochs', '-3'], '--epochs is -3. Give a whole number from 1 to 1000000'],
    [['train', '--epochs', '1.5'], '--epochs is 1.5. Give a whole number from 1 to 1000000'],
    [['train', '--batch-size', '0'], '--batch-size is 0. Give a whole number from 2 to 4096'],
    [['train', '--learning-rate', '-0.1'], '--learning-rate is -0.1. Give a number at least 0'],
    [['train', '--learning-rate', '1e999'], '--learning-rate is Infinity'],
    [['train', '--seed', '-1'], '--seed is -1'],
    [['train', '--window-seconds', '0'], '--window-seconds is 0'],
    [['train', '--hop', '0'], '--hop is 0'],
    [['train', '--f-min', '-5'], '--f-min is -5'],
    [['train', '--threads', '0'], '--threads is 0. Give a whole number from 1 to 64'],
    [['train', '--layout', 'odd'], 'Allowed choices are auto, cinc2016, circor2022, folders, csv'],
    [['train', '--metric', 'f2'], 'Allowed choices are auc, site-auc, macc, loss'],
    [['train', '--model', 'resnet'], "model is 'resnet'. Known: pcg-lite, seed"],
    [['train', '--bands', '300'], 'Use fewer bands'],
    [['train', '--f-max', '5000'], '1000 Hz'],
    [['predict'], "missing required argument 'model'"],
    [['predict', 'runs/none'], "missing required argument 'files'"],
    [['evaluate'], "missing required argument 'run'"],
    [['evaluate', '/nowhere/run'], 'there is no run folder or model file /nowhere/run'],
    [['predict', '/nowhere/run', 'a.wav'], 'there is no run folder or model file /nowhere/run'],
    [['train', '--resume', '/nowhere/run'], 'no run folder /nowhere/run'],
  ])('%j exits 2', async (argv, message) => {
    const { code, stdout, stderr } = await pcg(argv);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/^error: .*\.\S*.*\n$/);
    expect(stderr).not.toContain('    at ');
    expect([code, stdout]).toEqual([2, '']);
  });

  test.each([
    ['{"epoch": 3}', 'unknown setting epoch. Did you mean epochs?'],
    ['{"augment": {"mixu": 1}}', 'unknown setting augment.mixu. Did you mean augment.mixup?'],
    ['{"features": {"logMel": {"nfft": 1}}}', 'Did you mean features.logMel.nFft?'],
    ['{"augment": 3}', 'augment is 3, not an object'],
    ['{"epochs": "3"}', 'epochs is "3"'],
    ['[]', 'is not an object with settings'],
  ])('settings %s exit 2', async (text, message) => {
    const file = `${temporaryFolder({ 'c.json': text })}/c.json`;
    const { code, stderr } = await pcg(['train', '--config', file]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  test('settings that are no JSON exit 3', async () => {
    const file = `${temporaryFolder({ 'c.json': '{' })}/c.json`;
    const { code, stderr } = await pcg(['train', '--config', file]);
    expect([code, stderr]).toEqual([3, expect.stringContaining('not JSON')]);
  });

  test.each([
    [['train', '--device', 'cpu', '--storage', 'f16'], '--storage f16 is for webgpu, and --device is cpu'],
    [['train', '--storage', 'f8'], 'Allowed choices are f32, f16'],
    [['predict', 'm', 'a.wav', '--device', 'gpu'], 'Allowed choices are auto, cpu, webgpu, reference'],
  ])('%j exits 2', async (argv, message) => {
    const { code, stderr } = await pcg(argv);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  test.each([
    [['data', '--nonsense'], 'pcg-engine data --help'],
    [['data', 'split', '--nonsense'], 'pcg-engine data split --help'],
    [['data', 'synth', 'x', '--recordings', 'many'], 'pcg-engine data synth --help'],
    [['train', '--epoch', '3'], 'pcg-engine train --help'],
    [['trian'], 'pcg-engine --help'],
  ])('%j points to its own help', async (argv, help) => {
    expect((await pcg(argv)).stderr).toMatch(new RegExp(` See: ${help}\n$`));
  });
});

describe('errors with --json', () => {
  test.each([
    [['train', '--epoch', '3', '--json'], 'usage/unknown-option', 2],
    [['train', '--json', '--epochs', '-3'], 'config/value', 2],
    [['evaluate', '/nowhere/run', '--json'], 'model/missing', 2],
    [['train', '--data', '/nowhere', '--json'], 'dataset/no-such-folder', 3],
    [['predict', '--csv', '--json', 'm', 'a.wav'], 'usage/conflicting-option', 2],
  ])('%j is one document on stdout', async (argv, code, exitCode) => {
    const outcome = await pcg(argv);
    expect(outcome.code).toBe(exitCode);
    expect(Object.keys(json(outcome))).toEqual(['error']);
    expect(jsonError(outcome).code).toBe(code);
    expect(outcome.stderr).toBe(`error: ${jsonError(outcome).message}\n`);
  });

  test('a stack is shown with --debug only', async () => {
    const plain = await pcg(['evaluate', '/nowhere/run']);
    const debug = await pcg(['evaluate', '/nowhere/run', '--debug']);
    expect(plain.stderr).not.toContain('    at ');
    expect(debug.stderr).toContain('    at ');
    expect(debug.code).toBe(plain.code);
  });

  test('colours are for terminals, or where they are forced', async () => {
    const argv = ['evaluate', '/nowhere/run'];
    const red = '\x1b[31merror:\x1b[39m';
    expect((await pcg(argv)).stderr).not.toContain('\x1b');
    expect((await pcg(argv, { columns: 80 })).stderr).toContain(red);
    expect((await pcg(argv, { columns: 80, env: { NO_COLOR: '1' } })).stderr).not.toContain('\x1b');
    expect((await pcg(argv, { columns: 80, env: { TERM: 'dumb' } })).stderr).not.toContain('\x1b');
    expect((await pcg(argv, { env: { FORCE_COLOR: '1' } })).stderr).toContain(red);
    expect((await pcg(argv, { columns: 80, env: { FORCE_COLOR: '0' } })).stderr).not.toContain('\x1b');
  });
});

describe('an error nobody thought of', () => {
  test('is one sentence that says so, and exits 1', async () => {
    const { reportFailure } = await import('../../src/cli/failure.ts');
    let [stdout, stderr] = ['', ''];
    const io = {
      stdout: { write: (text: string) => (stdout += text) },
      stderr: { write: (text: string) => (stderr += text) },
      env: {},
      watchInterruption: () => ({ signal: new AbortController().signal, release: () => {} }),
    };
    const code = reportFailure(new TypeError('x is not a function'), io, {
      json: true,
      debug: false,
      help: '',
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error: unexpected: TypeError: x is not a function\. .*--debug.*\n$/);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'unexpected' } });
  });
});
