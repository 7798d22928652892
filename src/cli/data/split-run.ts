import { basename } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { scanDataset } from '../../train/dataset.ts';
import { leaveOneSiteOut, makeFolds } from '../../train/folds.ts';
import { Interruption } from '../../train/interruption.ts';
import { type Divisible, divisible } from '../../train/prepare.ts';
import { type Dataset, formatNames, printable, requireTwoClasses } from '../../train/recording.ts';
import { PARTS, type Part, type Split } from '../../train/split.ts';
import { nameSplitFiles, type SplitFile, writeSplitFiles } from '../../train/split-files.ts';
import { makeSplit } from '../../train/stratify.ts';
import { INTERRUPTED, type Io } from '../io.ts';
import { shellWord } from '../options.ts';
import { Progress, Rate } from '../progress.ts';
import { leftOutReport } from '../report.ts';
import { styleFor } from '../style.ts';
import { count, duration, plural } from '../table.ts';
import type { SplitCommandOptions } from './split.ts';
import { countParts, partsTable, type SplitCounts, sitesTable } from './split-table.ts';

/** Splits, and what could not be had or is in none of their parts. */
interface Drawn {
  readonly splits: readonly Split[];
  /** By index of the split. */
  readonly leftOut: readonly (readonly string[])[];
  readonly impossible: readonly { readonly site: string; readonly reason: string }[];
}

/** A file with what is said of it. */
interface Result extends SplitFile {
  readonly counts: SplitCounts;
  readonly leftOut: readonly string[];
}

