/** Markdown of what was measured, for the terminal and for docs/benchmarks.md. */
import type { Environment } from '../machine.ts';
import { type Goal, ratioGoal } from '../question.ts';
import { describe } from '../report.ts';
import { digits, grid } from '../text.ts';
import type { Ceilings } from './ceilings.ts';
import type { StepsAnswer } from './steps.ts';
import type { TrainingAnswer } from './training.ts';

export interface GpuResult {
  readonly environment: Environment;
  readonly adapter: string;
  readonly driver: string;
  readonly features: readonly string[];
  readonly dawn: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Sizes at which figures mean nothing. */
  readonly quick: boolean;
  readonly software: boolean;
  ceilings?: Ceilings;
  /** Of NVIDIA's libraries; the reason where they could not be asked. */
  torchCeilings?: Readonly<Record<string, number>> | string;
  readonly training: TrainingAnswer[];
  readonly steps: StepsAnswer[];
  /** What was asked for and not measured, with the reason. */
  readonly missing: string[];
}

/** Rows of the table of kernels; the rest is one row. */
const SHOWN = 24;

/** Counts stay whole. */
const count = (value: number) => (Number.isInteger(value) ? `${value}` : digits(value));
/** Ops on many tensors have long names. */
const shortened = (what: string) => (what.length > 72 ? `${what.slice(0, 70)} …` : what);
const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
const optional = (value: number | undefined, unit = '') =>
  value === undefined ? '' : `${digits(value)}${unit}`;

function ceilingsSection(ceilings: Ceilings, torch: GpuResult['torchCeilings']): string {
  const { copy, fma, matmul, matmulSize, matmulMissing, dispatch } = ceilings;
  const theirs = typeof torch === 'object' ? torch : {};
  const lines = [
    ['Copy, read and written bytes', `${digits(copy)} GB/s`, optional(theirs.copy, ' GB/s')],
    ['Multiply-adds on registers, float32', `${digits(fma / 1e3)} TFLOP/s`, ''],
    [
      `Matrix product ${matmulSize}³, float32`,
      matmul === null ? `missing: ${matmulMissing}` : `${digits(matmul / 1e3)} TFLOP/s`,
      theirs.matmul === undefined ? '' : `${digits(theirs.matmul / 1e3)} TFLOP/s`,
    ],
    [
      `Matrix product ${matmulSize}³, TF32`,
      '',
      theirs.matmulTf32 === undefined ? '' : `${digits(theirs.matmulTf32 / 1e3)} TFLOP/s`,
    ],
    ['A dispatch that waits for the one before', `${digits(dispatch)} µs`, ''],
  ];
  const note = typeof torch === 'string' ? [`- NVIDIA’s libraries were not asked: ${torch}`, ''] : [];
  return ['### Ceilings', '', grid(['', 'our kernels', 'NVIDIA’s libraries'], lines), '', ...note].join('\n');
}

function goalsOf({ subject, rows }: TrainingAnswer): Goal[] {
  if (subject.batch === 32) {
    return [
      ratioGoal(rows, 'tfjs-webgpu', 1 / 10, 'ten times as fast as tfjs-webgpu'),
      ratioGoal(rows, 'PyTorch, eager', 1 / 3, 'three times as fast as PyTorch, eager'),
      ratioGoal(rows, 'PyTorch, CUDA graph', 1, 'level with PyTorch’s CUDA graph'),
    ];
  }
  if (subject.batch !== 512) return [];
  const float32 = rows.filter(({ name, ratio }) => name.startsWith('PyTorch') && !/TF32/.test(name) && ratio);
  const worst = Math.max(...float32.map(({ ratio }) => ratio![0]));
  const met = float32.length > 0 ? worst <= 1 / 0.7 : null;
  return [{ text: '0.7 of the throughput of PyTorch’s fastest way in float32', met }];
}

function trainingSection(answer: TrainingAnswer): string {
  const { subject, rows, demands, breakdown, losses } = answer;
  const { model, batch, bands, frames } = subject;
  const table = grid(
    ['', 'step', 'quartiles', 'runs', 'ours / theirs', 'alone', 'on the GPU', 'host'],
    rows.map((row) => {
      if (row.missing !== undefined) return [row.name, `missing: ${row.missing}`, '', '', '', '', '', ''];
      const { name, median, low, high, runs, ratio, alone, device, host } = row;
      const [middle, least, most] = ratio ?? [];
      return [
        name,
        `${digits(median!)} ms`,
        `${digits(low!)}–${digits(high!)}`,
        `${runs}`,
        middle === undefined ? '' : `${middle.toFixed(2)} (${least!.toFixed(2)}–${most!.toFixed(2)})`,
        optional(alone, ' ms'),
        optional(device, ' ms'),
        optional(host, ' ms'),
      ];
    }),
  );
  const outcome = { true: 'reached', false: 'missed', null: 'not judged' } as const;
  const { dispatches, submits, buffersCreated, bindGroupsCreated, pipelinesCreated } = demands;
  const created = `${buffersCreated} buffers, ${bindGroupsCreated} bind groups, ${pipelinesCreated} pipelines`;
  const memory = `${digits(demands.bytesLive / 1e6)} MB live between steps, ${digits(demands.bytesPooled / 1e6)} MB in all buffers`;
  const { time, floor, bytes, flops } = breakdown;
  return [
    `### Training step of ${model}, batch ${batch} of ${bands}×${frames}`,
    '',
    table,
    '',
    ...goalsOf(answer).map(({ text, met }) => `- Goal: ${text}: **${outcome[`${met}`]}**`),
    `- Our step: ${count(dispatches)} dispatches, ${count(submits)} submits; created in steady state: ${created}; ${memory}.`,
    `- Kernels take ${digits(time / 1e3)} ms for ${digits(bytes / 1e6)} MB and ${digits(flops / 1e9)} GFLOP; at the ceilings they would take ${digits(floor / 1e3)} ms.`,
    `- Losses of the first steps, without dropout: ${losses.map((loss) => loss.toFixed(5)).join(', ')}.`,
    '',
    kernelTable(answer),
    '',
  ].join('\n');
}

