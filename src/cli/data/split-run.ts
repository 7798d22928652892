import { UsageError } from '../../base/errors.ts';
import { scanDataset } from '../../train/dataset.ts';
import { leaveOneSiteOut, makeFolds } from '../../train/folds.ts';
import { Interruption } from '../../train/interruption.ts';
import { type Divisible, divisible } from '../../train/prepare.ts';
import { type Dataset, printable, requireTwoClasses } from '../../train/recording.ts';
import { PARTS, type Part, type Split } from '../../train/split.ts';
import { nameSplitFiles, type SplitFile, writeSplitFiles } from '../../train/split-files.ts';
import { makeSplit } from '../../train/stratify.ts';
import { INTERRUPTED, type Io } from '../io.ts';
import { scanOptions, shellWord } from '../options.ts';
import { Progress, Rate } from '../progress.ts';
import { leftOutReport } from '../report.ts';
import { count, duration } from '../table.ts';
import type { SplitCommandOptions } from './split.ts';
import { describeSplits, printSplits, type SplitResult, sayAround } from './split-report.ts';
import { countParts } from './split-table.ts';

/** Splits, and what could not be had or is in none of their parts. */
interface Drawn {
  readonly splits: readonly Split[];
  /** By index of the split. */
  readonly leftOut: readonly (readonly string[])[];
  readonly impossible: readonly { readonly site: string; readonly reason: string }[];
}

export async function split(path: string, options: SplitCommandOptions, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  const fractions = checkOptions(options);
  const dataset = scanDataset(path, scanOptions(options));
  requireTwoClasses(dataset);
  const source = await compared(dataset, progress, io);
  if (!source) return INTERRUPTED;

  const drawn = draw(dataset, source, options, fractions);
  const files = nameSplitFiles(drawn.splits, options.out);
  const byId = new Map(source.recordings.map((recording) => [recording.id, recording]));
  const results = files.map(
    (file, i): SplitResult => ({
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
    const document = { ...describeSplits(dataset, source, results), impossible, problems, next };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
  } else printSplits(dataset, source, results, io);
  sayAround(results, drawn.impossible, next, progress);
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
  { layout, label, classes }: SplitCommandOptions,
  { path: file }: SplitFile,
): string {
  const options = [
    ...(layout === 'auto' ? [] : [`--layout ${layout}`]),
    ...(label === undefined ? [] : [`--label ${shellWord(label)}`]),
    ...(classes === undefined ? [] : [`--classes ${shellWord(classes.join(','))}`]),
  ];
  const given = [`--data ${shellWord(path)}`, ...options, `--split ${shellWord(file)}`];
  return ['npx pcg-engine train', ...given].join(' ');
}
