import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from '../train/temporary.ts';
import { QUICK } from './support.ts';

/** The built command: what only a process of its own can show. */
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the command; `onTalk` sees all of stderr so far, whenever more comes. */
function start(argv: readonly string[], onTalk: (stderr: string, child: ChildProcess) => void = () => {}) {
  const child = spawn(process.execPath, [main, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onTalk(stderr, child);
  });
  return new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Epochs without end: whoever starts this stops it. */
const ENDLESS = [...QUICK.slice(2), '--epochs', '10000'];

/** Calls `act` when the first epoch has been said. */
function afterAnEpoch(act: (child: ChildProcess) => void) {
  let done = false;
  return (stderr: string, child: ChildProcess) => {
    if (done || !stderr.includes('1/10000  ')) return;
    done = true;
    act(child);
  };
}

beforeAll(() => {
  if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build');
});

test('the command is executable and has its first line', () => {
  expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  expect(statSync(main).mode & 0o111).toBe(0o111);
});

test.each([
  [['--version'], 0],
  [['train', '--epoch', '1'], 2],
  [['train', '--data', '/nowhere/at-all'], 3],
])('%j ends with %i', async (argv, code) => {
  const ended = await start(argv);
  expect([ended.code, ended.signal]).toEqual([code, null]);
});

describe('signals', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s writes a checkpoint and ends with 130', async (name) => {
    const out = join(temporaryFolder(), 'run');
    // Twice, as npx passes on to its child what the terminal has sent already.
    const signal = afterAnEpoch((child) => {
      child.kill(name);
      setTimeout(() => child.kill(name), 5);
    });
    const ended = await start(['train', '--out', out, ...ENDLESS], signal);
    expect([ended.code, ended.signal, ended.stdout]).toEqual([130, null, '']);
    expect(ended.stderr.match(/Stopping after this step/g)).toHaveLength(1);
    expect(ended.stderr).toContain(`train --resume ${out}`);
    expect(existsSync(join(out, 'checkpoint.safetensors'))).toBe(true);
    expect(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'))).toMatchObject({ status: 'interrupted' });
  });
});

test('a reader who stops reading is no error', async () => {
  const child = spawn(process.execPath, [main, 'train', '--help'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect([code, stderr]).toEqual([0, '']);
});