function kernelTable({ breakdown: { rows, time } }: TrainingAnswer): string {
  const shown = rows.slice(0, SHOWN);
  const rest = rows.slice(SHOWN);
  const lines = shown.map(({ what, dispatches, time, share, gbs, gflops, floor }) => [
    `\`${shortened(what)}\``,
    `${dispatches}`,
    digits(time),
    percent(share),
    digits(gbs),
    digits(gflops),
    percent(floor / time),
  ]);
  if (rest.length > 0) {
    const sum = (key: 'dispatches' | 'time') => rest.reduce((all, row) => all + row[key], 0);
    const name = `${rest.length} more`;
    lines.push([name, `${sum('dispatches')}`, digits(sum('time')), percent(sum('time') / time), '', '', '']);
  }
  return grid(['kernel', 'dispatches', 'µs', 'share', 'GB/s', 'GFLOP/s', 'of the ceiling'], lines);
}

function stepsSection({ title, rows, work }: StepsAnswer): string {
  const lines = rows.map((row) =>
    row.missing === undefined
      ? [
          row.name,
          `${digits(row.time!)} µs`,
          digits(row.gflops!),
          percent(row.ofCeiling!),
          row.error!.toExponential(1),
        ]
      : [row.name, `missing: ${row.missing}`, '', '', ''],
  );
  const head = ['', 'time', 'GFLOP/s', 'of the multiply-adds', 'error'];
  return [`### ${title}`, '', work, '', grid(head, lines), ''].join('\n');
}

/** The whole, below a heading of the second level. */
export function gpuReport(result: GpuResult): string {
  const { environment, adapter, driver, features, dawn, rounds, seconds, quick, software } = result;
  const warning = software
    ? '**This adapter computes on the processor: the figures show that the bench runs, and nothing else.**'
    : quick
      ? '**Tiny sizes: the figures show that the bench runs, and nothing else.**'
      : '';
  return [
    `${adapter} · ${driver} · ${features.join(', ')}${dawn ? ` · Dawn with ${dawn}` : ''}`,
    '',
    `${describe(environment)}. ${rounds} rounds; a turn of ${seconds} s each.`,
    '',
    ...(warning ? [warning, ''] : []),
    ...(result.ceilings ? [ceilingsSection(result.ceilings, result.torchCeilings)] : []),
    ...result.training.map(trainingSection),
    ...result.steps.map(stepsSection),
    ...(result.missing.length > 0
      ? ['### Not measured', '', ...result.missing.map((line) => `- ${line}`), '']
      : []),
  ].join('\n');
}

const MARKS = /<!-- gpu -->[\s\S]*<!-- \/gpu -->/;

/** What stands before the figures, measured or not. */
const HOW = [
  '## On the GPU',
  '',
  'Forward in training mode with dropout, cross-entropy, backward and AdamW on a batch that is on the device already, for',
  'everybody from the same weights; who does not give our losses of the first four steps, without dropout, is not timed.',
  'Steps are submitted one by one and waited for in groups of up to 20, as in training; _alone_ is a step that is waited',
  'for on its own. _On the GPU_ is, for ours, the sum of timestamps around every dispatch; for PyTorch, the time between',
  'CUDA events, gaps included. _Host_ is what a step keeps our thread busy. tfjs has no AdamW and runs Adam. In the tables',
  'of kernels bytes count every input and output once; the ceiling is what the measured copy bandwidth, the measured rate of',
  'multiply-adds or the cost of a dispatch allow, whichever is slowest.',
  '',
  '    npm ci --ignore-scripts --prefix bench/peers        # tfjs; PyTorch with CUDA is looked for in python3',
  '    npm run bench:gpu -- --publish',
  '',
  'A machine that has a GPU and nothing else needs Node, the package `webgpu`, a Vulkan loader, `bench/peers/*.py` and what',
  '`npm run bench:gpu -- --bundle` writes, which has tfjs in it. There, and then here:',
  '',
  '    node build/gpu-bench.mjs --out FOLDER',
  '    npm run bench:gpu -- --from FOLDER/gpu.json --publish',
  '',
  'It takes some ten minutes, most of them for `torch.compile`; `--models`, `--batches` and `--only` divide it, and `--from`',
  'takes several files. [Kernels step by step](../bench/gpu/steps/README.md) are timed along with it.',
  '',
];

export const NOT_MEASURED = 'There are no figures from a GPU yet: none was at hand.';

/** docs/benchmarks.md with its section on the GPU replaced, or put at its end. */
export function withGpuSection(page: string, result: GpuResult | null): string {
  const body = result ? gpuReport(result) : `${NOT_MEASURED}\n`;
  const section = ['<!-- gpu -->', '', ...HOW, body, '<!-- /gpu -->'].join('\n');
  return MARKS.test(page) ? page.replace(MARKS, () => section) : `${page.trimEnd()}\n\n${section}\n`;
}
