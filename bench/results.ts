/** Keeping results: every finished question at once, and every file whole or not at all. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { glancePicture } from './glance.ts';
import { drawPlot } from './plot.ts';
import { GLANCE_FILE, glances, page, type Results } from './report.ts';

export const LAST = 'bench/results/last.local.json';
export const PUBLISHED = 'bench/results/published.json';
export const PAGE = 'docs/benchmarks.md';

/** Under another name first, so that nobody finds half of it, whenever this process ends. */
export function writeWhole(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(unfinished, text);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true }); // It is there only where something failed.
  }
}

function json(results: Results): string {
  return `${JSON.stringify(results, null, 1)}\n`;
}

/** @throws Error naming the file where it holds anything but results: to be asked before minutes are spent on measuring */
export function readPublished(root = '.'): Results {
  const path = join(root, PUBLISHED);
  if (!existsSync(path)) return {};
  let results: unknown;
  try {
    results = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(
      `${PUBLISHED} is no JSON (${error instanceof Error ? error.message : error}): git restore it`,
    );
  }
  const isResult = (value: unknown) => Array.isArray((value as { answers?: unknown } | null)?.answers);
  if (typeof results !== 'object' || results === null || !Object.values(results).every(isResult))
    throw new Error(`${PUBLISHED} holds something else than results: git restore it`);
  return results as Results;
}

/** What was published before with the questions of `now` replaced, in the order of `names`. */
export function merged(names: readonly string[], before: Results, now: Results): Results {
  return Object.fromEntries(
    names.flatMap((name) => {
      const result = now[name] ?? before[name];
      return result ? [[name, result]] : [];
    }),
  );
}

/**
 * Always the results of this run so far; with `publish` the committed ones, the page and its pictures too.
 * @returns the files written
 */
export function keep(names: readonly string[], now: Results, publish: boolean, root = '.'): string[] {
  // First of all, so that nothing measured is lost whatever becomes of the rest.
  writeWhole(join(root, LAST), json(now));
  return [LAST, ...(publish ? publishAll(names, now, root) : [])];
}

/**
 * The published results with those of `now`, the page and its pictures; with nothing new, they are written again.
 * @returns the files written
 */
export function publishAll(names: readonly string[], now: Results, root = '.'): string[] {
  const previous = join(root, PAGE);
  const all = merged(names, readPublished(root), now);
  const files = new Map([[PUBLISHED, json(all)]]);
  const folder = join(dirname(PAGE), 'benchmarks');
  for (const { answers } of Object.values(all)) {
    for (const plot of answers.flatMap((answer) => answer.plots ?? []))
      files.set(join(folder, `${plot.file}.svg`), drawPlot(plot));
  }
  const seen = glances(all);
  if (seen.length > 0) files.set(join(dirname(PAGE), GLANCE_FILE), glancePicture(seen));
  files.set(PAGE, page(all, existsSync(previous) ? readFileSync(previous, 'utf8') : ''));
  for (const [path, text] of files) writeWhole(join(root, path), text);
  return [...files.keys()];
}
