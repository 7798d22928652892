import type { EpochRecord } from '../train/epoch.ts';
import type { StepReport } from '../train/fit.ts';
import type { RunHooks } from '../train/run.ts';
import { type Progress, Rate } from './progress.ts';
import { count, duration, figure } from './table.ts';

const HEADING = ['epoch', 'train loss', 'val loss', 'val AUC', 'site AUC', 'MAcc', 'time'];
const WIDTHS = [7, 10, 8, 7, 8, 5, 8];

/** Shows a training as it goes: loading, steps, epochs, judging. */
export function trainingHooks(
  progress: Progress,
  { batchSize, epochs }: { readonly batchSize: number; readonly epochs: number },
): RunHooks {
  const { bold, dim, green } = progress.style;
  const label = (text: string) => bold(text.padEnd(8));
  const checking = new Rate();
  let phase: 'features' | 'training' | 'judging' = 'features';
  let loading = new Rate();
  let training = new Rate();
  let epoch = new Rate();
  let judging = new Rate();
  let stepsBefore: number | undefined;
  let firstOfEpoch = 0;
  let tenth = 0;
  let lastJudged = 0;

  const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(WIDTHS[i]!)).join('  ');
  return {
    onPhase(now, detail) {
      phase = now;
      if (now === 'features') {
        progress.print(`${label('Loading')} ${detail}`);
        loading = new Rate();
      } else if (now === 'training') {
        progress.print(`${label('Training')} ${detail}`);
        progress.print(dim(row(HEADING)));
        training = new Rate();
        epoch = new Rate();
      } else {
        progress.print(`${label('Judging')} ${detail}`);
        loading = new Rate();
        judging = new Rate();
      }
      tenth = 0;
    },
    onCheck(done, total) {
      progress.show(() => [
        `looking for copies ${progress.bar(done / total)} ${count(done)}/${count(total)}`,
        `${duration(checking.left(done, total))} left`,
      ]);
    },
    onLoad(done, total) {
      progress.show(() => [
        `${phase === 'judging' ? 'reading test recordings ' : ''}${progress.bar(done / total)} ${count(done)}/${count(total)}`,
        `${loading.perSecond(done).toFixed(0)} recordings/s`,
        `${duration(loading.left(done, total))} left`,
      ]);
      const tenths = Math.floor((10 * done) / total);
      if (!progress.live && phase === 'features' && tenths > tenth) {
        progress.print(`  ${10 * tenths} % (${count(done)} of ${count(total)} recordings)`);
      }
      tenth = tenths;
    },
    onStep(report: StepReport) {
      const { step, stepsPerEpoch, loss } = report;
      const done = (report.epoch - 1) * stepsPerEpoch + step;
      stepsBefore ??= done - 1;
      if (step === 1) firstOfEpoch = 0;
      else if (firstOfEpoch === 0 && done - stepsBefore === 1) firstOfEpoch = step - 1;
      progress.show(() => {
        const here = step - firstOfEpoch;
        const total = training.left(done - stepsBefore!, epochs * stepsPerEpoch - stepsBefore!);
        return [
          `epoch ${report.epoch}/${epochs} ${progress.bar(step / stepsPerEpoch, 10)} ${step}/${stepsPerEpoch}`,
          `loss ${loss.toFixed(4)}`,
          `${epoch.perSecond(here * batchSize).toFixed(0)} win/s`,
          step === stepsPerEpoch
            ? `validating, all ${duration(total)}`
            : `left ${duration(epoch.left(here, stepsPerEpoch - firstOfEpoch))}, all ${duration(total)}`,
        ];
      });
    },
    onEpoch(record: EpochRecord) {
      const cells = [
        `${record.epoch}/${epochs}`,
        record.trainLoss.toFixed(4),
        record.validationLoss.toFixed(4),
        figure(record.validationAuc),
        figure(record.validationSiteAuc),
        figure(record.validationMacc),
        duration(epoch.seconds()),
      ];
      const line = row(cells);
      progress.print(record.best ? `${green(line)}  ${green('★')}` : line);
      epoch = new Rate();
    },
    onJudge(done, total) {
      if (done < lastJudged) judging = new Rate();
      lastJudged = done;
      progress.show(() => [
        `${progress.bar(done / total)} ${count(done)}/${count(total)} windows`,
        `${judging.perSecond(done).toFixed(0)} windows/s`,
        `${duration(judging.left(done, total))} left`,
      ]);
    },
  };
}
