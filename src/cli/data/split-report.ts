import { basename } from 'node:path';
import type { Divisible } from '../../train/prepare.ts';
import { type Dataset, formatNames } from '../../train/recording.ts';
import { PARTS } from '../../train/split.ts';
import type { SplitFile } from '../../train/split-files.ts';
import type { Io } from '../io.ts';
import { shellWord } from '../options.ts';
import type { Progress } from '../progress.ts';
import { styleFor } from '../style.ts';
import { plural } from '../table.ts';
import { partsTable, type SplitCounts, sitesTable } from './split-table.ts';

/** A file with what is said of it. */
export interface SplitResult extends SplitFile {
  readonly counts: SplitCounts;
  readonly leftOut: readonly string[];
}

const nameOf = ({ path }: SplitFile) => basename(path).replace(/\.json$/i, '');

/** The document of --json, but for what is around it. */
export function describeSplits(
  { layout, root, classes, recordings }: Dataset,
  source: Divisible,
  results: readonly SplitResult[],
) {
  return {
    data: root,
    layout,
    classes,
    how: results[0]!.split.made!.how,
    seed: results[0]!.split.seed,
    recordings: recordings.length,
    groups: new Set(source.recordings.map(({ group }) => group)).size,
    files: results.map(({ path, split: { hash, made }, counts, leftOut }) => ({
      path,
      hash,
      made,
      parts: counts,
      leftOut,
    })),
  };
}

/** The tables, on stdout. */
export function printSplits(
  { classes, recordings }: Dataset,
  source: Divisible,
  results: readonly SplitResult[],
  io: Io,
): void {
  const style = styleFor(io.stdout, io.env);
  const width = io.stdout.columns || 80;
  const { seed, made } = results[0]!.split;
  const { how, folds } = made!;
  const groups = new Set(source.recordings.map(({ group }) => group)).size;
  const sites = new Set(recordings.map(({ site }) => site)).size;
  const what = how === 'k-fold' ? `${folds} folds` : how === 'stratified' ? 'Split' : 'Leaving one site out';
  const title = `${what}: ${plural(recordings.length, 'recording')} of ${plural(groups, 'subject')} at ${plural(sites, 'site')}, seed ${seed}`;
  const lines = [style.bold(title), ''];
  lines.push(
    ...partsTable(
      results.map((each) => ({ name: how === 'stratified' ? '' : nameOf(each), counts: each.counts })),
      classes,
      style,
      width,
    ),
  );
  const columns =
    how === 'stratified'
      ? PARTS.map((part) => ({ heading: part as string, counts: results[0]!.counts[part] }))
      : results.map((each) => ({ heading: nameOf(each), counts: each.counts.test }));
  if (sites > 1 && how !== 'leave-one-site-out') {
    if (how === 'k-fold') lines.push('', style.bold('Tested in each fold'));
    lines.push('', ...sitesTable(columns, classes, style, width));
  }
  io.stdout.write(`${lines.join('\n')}\n`);
}

/** What is around the tables, on stderr. */
export function sayAround(
  results: readonly SplitResult[],
  impossible: readonly { readonly reason: string }[],
  next: string,
  progress: Progress,
): void {
  const { bold, cyan, yellow, red } = progress.style;
  for (const each of results) {
    const name = nameOf(each);
    if (each.leftOut.length > 0) {
      const what = `${plural(each.leftOut.length, 'recording')} of subjects who were there and elsewhere`;
      progress.print(
        `${yellow('note')} ${name}: ${what} ${each.leftOut.length === 1 ? 'is' : 'are'} in no part: ${formatNames(each.leftOut)}`,
      );
    }
    const present = Object.values(each.counts.test.classes).filter((n) => n > 0).length;
    if (present === 1) {
      progress.print(`${yellow('note')} ${name}: it tests one class only, so there is no AUC of it`);
    }
  }
  for (const { reason } of impossible) progress.say(`${red('warning:')} ${reason}.`);
  progress.print();
  progress.print(`${bold('Written')} ${formatNames(results.map((each) => each.path))}`);
  progress.print(`\nNext: ${bold(cyan(next))}`);
  if (results.length > 1) progress.print(`All:  ${bold(cyan(loop(results, next)))}`);
}

/** Trains on every split, one after the other, as a shell does it. */
function loop(results: readonly SplitResult[], next: string): string {
  const first = shellWord(results[0]!.path);
  const folder = results[0]!.path.slice(0, -basename(results[0]!.path).length) || './';
  const names = results.map((each) => shellWord(nameOf(each))).join(' ');
  const each = next.replace(`--split ${first}`, () => `--split ${shellWord(folder)}$s.json --out runs/$s`);
  return `for s in ${names}; do ${each}; done`;
}
