import type { FinishedRun } from '../train/finish.ts';
import { RUN_FILES } from '../train/runfolder.ts';
import type { Io } from './io.ts';
import { leakWarning } from './leaks.ts';
import type { Progress } from './progress.ts';
import { evaluationReport, leftOutReport } from './report.ts';
import { styleFor } from './style.ts';
import { SYNTHETIC_WARNING, syntheticBanner } from './synthetic.ts';
import { duration, plural } from './table.ts';

/** The one document that `train --json` writes. */
export function resultJson(summary: FinishedRun, next: string) {
  const { folder, record, test, validation, skipped, stopped } = summary;
  const { data, threshold, patientThreshold, bestEpoch, model, split, environment, timings } = record;
  return {
    status: 'finished',
    run: folder.path,
    synthetic: data.layout === 'synthetic',
    ...(split.leaks ? { warning: leakWarning(split.leaks) } : {}),
    model,
    ...(data.label === undefined ? {} : { label: data.label }),
    classes: record.classes,
    threshold,
    ...(patientThreshold === undefined ? {} : { patientThreshold }),
    bestEpoch,
    stopped,
    split,
    test,
    validation,
    excluded: data.excluded,
    problems: data.problems,
    skipped,
    environment,
    timings,
    files: filesOf(summary),
    next,
  };
}

function filesOf({ folder }: FinishedRun): string[] {
  return (Object.keys(RUN_FILES) as (keyof typeof RUN_FILES)[])
    .filter((name) => folder.has(name))
    .map((name) => RUN_FILES[name]);
}

/** The report: figures on stdout, what is around them on stderr. */
export function printResult(
  summary: FinishedRun,
  next: string,
  { progress, io, json, quiet }: { progress: Progress; io: Io; json: boolean; quiet: boolean },
): void {
  const { record, test, skipped, stopped, folder } = summary;
  const { data, split, threshold, patientThreshold, bestEpoch, classes } = record;
  const { bold, yellow, cyan, red } = progress.style;
  for (const line of leftOutReport(data, skipped, progress.style)) progress.print(line);
  if (!json) {
    const style = styleFor(io.stdout, io.env);
    const tested = `Test on ${plural(test.pooled.count, 'recording')}`;
    const title = style.bold(
      split.leaks
        ? `${tested}, NOT all unheard in training`
        : `${tested} of subjects that training has not heard`,
    );
    const beware = split.leaks ? [style.bold(style.red(leakWarning(split.leaks)))] : [];
    const lines = ['', title, ...beware, ...evaluationReport(test, style), '', ...settled()];
    io.stdout.write(`${lines.join('\n')}\n`);
  }
  progress.print();
  progress.print(`${bold('Written')} ${folder.path}/: ${filesOf(summary).join(', ')}`);
  const total = Object.values(record.timings).reduce((sum, seconds) => sum + seconds, 0);
  const phases = Object.entries(record.timings).map(([name, seconds]) => `${name} ${duration(seconds)}`);
  progress.print(`${bold('Time')}    ${duration(total)} (${phases.join(', ')})`);
  if (split.leaks) progress.say(`${bold(red('warning:'))} ${leakWarning(split.leaks)}`);
  if (data.layout === 'synthetic') {
    if (quiet) progress.say(SYNTHETIC_WARNING);
    else progress.print(`\n${syntheticBanner((text) => bold(yellow(text)))}`);
  }
  if (skipped.length > 0) {
    const what = `${plural(skipped.length, 'recording')} could not be used, so this exits with 3`;
    progress.say(`${red('warning:')} ${what}; run.json lists them under data.skipped.`);
  }
  progress.print(`\nNext: ${bold(cyan(next))}`);

  function settled(): string[] {
    const reason = stopped === 'patience' ? ', stopped early' : '';
    const epochs = `Best of ${plural(summary.history.length, 'epoch')}${reason}: epoch ${bestEpoch}, by ${record.config.metric} on validation.`;
    if (classes.length !== 2 || threshold === undefined) return [epochs];
    const from = `chosen for the best MAcc on ${plural(split.counts.validation ?? 0, 'validation recording')}, never on test.`;
    const patients =
      patientThreshold === undefined
        ? []
        : [`For patients from ${patientThreshold.toFixed(3)} on, chosen there too.`];
    return [`"${classes[1]}" from a probability of ${threshold.toFixed(3)} on,`, from, ...patients, epochs];
  }
}
