import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cpu, normalValues } from 'pcg-engine';
import { defaultFeatureSettings, writeWav16 } from 'pcg-engine/dsp';
import { buildModel } from 'pcg-engine/layers';
import { type ModelCard, writeSafetensors } from 'pcg-engine/train';
import { type Contestant, contest, type Missing, type Row } from './harness.ts';
import { type Bench, type Goal, glanceOf, lighter, type Question } from './question.ts';

export const CLI = 'dist/cli/main.js';

/** A whole process, from its start to its end. */
export function program(name: string, command: string, args: readonly string[]): Contestant {
  const turn = async (seconds: number) => {
    const times: number[] = [];
    const end = performance.now() + 1e3 * seconds;
    while (times.length < 3 || performance.now() < end) {
      const start = performance.now();
      const { status, error, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
      if (status !== 0) throw new Error(`${name}: ${error ?? String(stderr).trim()}`);
      times.push((performance.now() - start) / 1e3);
    }
    return times;
  };
  return { name, turn };
}

/** A whole Node process. */
export interface Ran {
  readonly seconds: number;
  readonly stdout: string;
  /** Peak resident memory in MB, from the kernel's account of the process at its end (Linux), else Node's. */
  readonly peak: number;
}

/** @throws Error with the last of what it wrote on stderr if it fails */
export function ran(args: readonly string[]): Ran {
  const hook = `
    import { existsSync, readFileSync, writeSync } from 'node:fs';
    const kept = () => existsSync('/proc/self/status')
      ? /VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]
      : process.resourceUsage().maxRSS;
    process.on('exit', () => writeSync(3, String(kept())));`;
  const start = performance.now();
  const { status, error, output } = spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, ...args],
    { stdio: ['ignore', 'pipe', 'pipe', 'pipe'], maxBuffer: 1 << 28 },
  );
  const seconds = (performance.now() - start) / 1e3;
  if (status !== 0) throw new Error(`${args.join(' ')}: ${error ?? String(output[2]).trim().slice(-2000)}`);
  return { seconds, stdout: String(output[1]), peak: (Number(String(output[3])) * 1024) / 1e6 };
}

/** Writes an untrained pcg-lite, which takes as long as a trained one. @returns the path */
export async function untrainedModel(scratch: string): Promise<string> {
  const backend = await cpu({ threads: 1 });
  const config = { name: 'pcg-lite', bands: defaultFeatureSettings.logMel.bands, frames: 200, classes: 2 };
  const model = buildModel(config, { seed: 1, backend });
  const path = join(scratch, 'model.safetensors');
  const card: ModelCard = {
    model: config,
    features: defaultFeatureSettings,
    classes: ['normal', 'abnormal'],
    threshold: 0.5,
    trainedOn: { layout: 'folders', data: 'none', split: 'none' },
  };
  const weights = [...(await model.state())].map(
    ([name, { shape, values }]) => [name, { dtype: 'F32', shape, data: values }] as const,
  );
  writeSafetensors(path, new Map(weights), { format: 'pcg-engine/model/1', card: JSON.stringify(card) });
  await backend.close();
  return path;
}

/** That model, and 30 s of noise at 2 kHz. */
async function prepare(scratch: string): Promise<readonly string[]> {
  const path = await untrainedModel(scratch);
  const wav = join(scratch, 'noise.wav');
  const samples = Float32Array.from(normalValues(30 * 2000, { seed: 6 }), (v) =>
    Math.max(-1, Math.min(1, 0.2 * v)),
  );
  writeFileSync(wav, writeWav16(samples, 2000));
  return [CLI, 'predict', path, wav];
}

function timeGoal(rows: readonly Row[], limit: number): Goal {
  const median = rows[0]?.median;
  return { text: `under ${limit / 1e3} s`, met: median === undefined ? null : median < limit };
}

async function* answers(bench: Bench) {
  const built = existsSync(CLI);
  const missing = (name: string): Missing => ({ name, missing: `${CLI} is not there: npm run build` });
  const node = program('node -e 0', process.execPath, ['-e', '0']);

  const name = 'pcg-engine predict';
  const args = built ? await prepare(bench.scratch) : [];
  const frameworks = bench.pythonPath
    ? program('python -c "import torch, librosa"', bench.pythonPath, ['-c', 'import torch, librosa'])
    : { name: 'python -c "import torch, librosa"', missing: 'no Python given' };
  const predict = await contest(
    [built ? program(name, process.execPath, args) : missing(name), node, frameworks],
    lighter(bench),
  );
  const memory = built ? ran(args).peak : null;
  yield {
    title: 'predict: one file of 30 s, whole process',
    rows: predict,
    glance: glanceOf(
      'Classifying a file of 30 s, whole process',
      predict.filter(({ name: who }) => !who.startsWith('node ')),
    ),
    goals: [timeGoal(predict, 400), { text: 'under 150 MB', met: memory === null ? null : memory < 150 }],
    notes: [
      memory === null ? `Peak memory: not measured.` : `Peak memory of predict: ${memory.toFixed(0)} MB.`,
      `Peak memory of node -e 0: ${ran(['-e', '0']).peak.toFixed(0)} MB.`,
    ],
  };

  const help = 'pcg-engine --help';
  const rows = await contest(
    [built ? program(help, process.execPath, [CLI, '--help']) : missing(help), node],
    lighter(bench),
  );
  yield { title: '--help: whole process', rows, goals: [timeGoal(rows, 150)] };
}

export const processQuestion: Question = {
  name: 'process',
  title: 'Whole processes',
  method:
    'From starting the process to its end. The model is an untrained pcg-lite with the default features. Beside them what ' +
    'Node itself and importing the frameworks of a Python program take.',
  run: answers,
};
