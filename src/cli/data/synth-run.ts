import {
  type Grade,
  type SynthFolderSummary,
  type SynthOptions,
  writeSynthFolder,
} from '../../train/synth/index.ts';
import { INTERRUPTED, type Io } from '../io.ts';
import { shellWord } from '../options.ts';
import { Progress, Rate } from '../progress.ts';
import { styleFor } from '../style.ts';
import { count, duration, plural, table } from '../table.ts';
import type { SynthCommandOptions } from './synth.ts';

export async function synth(dir: string, options: SynthCommandOptions, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  const watch = io.watchInterruption(() => progress.say('Stopping, nothing is kept.'));
  const rate = new Rate();
  try {
    const summary = await writeSynthFolder(dir, synthOptions(options), {
      signal: watch.signal,
      progress: (done, total) =>
        progress.show(() => [
          `Synthesising ${progress.bar(done / total)} ${count(done)}/${count(total)}`,
          `${duration(rate.left(done, total))} left`,
        ]),
    });
    progress.clear();
    if (summary) return finished(summary, options, progress, io);
  } finally {
    progress.clear();
    watch.release();
  }
  progress.say(`Interrupted: nothing was kept in ${dir}.`);
  if (options.json) io.stdout.write(`${JSON.stringify({ status: 'interrupted' }, null, 2)}\n`);
  return INTERRUPTED;
}

/** Ranges are checked where they are known, so numbers are passed on as they are. */
function synthOptions(options: SynthCommandOptions): SynthOptions {
  const { recordings, seconds, seed, rate, classes, sites } = options;
  const { heartRate, snr, stethoscope, timing, shape, grade } = options;
  return {
    recordings,
    seconds,
    seed,
    sampleRate: rate,
    classes: classes as 2 | 3,
    sites,
    ...(heartRate === undefined ? {} : { heartRate }),
    ...(snr === undefined ? {} : { snrDb: snr }),
    ...(stethoscope === undefined ? {} : { stethoscope }),
    ...(timing === undefined ? {} : { timing }),
    ...(shape === undefined ? {} : { shape }),
    ...(grade === undefined ? {} : { grade: grade as Grade }),
  };
}

function finished(
  { path, recordings, subjects, bytes, classes, counts }: SynthFolderSummary,
  options: SynthCommandOptions,
  progress: Progress,
  io: Io,
): number {
  const next = `npx pcg-engine train --data ${shellWord(path)}`;
  const sites = [...counts].map(([name, perClass]) => ({
    name,
    counts: Object.fromEntries(classes.map((label, k) => [label, perClass[k]!])),
  }));
  if (options.json) {
    const document = {
      status: 'finished',
      path,
      clinical: false,
      recordings,
      subjects,
      bytes,
      classes,
      sites,
      next,
    };
    io.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return 0;
  }
  const { bold, cyan, yellow } = progress.style;
  const rows = [
    ['site', ...classes],
    ...sites.map((site) => [site.name, ...classes.map((label) => count(site.counts[label]!))]),
  ];
  progress.print(yellow('Synthetic, not clinical: nothing found in them says anything about patients.'));
  io.stdout.write(
    `${plural(recordings, 'recording')} of ${duration(options.seconds)}, ${plural(subjects, 'subject')}, ${(bytes / 1e6).toFixed(1)} MB in ${path}\n`,
  );
  for (const line of table(rows, styleFor(io.stdout, io.env))) io.stdout.write(`${line}\n`);
  progress.print(`\nNext: ${bold(cyan(next))}`);
  return 0;
}
