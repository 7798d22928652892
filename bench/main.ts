/** npm run bench: times pcg-engine beside others, prints tables, and keeps the results. See --help. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { extractionQuestion } from './extraction.ts';
import { growthQuestion } from './growth/question.ts';
import { inferenceQuestion } from './inference.ts';
import { logMelQuestion } from './log-mel.ts';
import { environment } from './machine.ts';
import { matmulQuestion } from './matmul.ts';
import { opsQuestion } from './ops.ts';
import { loadOnnx } from './peers/onnx.ts';
import { Python } from './peers/python.ts';
import { processQuestion } from './process.ts';
import type { Answer, Bench, Question } from './question.ts';
import { describe, page, type Result, section } from './report.ts';
import { sizesQuestion } from './sizes.ts';
import { trainingRunQuestion } from './training-run.ts';
import { pcgLiteStep, referenceStep } from './training-step.ts';

const questions: readonly Question[] = [
  referenceStep,
  pcgLiteStep,
  inferenceQuestion,
  logMelQuestion,
  extractionQuestion,
  processQuestion,
  sizesQuestion,
  matmulQuestion,
  opsQuestion,
  trainingRunQuestion,
  growthQuestion,
];
const PUBLISHED = 'bench/results/published.json';
const PAGE = 'docs/benchmarks.md';

const usage = `npm run bench -- [options]
  --only NAMES     some of: ${questions.map((question) => question.name).join(', ')}
  --rounds N       rounds of turns (5)
  --seconds S      length of a turn (1)
  --peers LIST     python=EXECUTABLE with torch, librosa and onnx (bench/peers/.venv/bin/python),
                   onnx=FOLDER whose node_modules has onnxruntime-node (bench/peers)
                   all: every peer and every size, as long as it takes
  --data FOLDER    recordings for the question 'extraction' (default: made-up ones)
  --publish        keep the results in ${PUBLISHED} and write ${PAGE}
  --sources        bundle src/ instead of using the built package`;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    peers: { type: 'string', multiple: true, default: [] },
    data: { type: 'string' },
    publish: { type: 'boolean', default: false },
    sources: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function chosen(): readonly Question[] {
  if (options.only === undefined) return questions;
  return options.only.split(',').map((name) => {
    const question = questions.find((candidate) => candidate.name === name);
    if (!question) throw new Error(`There is no question '${name}'.\n${usage}`);
    return question;
  });
}

function positive(name: 'rounds' | 'seconds'): number {
  const value = Number(options[name]);
  if (!(value > 0)) throw new Error(`--${name} is ${options[name]}, not a positive number`);
  return value;
}

function peer(name: string, otherwise: string): string {
  const given = options.peers.flatMap((list) => list.split(',')).map((entry) => entry.split('='));
  for (const [key] of given) {
    if (key === 'all') continue;
    if (key !== 'python' && key !== 'onnx') throw new Error(`--peers knows python and onnx, not '${key}'`);
  }
  return given.find(([key]) => key === name)?.[1] ?? otherwise;
}

async function main(): Promise<void> {
  if (options.help) return console.log(usage);
  const [rounds, seconds, wanted] = [positive('rounds'), positive('seconds'), chosen()];
  const pythonPath = peer('python', 'bench/peers/.venv/bin/python');
  const onnx = loadOnnx(peer('onnx', 'bench/peers'));
  const present = pythonPath.includes('/') ? existsSync(pythonPath) : true;
  const started = present
    ? Python.start(pythonPath)
    : Promise.resolve('no Python with PyTorch given (--peers python=…)');
  const scratch = mkdtempSync(join(tmpdir(), 'pcg-engine-bench-'));
  const bench: Bench = {
    rounds,
    seconds,
    python: () => started,
    pythonPath: present ? pythonPath : null,
    onnx,
    all: options.peers.includes('all'),
    data: options.data ?? null,
    scratch,
  };
  try {
    const found = await started;
    const peers = {
      ...(typeof found === 'string'
        ? {}
        : { PyTorch: found.versions.torch, librosa: found.versions.librosa ?? '' }),
      ...(typeof onnx === 'string' ? {} : { 'onnxruntime-node': onnx.version }),
    };
    const here = environment(peers);
    console.log(`${describe(here)}\n${rounds} rounds, turns of ${seconds} s\n`);
    // With one process more than cores, OpenMP's waiting threads make PyTorch five times slower than it is.
    if (here.load > 0.5)
      console.error(`This machine is busy (load ${here.load}): do not publish these figures.\n`);
    const results: Record<string, Result> = {};
    for (const question of wanted) {
      const { name, title, method } = question;
      console.log(`## ${title}\n`);
      const answers: Answer[] = [];
      for await (const answer of question.run(bench)) {
        answers.push(answer);
        console.log(section(answer));
      }
      results[name] = { title, method, environment: here, rounds, seconds, answers };
    }
    keep(results);
  } finally {
    const running = await started;
    if (typeof running !== 'string') running.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Always the last results; with --publish the committed ones too, of which the questions asked now are replaced. */
function keep(results: Readonly<Record<string, Result>>): void {
  mkdirSync(dirname(PUBLISHED), { recursive: true });
  writeFileSync('bench/results/last.local.json', `${JSON.stringify(results, null, 1)}\n`);
  if (!options.publish) return;
  const before = existsSync(PUBLISHED) ? (JSON.parse(readFileSync(PUBLISHED, 'utf8')) as typeof results) : {};
  const merged: Record<string, Result> = {};
  for (const { name } of questions) {
    const result = results[name] ?? before[name];
    if (result) merged[name] = result;
  }
  writeFileSync(PUBLISHED, `${JSON.stringify(merged, null, 1)}\n`);
  mkdirSync(dirname(PAGE), { recursive: true });
  writeFileSync(PAGE, page(merged, existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : ''));
  console.log(`Written: ${PUBLISHED}, ${PAGE}`);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