export async function split(path: string, options: SplitCommandOptions, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  const fractions = checkOptions(options);
  const { layout, label } = options;
  const dataset = scanDataset(path, { layout, ...(label === undefined ? {} : { label }) });
  requireTwoClasses(dataset);
  const source = await compared(dataset, progress, io);
  if (!source) return INTERRUPTED;

  const drawn = draw(dataset, source, options, fractions);
  const files = nameSplitFiles(drawn.splits, options.out);
  const byId = new Map(source.recordings.map((recording) => [recording.id, recording]));
  const results = files.map(
    (file, i): Result => ({
      ...file,
      counts: countParts(file.split, byId, dataset.classes),
      leftOut: drawn.leftOut[i] ?? [],
    }),
  );
  writeSplitFiles(files);

  const problems = [...dataset.problems, ...source.problems];
  const next = nextCommand(path, options, files[0]!);
  for (const line of leftOutReport({ ...dataset, problems }, [], progress.style)) progress.print(line);
  if (options.json) {
    const { impossible } = drawn;
    const document = { ...described(dataset, source, options, results), impossible, problems, next };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else print(dataset, source, results, options, io);
  say(results, drawn, next, progress);
  return drawn.impossible.length > 0 ? 3 : 0;
}

/** @throws UsageError `usage/split`, `split/fractions` */
function checkOptions({ fractions, folds, leaveOneSiteOut: sites }: SplitCommandOptions) {
  const given = [
    ...(fractions === undefined ? [] : ['--fractions']),
    ...(folds === undefined ? [] : ['--folds']),
    ...(sites ? ['--leave-one-site-out'] : []),
  ];
  if (given.length > 1) {
    throw new UsageError('usage/split', `${given.join(' and ')} exclude each other`, 'Give one of them');
  }
  return fractions === undefined ? undefined : parseFractions(fractions);
}

function parseFractions(text: string): Record<Part, number> {
  const words = text.split(',').map((word) => word.trim());
  const shares = words.map((word) => (/^(\d+\.?\d*|\.\d+)$/.test(word) ? Number(word) : Number.NaN));
  if (words.length !== PARTS.length || shares.some(Number.isNaN)) {
    const message = `--fractions is ${printable(JSON.stringify(text))}`;
    throw new UsageError('split/fractions', message, `Give three shares: those of ${PARTS.join(', ')}`);
  }
  return { train: shares[0]!, validation: shares[1]!, test: shares[2]! };
}

/** Looks for copies; null where that was interrupted. */
async function compared(dataset: Dataset, progress: Progress, io: Io): Promise<Divisible | null> {
  const rate = new Rate();
  const watch = io.watchInterruption(() => progress.say('Stopping.'));
  try {
    return await divisible(dataset.recordings, {
      signal: watch.signal,
      progress: (done, total) =>
        progress.show(() => [
          `looking for copies ${progress.bar(done / total)} ${count(done)}/${count(total)}`,
          `${duration(rate.left(done, total))} left`,
        ]),
    });
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    progress.say('Interrupted: nothing was written.');
    return null;
  } finally {
    progress.clear();
    watch.release();
  }
}

function draw(
  { classes }: Dataset,
  { recordings }: Divisible,
  { folds, leaveOneSiteOut: sites, seed }: SplitCommandOptions,
  fractions: Record<Part, number> | undefined,
): Drawn {
  const common = { seed, classes };
  if (sites) {
    const { splits, impossible } = leaveOneSiteOut(recordings, common);
    return {
      splits: splits.map((each) => each.split),
      leftOut: splits.map(({ leftOut }) => leftOut),
      impossible,
    };
  }
  const splits =
    folds === undefined
      ? [makeSplit(recordings, { ...common, ...(fractions ? { fractions } : {}) })]
      : makeFolds(recordings, { ...common, folds });
  return { splits, leftOut: [], impossible: [] };
}

function nextCommand(
  path: string,
  { layout, label }: SplitCommandOptions,
  { path: file }: SplitFile,
): string {
  const options = [
    ...(layout === 'auto' ? [] : [`--layout ${layout}`]),
    ...(label === undefined ? [] : [`--label ${shellWord(label)}`]),
  ];
  return ['npx pcg-engine train', `--data ${shellWord(path)}`, ...options, `--split ${shellWord(file)}`].join(
    ' ',
  );
}

const nameOf = ({ path }: SplitFile) => basename(path).replace(/\.json$/i, '');

function described(
  { layout, root, classes, recordings }: Dataset,
  source: Divisible,
  { seed }: SplitCommandOptions,
  results: readonly Result[],
) {
  return {
    data: root,
    layout,
    classes,
    how: results[0]!.split.made!.how,
    seed,
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
function print(
  { classes, recordings }: Dataset,
  source: Divisible,
  results: readonly Result[],
  { seed }: SplitCommandOptions,
  io: Io,
): void {
  const style = styleFor(io.stdout, io.env);
  const width = io.stdout.columns || 80;
  const { how, folds } = results[0]!.split.made!;
  const groups = new Set(source.recordings.map(({ group }) => group)).size;
  const sites = new Set(recordings.map(({ site }) => site)).size;
  const what = how === 'k-fold' ? `${folds} folds` : how === 'stratified' ? 'Split' : 'Leaving one site out';
  const title = `${what}: ${plural(recordings.length, 'recording')} of ${plural(groups, 'subject')} at ${plural(sites, 'site')}, seed ${seed}`;
  const lines = [style.bold(title), ''];
  lines.push(
    ...partsTable(
      results.map((each) => ({ name: nameOf(each), counts: each.counts })),
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
function say(results: readonly Result[], { impossible }: Drawn, next: string, progress: Progress): void {
  const { bold, cyan, yellow, red } = progress.style;
  for (const each of results) {
    const { site } = each.split.made!;
    if (each.leftOut.length > 0) {
      const what = `${plural(each.leftOut.length, 'recording')} of subjects who were there and elsewhere`;
      progress.print(
        `${yellow('note')} ${nameOf(each)}: ${what} ${each.leftOut.length === 1 ? 'is' : 'are'} in no part: ${formatNames(each.leftOut)}`,
      );
    }
    const present = Object.values(each.counts.test.classes).filter((n) => n > 0).length;
    if (present === 1) {
      progress.print(
        `${yellow('note')} ${nameOf(each)}: site "${printable(site ?? '')}" has one class, so there is no AUC of it`,
      );
    }
  }
  for (const { reason } of impossible) progress.say(`${red('warning:')} ${reason}.`);
  progress.print();
  progress.print(`${bold('Written')} ${formatNames(results.map((each) => each.path))}`);
  progress.print(`\nNext: ${bold(cyan(next))}`);
  if (results.length > 1) progress.print(`All:  ${bold(cyan(loop(results, next)))}`);
}

/** Trains on every split, one after the other, as a shell does it. */
function loop(results: readonly Result[], next: string): string {
  const first = shellWord(results[0]!.path);
  const folder = results[0]!.path.slice(0, -basename(results[0]!.path).length) || './';
  const names = results.map((each) => shellWord(nameOf(each))).join(' ');
  const each = next.replace(`--split ${first}`, `--split ${shellWord(folder)}$s.json --out runs/$s`);
  return `for s in ${names}; do ${each}; done`;
}
