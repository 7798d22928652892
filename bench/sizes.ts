import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { contest, type Missing } from './harness.ts';
import { distributionBytes, packageBytes } from './peers/installed.ts';
import { program, ran } from './process.ts';
import type { Answer, Bench, Question } from './question.ts';

const PEERS = 'bench/peers/node_modules';
const CLI = 'dist/cli/main.js';

/** What the budgets measure, by name. */
function budgetFigures(): ReadonlyMap<string, number | null> {
  const text = execFileSync(process.execPath, ['scripts/budgets.mjs', '--json'], { encoding: 'utf8' });
  const figures = JSON.parse(text) as { name: string; value: number | null }[];
  return new Map(figures.map(({ name, value }) => [name, value]));
}

/** Bytes on disk, in words. */
function megabytes(bytes: number | string): string {
  return typeof bytes === 'string' ? bytes : `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

function installed(bench: Bench, figures: ReadonlyMap<string, number | null>): Answer {
  const own = figures.get('installed, with commander')! * 1e3;
  const binding = figures.get('optional webgpu, installed');
  const python = bench.pythonPath
    ? distributionBytes(bench.pythonPath, ['torch', 'librosa'])
    : 'missing: no Python given';
  const tfjs = (backend: string) =>
    packageBytes(PEERS, ['@tensorflow/tfjs-core', `@tensorflow/tfjs-backend-${backend}`]);
  const rows: [string, number | string][] = [
    ['pcg-engine (npm install --omit=optional)', own],
    [
      'pcg-engine with the binding of WebGPU (npm install; all platforms)',
      binding === null || binding === undefined ? 'missing: webgpu is not installed' : own + binding * 1e6,
    ],
    ['onnxruntime-node (inference only; every platform)', packageBytes(PEERS, ['onnxruntime-node'])],
    ['TensorFlow.js: core and backend cpu', tfjs('cpu')],
    ['TensorFlow.js: core and backend wasm', tfjs('wasm')],
    ['TensorFlow.js: core and backend webgpu', tfjs('webgpu')],
    ['PyTorch (CPU) and librosa, without Python itself', python],
  ];
  const others = rows.slice(2).flatMap(([name, value]) => {
    return typeof value === 'string' || /wasm|webgpu/.test(name) ? [] : [{ name, value, times: value / own }];
  });
  return {
    title: 'Installed, with all dependencies',
    glance: [{ what: 'Installed, without the optional WebGPU binding', unit: 'bytes', ours: own, others }],
    grid: {
      head: ['', 'on disk', 'times pcg-engine'],
      rows: rows.map(([name, bytes]) => [
        name,
        megabytes(bytes),
        typeof bytes === 'string' ? '–' : (bytes / own).toFixed(bytes < 10 * own ? 1 : 0),
      ]),
    },
  };
}

function ownSizes(figures: ReadonlyMap<string, number | null>): Answer {
  const kilobytes = (name: string) => `${figures.get(name)!.toFixed(0)} kB`;
  const network = (name: string): [string, string][] => [
    [`${name}: parameters`, String(figures.get(`${name}: parameters`))],
    [`${name}: multiply-adds of a window`, `${figures.get(`${name}: multiply-adds`)!.toFixed(1)} million`],
  ];
  return {
    title: 'pcg-engine by itself',
    grid: {
      head: ['', 'size'],
      rows: [
        ['tarball, what npm downloads', kilobytes('tarball')],
        ['engine, layers and DSP in a browser, gzipped', kilobytes('browser engine, gzipped')],
        ['the GPU backend, loaded on demand, gzipped', kilobytes('webgpu backend on demand, gzipped')],
        ['pcg-lite: model file', kilobytes('pcg-lite: model file')],
        ...network('pcg-lite'),
        ...network('reference-step'),
      ],
    },
    notes: ['Limits on these, and on what a step asks of the backends, are in scripts/budgets/limits.ts.'],
  };
}

/** Whole processes that do nothing but load, and the memory that this takes. */
async function startUp(bench: Bench): Promise<Answer> {
  const node = (name: string, code: string, needed: string) =>
    existsSync(needed)
      ? { name, args: ['--input-type=module', '-e', code], needed: null }
      : { name, args: [], needed: `${needed} is not there` };
  const inPeers = (name: string) => JSON.stringify(`./${PEERS}/${name}`);
  const loaded = [
    // Stands first, since it is what the others are to be compared with: all of them load an engine.
    node(
      "import 'pcg-engine' and its layers",
      `await import('pcg-engine'); await import('pcg-engine/layers')`,
      CLI,
    ),
    { name: 'pcg-engine --help', args: [CLI, '--help'], needed: existsSync(CLI) ? null : 'npm run build' },
    node("import 'pcg-engine/train'", `await import('pcg-engine/train')`, CLI),
    node(
      'require onnxruntime-node',
      `import { createRequire } from 'node:module'; createRequire(process.cwd() + '/')(${inPeers('onnxruntime-node')})`,
      `${PEERS}/onnxruntime-node`,
    ),
    node(
      'require TensorFlow.js, core and backend cpu',
      `import { createRequire } from 'node:module'; createRequire(process.cwd() + '/')(${inPeers('@tensorflow/tfjs-backend-cpu')})`,
      `${PEERS}/@tensorflow/tfjs-backend-cpu`,
    ),
    { name: 'node -e 0', args: ['-e', '0'], needed: null },
  ];
  const frameworks = 'python -c "import torch, librosa"';
  const rows = await contest(
    [
      ...loaded.map(({ name, args, needed }) =>
        needed === null
          ? program(name, process.execPath, args)
          : ({ name, missing: needed } satisfies Missing),
      ),
      bench.pythonPath
        ? program(frameworks, bench.pythonPath, ['-c', 'import torch, librosa'])
        : { name: frameworks, missing: 'no Python given' },
    ],
    bench,
  );
  const memory = loaded.map(({ name, args, needed }) =>
    needed === null ? `${name} ${ran(args).peak.toFixed(0)} MB` : `${name} missing`,
  );
  return {
    title: 'Start-up: whole processes that load and end',
    rows,
    notes: [
      `Peak memory: ${memory.join(', ')}.`,
      'Peak memory of predict is under “Whole processes”, that of training under “Growth”.',
    ],
  };
}

export const sizesQuestion: Question = {
  name: 'sizes',
  title: 'Sizes and start-up',
  method:
    'Bytes of files, not of blocks on a disk. Of a package of npm with what its dependencies lead to; of Python with what ' +
    'the distributions say that they require and contain. Figures of pcg-engine are those of scripts/budgets.mjs.',
  async *run(bench) {
    const figures = budgetFigures();
    yield installed(bench, figures);
    yield ownSizes(figures);
    yield await startUp(bench);
  },
};
