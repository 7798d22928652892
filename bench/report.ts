/** Tables for the terminal and for docs/benchmarks.md, from the same results. */
import type { Row } from './harness.ts';
import type { Environment } from './machine.ts';
import type { Answer } from './question.ts';

/** What one question gave, with where and how. */
export interface Result {
  readonly title: string;
  readonly method: string;
  readonly environment: Environment;
  readonly rounds: number;
  readonly seconds: number;
  readonly answers: readonly Answer[];
}

/** Three digits or so. */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}

function cells(row: Row): string[] {
  if (row.missing !== undefined) return [row.name, `missing: ${row.missing}`, '', '', ''];
  const { median, low, high, runs, ratio } = row;
  return [
    row.name,
    `${digits(median!)} ms`,
    `${digits(low!)}–${digits(high!)}`,
    String(runs),
    ratio ? `${ratio[0].toFixed(2)} (${ratio[1].toFixed(2)}–${ratio[2].toFixed(2)})` : '',
  ];
}

/** A Markdown table, padded so that it reads well as text too. */
export function table({ rows, grid: other }: Answer): string {
  const tables = [
    ...(rows ? [grid(['', 'median', '10–90 %', 'runs', 'ours / theirs'], rows.map(cells))] : []),
    ...(other ? [grid(other.head, other.rows)] : []),
  ];
  return tables.join('\n\n');
}

/** A Markdown table of text: the first column to the left, the others to the right. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]!.length), 3));
  const text = (line: readonly string[]) =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [text(lines[0]!), text(rule), ...lines.slice(1).map(text)].join('\n');
}

function below({ goals = [], notes = [] }: Answer): string[] {
  const outcome = { true: 'reached', false: 'missed', null: 'not judged' } as const;
  return [
    ...goals.map(({ text, met }) => `- Goal: ${text}: **${outcome[`${met}`]}**`),
    ...notes.map((note) => `- ${note}`),
  ];
}

/** One table with its title, goals and notes. */
export function section(answer: Answer): string {
  const rest = below(answer);
  return [`### ${answer.title}`, '', table(answer), ...(rest.length > 0 ? ['', ...rest] : []), ''].join('\n');
}

export function describe(environment: Environment): string {
  const { cpu, cores, memory, system, node, commit, date, load, peers } = environment;
  const others = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  const machine = `${cpu}, ${cores} cores, ${memory} GB, ${system}, load before ${load}`;
  return [machine, `Node ${node}`, ...others, `commit ${commit}`, date].join(' · ');
}

/** Written by bench/gpu: taken over from the previous page. */
const GPU = /<!-- gpu -->[\s\S]*<!-- \/gpu -->/;
const NOTES = /<!-- notes -->[\s\S]*<!-- \/notes -->/;

/** The page; what stands between the marks for notes is written by hand and taken over from the `previous` page. */
export function page(results: Readonly<Record<string, Result>>, previous: string): string {
  const notes = NOTES.exec(previous)?.[0] ?? '<!-- notes -->\n<!-- /notes -->';
  const parts = Object.values(results).map(({ title, method, environment, rounds, seconds, answers }) =>
    [
      `## ${title}`,
      '',
      method,
      '',
      `${describe(environment)}. ${rounds} rounds; a turn of ${seconds} s each.`,
      '',
      ...answers.map(section),
    ].join('\n'),
  );
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench -- --publish` from `bench/results/published.json`; only the notes are by hand.',
    '',
    'Contestants take turns in one run (A B A B …). The median and the 10th and 90th percentile are of all runs; *ours /',
    'theirs* is the first row’s time divided by the row’s own, paired within each round: its median over the rounds, and its',
    'least and greatest value. Below 1, pcg-engine is the faster one. Our side and onnxruntime-node are timed by benchmark.js;',
    'Python times itself, so that the pipe to it does not count. A peer that is not installed is named as missing.',
    '',
    '    npm ci --ignore-scripts --prefix bench/peers                                # onnxruntime-node',
    '    python -m venv bench/peers/.venv && bench/peers/.venv/bin/pip install -r bench/peers/requirements.txt',
    '    npm run build && npm run bench -- --publish',
    '',
    notes,
    '',
    ...parts,
    ...(GPU.test(previous) ? [GPU.exec(previous)![0], ''] : []),
  ].join('\n');
}
