/** Tables for the terminal and for docs/benchmarks.md, from the same results. */
import type { Row } from './harness.ts';
import type { Environment } from './machine.ts';
import type { Answer, Glance } from './question.ts';
import { settingsSection } from './settings-table.ts';
import { below, blocks, digits, grid, measure, pictures, Reasons, ratioText, verdict } from './text.ts';

/** What one question gave, with where and how. */
export interface Result {
  readonly title: string;
  readonly method: string;
  readonly environment: Environment;
  readonly rounds: number;
  readonly seconds: number;
  readonly answers: readonly Answer[];
}
export type Results = Readonly<Record<string, Result>>;

/** Beside the page. */
export const GLANCE_FILE = 'benchmarks/glance.svg';

function cells(row: Row, reasons: Reasons): string[] {
  if (row.missing !== undefined) return [row.name, reasons.mark(row.name, row.missing), '', '', ''];
  const { median, low, high, runs, ratio } = row;
  return [
    row.name,
    `${digits(median!)} ms`,
    `${digits(low!)}–${digits(high!)}`,
    String(runs),
    ratio ? ratioText(ratio) : '',
  ];
}

/** One table with its title, why who is missing, goals and notes. */
export function section(answer: Answer): string {
  const { rows, grid: other, profile } = answer;
  const reasons = new Reasons();
  const turns = rows?.map((row) => cells(row, reasons));
  return blocks(
    `### ${answer.title}`,
    turns ? grid(['', 'median', '10–90 %', 'runs', 'ours / theirs'], turns) : '',
    reasons.list(),
    other ? grid(other.head, other.rows) : '',
    [...below(answer), ...(profile ? [`- Where our time goes: ${profile}.`] : [])],
  );
}

export function describe(environment: Environment): string {
  const { cpu, cores, memory, system, node, commit, date, load, peers } = environment;
  const others = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  const machine = `${cpu}, ${cores} cores, ${memory} GB, ${system}, load before ${load}`;
  return [machine, `Node ${node}`, ...others, `commit ${commit}`, date].join(' · ');
}

export function glances(results: Results): Glance[] {
  return Object.values(results).flatMap(({ answers }) => answers.flatMap((answer) => answer.glance ?? []));
}

function glanceTable(seen: readonly Glance[]): string {
  const rows = seen.flatMap(({ what, unit, ours, others }) => {
    const mine = [what, `**${measure(ours, unit)}**`];
    if (others.length === 0) return [[...mine, '', '', '']];
    return others.map(({ name, value, times }, i) => [
      ...(i === 0 ? mine : ['', '']),
      ...[name, measure(value, unit), verdict(times, unit)],
    ]);
  });
  return grid(['', 'pcg-engine', 'others', '', 'pcg-engine is, or takes'], rows);
}

/** Written by bench/gpu: taken over from the previous page. */
const GPU = /<!-- gpu -->[\s\S]*<!-- \/gpu -->/;
const NOTES = /<!-- notes -->[\s\S]*<!-- \/notes -->/;

const ALT =
  'Bars: how many times the time or size of pcg-engine others take, as in the table above; to the right of 1 pcg-engine ' +
  'is the faster or smaller one';

/** Every machine and commit that figures come from, each once, with the questions answered there where they differ. */
function places(results: Results): string[] {
  const texts = new Map<string, string[]>();
  for (const { title, environment, rounds, seconds } of Object.values(results)) {
    const text = `${describe(environment)}. Up to ${rounds} rounds, turns of up to ${seconds} s.`;
    texts.set(text, [...(texts.get(text) ?? []), title]);
  }
  if (texts.size === 1) return [...texts.keys()];
  return [...texts].map(([text, titles]) => `- ${titles.join(', ')}: ${text}`);
}

function question({ title, method, answers }: Result): string {
  const settings = answers.filter((answer) => answer.setting !== undefined && answer.rows);
  const others = answers.filter((answer) => !settings.includes(answer));
  return blocks(
    `## ${title}`,
    method,
    settings.length > 0 ? settingsSection(settings).trimEnd() : '',
    ...others.flatMap((answer) => [section(answer).trimEnd(), pictures(answer)]),
  );
}

/** The page; what stands between the marks for notes is written by hand and taken over from the `previous` page. */
export function page(results: Results, previous: string): string {
  const seen = glances(results);
  return blocks(
    '# Benchmarks',
    ...(seen.length > 0 ? ['## At a glance', glanceTable(seen), `![${ALT}](${GLANCE_FILE})`] : []),
    places(results),
    NOTES.exec(previous)?.[0] ?? '<!-- notes -->\n<!-- /notes -->',
    HOW.trim(),
    ...Object.values(results).map((result) => question(result).trimEnd()),
    GPU.exec(previous)?.[0] ?? '',
  );
}

const HOW = `
## How this is measured

Contestants take turns in one run (A B A B …). A cell gives the median of all runs, their 10th and 90th percentile, and
*ours / theirs*: our time divided by the other’s, paired within each round: its median over the rounds, and its least and
greatest value. Below 1, pcg-engine is the faster one. Who computes a network has our weights, and gave our answer before
anything was timed; who does not is not timed. Who has one thread only stands with it in the summary above, beside two of
ours. Runs are single calls where Python times itself, and means of many short calls with benchmark.js, whose spread is smaller
for it. JavaScript is timed by benchmark.js, TensorFlow.js and jax-js in processes of their own; Python times itself, so that
the pipe to it does not count. Who is missing is named, with the reason.

This page and its pictures are written from \`bench/results/published.json\` by the last of these lines; only the notes are
by hand. Without \`--peers all\`, TensorFlow.js in plain JavaScript and jax-js are timed only where a run takes less than
seconds, and everything takes minutes.

    npm ci --ignore-scripts --prefix bench/peers                # onnxruntime-node, TensorFlow.js, jax-js
    python -m venv bench/peers/.venv && bench/peers/.venv/bin/pip install -r bench/peers/requirements.txt
    npm run build && npm run bench -- --peers all --publish
`;
