/** The commands on a GPU, each in a process of its own: how it ends is part of what is tested. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { describeGpu } from '../support/gpu.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { recordingsFolder } from './support.ts';

const dist = new URL('../../dist/', import.meta.url);
const main = fileURLToPath(new URL('cli/main.js', dist));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(
  argv: readonly string[],
  onTalk: (stderr: string, child: ChildProcess) => void = () => {},
): Promise<Ended> {
  const child = spawn(process.execPath, argv, {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 200_000,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onTalk(stderr, child);
  });
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** As small as it can be: a software driver is slow, and compiles the kernels of a first run on the processor. */
vi.setConfig({ testTimeout: 240_000, hookTimeout: 240_000 });
const TINY =
  '--model reference-step --bands 8 --hop 100 --window-seconds 1 --crops-per-recording 0.5 --batch-size 8 --patience 0'.split(
    ' ',
  );

beforeAll(() => {
  if (!existsSync(main)) throw new Error('dist/ is missing: run npm run build');
});

await describeGpu('commands on webgpu', () => {
  const out = join(temporaryFolder(), 'run');
  let data = '';
  const train = (...more: string[]) => ['train', '--data', data, '--device', 'webgpu', ...TINY, ...more];

  beforeAll(async () => {
    data = recordingsFolder();
    const ended = await start([main, ...train('--out', out, '--epochs', '2')]);
    expect(ended.stderr).toMatch(/^Device {3}webgpu, .+ \(as asked for/m);
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(ended.stdout).toContain('Test on');
  });

  test('the record names the adapter', () => {
    const { environment } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    expect(environment).toMatchObject({ device: 'webgpu', gpu: { storage: 'f32' } });
    const { adapter, driver, software } = environment.gpu;
    expect([typeof adapter, typeof driver, typeof software]).toEqual(['string', 'string', 'boolean']);
    expect(adapter + driver).not.toBe('');
  });

  test('predict and evaluate say on webgpu what they say on cpu', async () => {
    const predicted = async (device: string) => {
      const ended = await start([main, 'predict', out, data, '--json', '--device', device]);
      expect([ended.code, ended.signal]).toEqual([0, null]);
      return JSON.parse(ended.stdout).results.map((result: { probability: number }) => result.probability);
    };
    const [onGpu, onCpu] = [await predicted('webgpu'), await predicted('cpu')];
    expect(onGpu).toHaveLength(36);
    for (const [i, probability] of onGpu.entries()) expect(probability).toBeCloseTo(onCpu[i], 4);

    const ended = await start([main, 'evaluate', out, '--data', data, '--json', '--device', 'webgpu']);
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(ended.stderr).toContain('; webgpu, ');
    expect(JSON.parse(ended.stdout).evaluation.pooled.count).toBe(36);
  });

  test('auto takes a GPU that is one, and says which', async () => {
    const folder = join(temporaryFolder(), 'run');
    const ended = await start([main, ...train('--out', folder, '--epochs', '1', '--device', 'auto')]);
    expect([ended.code, ended.signal]).toEqual([0, null]);
    const { device, gpu } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')).environment;
    const reason = ended.stderr.match(/^Device {3}(.*)$/m)![1];
    expect(reason).toMatch(
      device === 'webgpu'
        ? /^webgpu, .* \(there is a GPU\)$/
        : /^cpu, .*no GPU: only .*, which computes on the/,
    );
    expect(gpu?.software ?? false).toBe(false);
    // What the driver says when auto looks at it is nobody's business.
    expect(ended.stderr).not.toContain('Warning');
  });

  test('activations in float16 are recorded', async () => {
    const folder = join(temporaryFolder(), 'run');
    const ended = await start([
      main,
      ...train('--out', folder, '--epochs', '1', '--storage', 'f16', '--crops-per-recording', '0.25'),
    ]);
    expect([ended.code, ended.signal]).toEqual([0, null]);
    expect(ended.stderr).toContain('activations in float16');
    const { environment } = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'));
    expect(environment.gpu.storage).toBe('f16');
  });

  test('Ctrl-C writes a checkpoint, from which the same device goes on', async () => {
    const folder = join(temporaryFolder(), 'run');
    let sent = false;
    const stopped = await start([main, ...train('--out', folder, '--epochs', '3')], (stderr, child) => {
      if (sent || !stderr.includes('1/3  ')) return;
      sent = true;
      child.kill('SIGINT');
    });
    expect([stopped.code, stopped.signal]).toEqual([130, null]);
    const resumed = await start([main, 'train', '--resume', folder]);
    expect([resumed.code, resumed.signal]).toEqual([0, null]);
    expect(resumed.stderr).toMatch(/^Device {3}webgpu, .*\(as before/m);
    expect(resumed.stderr).not.toContain('started on');
  });

  test('an error ends the command as on any device', async () => {
    const ended = await start([main, ...train('--out', out)]);
    expect([ended.code, ended.signal]).toEqual([2, null]);
    const diverging = join(temporaryFolder(), 'run');
    const diverged = await start([
      main,
      ...train('--out', diverging, '--epochs', '3', '--learning-rate', '1e30', '--weight-decay', '1e30'),
    ]);
    expect([diverged.code, diverged.signal]).toEqual([1, null]);
    expect(diverged.stderr).toContain('Training diverged');
  });

  describe('a process with an open device', () => {
    /** Ends in some way after an op was run. */
    const script = (ending: string, pending = '') => `
      const { webgpu } = await import('${new URL('index.js', dist).href}');
      const { tensor } = await import('${new URL('index.js', dist).href}');
      const gpu = await webgpu();
      const x = tensor([1, 2], [2], { backend: gpu });
      console.log(...(await x.add(1).data()));
      ${pending}
      ${ending}`;
    const PENDING = 'x.mul(3).sqrt().data().catch(() => {});';

    test.each([
      ['closed', 'await gpu.close();', '', 0],
      ['left open', '', '', 0],
      ['left open with work under way', '', PENDING, 0],
      ['process.exit', 'process.exit(7);', '', 7],
      ['process.exit with work under way', 'process.exit(7);', PENDING, 7],
      ['an error', "throw new Error('on purpose');", PENDING, 1],
      ['a rejection', "void Promise.reject(new Error('on purpose'));", PENDING, 1],
      [
        'closed and opened again',
        'await gpu.close(); await (await webgpu()).close(); await webgpu();',
        '',
        0,
      ],
      ['lost', 'gpu.device.destroy(); await x.add(1).data().catch(() => {});', PENDING, 0],
    ])('ends cleanly: %s', async (_, ending, pending, code) => {
      const ended = await start(['--input-type=module', '-e', script(ending, pending)]);
      expect([ended.code, ended.signal, ended.stdout]).toEqual([code, null, '2 3\n']);
    });

    test('ends cleanly: SIGINT', async () => {
      const wait = `process.on('SIGINT', () => process.exit(130)); setInterval(() => {}, 1000);
        process.kill(process.pid, 'SIGINT');`;
      const ended = await start(['--input-type=module', '-e', script(wait, PENDING)]);
      expect([ended.code, ended.signal]).toEqual([130, null]);
    });

    test('ends by SIGINT where nobody handles it', async () => {
      const wait = `setInterval(() => {}, 1000); process.kill(process.pid, 'SIGINT');`;
      const ended = await start(['--input-type=module', '-e', script(wait, PENDING)]);
      expect([ended.code, ended.signal]).toEqual([null, 'SIGINT']);
    });
  });
});
