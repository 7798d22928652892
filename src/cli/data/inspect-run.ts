import { UsageError } from '../../base/errors.ts';
import { scanDataset } from '../../train/dataset.ts';
import { writeFileAtomic } from '../../train/files.ts';
import { inspectDataset } from '../../train/inspect/inspect.ts';
import type { Inspection } from '../../train/inspect/inspection.ts';
import { Interruption } from '../../train/interruption.ts';
import type { Dataset, RecordingEntry } from '../../train/recording.ts';
import { readSplit } from '../../train/split.ts';
import { INTERRUPTED, type Io } from '../io.ts';
import { scanOptions, shellWord } from '../options.ts';
import { checkOutputFile } from '../output-file.ts';
import { Progress, Rate } from '../progress.ts';
import { styleFor } from '../style.ts';
import { count, duration } from '../table.ts';
import type { InspectCommandOptions } from './inspect.ts';
import { PAGE_MARK } from './inspect-html-style.ts';
import { inspectionReport } from './inspect-text.ts';

/** Reads a data set and says what is in it. */
export async function inspect(path: string, options: InspectCommandOptions, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  checkOptions(options);
  const { split } = options;
  const scan = scanOptions(options);
  const dataset = scanDataset(path, scan);
  const given = split === undefined ? undefined : { path: split, split: readSplit(split) };
  const watch = io.watchInterruption(() => {});
  try {
    const inspection = await inspectDataset(dataset, {
      excluded: withdrawnOf(dataset, () => scanDataset(path, { ...scan, includeWithdrawn: true })),
      ...(given ? { split: given } : {}),
      ...(options.threads === undefined ? {} : { threads: options.threads }),
      signal: watch.signal,
      progress: shower(progress),
    });
    progress.clear();
    const page = options.html === undefined ? null : await pageOf(inspection, dataset, progress);
    if (watch.signal.aborted) throw new Interruption();
    const next = nextCommand(path, options, inspection);
    if (options.json) io.stdout.write(`${JSON.stringify({ ...inspection, next }, null, 2)}\n`);
    else {
      const width = io.stdout.columns || 80;
      io.stdout.write(`${inspectionReport(inspection, styleFor(io.stdout, io.env), width).join('\n')}\n`);
    }
    // Last, so that what took long is not lost with a file that cannot be written.
    if (page !== null) {
      writeFileAtomic(options.html!, page);
      progress.print(`\nWritten: ${options.html}`);
    }
    const { bold, cyan } = progress.style;
    progress.print(`\nNext: ${bold(cyan(next))}`);
    return inspection.unreadable.length > 0 || leaks(inspection) ? 3 : 0;
  } catch (error) {
    progress.clear();
    if (!(error instanceof Interruption)) throw error;
    progress.say('Interrupted: nothing was written.');
    if (options.json) io.stdout.write(`${JSON.stringify({ status: 'interrupted' }, null, 2)}\n`);
    return INTERRUPTED;
  } finally {
    progress.clear();
    watch.release();
  }
}

/** @throws UsageError `inspect/html`, `usage/threads` */
function checkOptions({ html, threads }: InspectCommandOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
    throw new UsageError('usage/threads', `--threads is ${threads}`, 'Give a whole number from 1 to 256');
  }
  if (html !== undefined) checkOutputFile(html, 'inspect/html', PAGE_MARK);
}

/** Recordings left out of the data set that can be had all the same. */
function withdrawnOf(dataset: Dataset, scanAll: () => Dataset): RecordingEntry[] {
  if (dataset.excluded.length === 0) return [];
  const known = new Set(dataset.recordings.map(({ id }) => id));
  return scanAll().recordings.filter(({ id }) => !known.has(id));
}

function shower(progress: Progress) {
  let rate = new Rate();
  let doing = '';
  return (what: 'reading' | 'comparing', done: number, total: number) => {
    if (what !== doing) {
      rate = new Rate();
      doing = what;
    }
    progress.show(() => [
      `${what === 'reading' ? 'reading' : 'comparing pairs'} ${progress.bar(done / total)} ${count(done)}/${count(total)}`,
      `${duration(rate.left(done, total))} left`,
    ]);
  };
}

async function pageOf(inspection: Inspection, dataset: Dataset, progress: Progress): Promise<string> {
  progress.show(() => ['drawing']);
  const [{ inspectionPage }, { chartTools }] = await Promise.all([
    import('./inspect-html.ts'),
    import('../../vendor/d3.ts'),
  ]);
  const page = await inspectionPage(inspection, dataset, chartTools);
  progress.clear();
  return page;
}

function leaks({ split }: Inspection): boolean {
  return split !== null && (split.leaks.length > 0 || split.sharedAcross.length > 0);
}

/** Train where a good split is given, else draw one. */
function nextCommand(
  path: string,
  { layout, label, classes, split }: InspectCommandOptions,
  inspection: Inspection,
): string {
  const options = [
    ...(layout === 'auto' ? [] : [`--layout ${layout}`]),
    ...(label === undefined ? [] : [`--label ${shellWord(label)}`]),
    ...(classes === undefined ? [] : [`--classes ${shellWord(classes.join(','))}`]),
  ];
  const words =
    split !== undefined && !leaks(inspection)
      ? ['npx pcg-engine train', `--data ${shellWord(path)}`, ...options, `--split ${shellWord(split)}`]
      : ['npx pcg-engine data split', shellWord(path), ...options, '--out splits'];
  return words.join(' ');
}
