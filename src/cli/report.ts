import type { Evaluation } from '../train/evaluation.ts';
import type { SkippedRecording } from '../train/load.ts';
import type { Metrics } from '../train/metrics.ts';
import { type Dataset, formatNames } from '../train/recording.ts';
import type { Style } from './style.ts';
import { count, figure, plural, table } from './table.ts';

const HEADING = ['', 'AUC', 'MAcc', 'sens.', 'spec.', 'acc.', 'prec.', 'F1', 'recordings'];

/** All figures of an evaluation: pooled, within each site, the trivial rules beside them, and the confusion matrix. */
export function evaluationReport(evaluation: Evaluation, style: Style): string[] {
  const { pooled, perSite, siteMean, baselines, intervals } = evaluation;
  const rows: string[][] = [HEADING, ['all sites pooled', ...figures(pooled)]];
  const sites = Object.entries(perSite);
  if (sites.length > 1) {
    for (const [site, metrics] of sites) rows.push([`within ${site}`, ...figures(metrics)]);
    rows.push(['mean of sites', figure(siteMean.auc.value), figure(siteMean.macc.value)]);
  }
  for (const [name, { metrics }] of Object.entries(baselines)) {
    rows.push([style.dim(`rule: ${name}`), ...figures(metrics)]);
  }
  const rules = Object.entries(baselines).map(([name, { rule }]) => style.dim(`  ${name}: ${rule}`));
  const { auc, macc } = intervals;
  const pooledRanges = `  95 % intervals of the pooled figures: AUC ${range(auc)}, MAcc ${range(macc)}`;
  const lines = [...table(rows, style), ...(auc || macc ? [style.dim(pooledRanges)] : []), ...rules];
  return [...lines, '', ...confusionTable(evaluation, style)];
}

function figures(metrics: Metrics): string[] {
  const { auc, macc, recall, specificity, accuracy, precision, f1 } = metrics;
  const values = [auc, macc, recall, specificity, accuracy, precision, f1];
  return [...values.map((value) => figure(value)), count(metrics.count)];
}

function range(interval: { readonly low: number; readonly high: number } | null): string {
  return interval ? `${figure(interval.low)}–${figure(interval.high)}` : 'not known';
}

function confusionTable({ classes, pooled }: Evaluation, style: Style): string[] {
  return table(
    [
      ['confusion', ...classes.map((name) => `decided ${name}`)],
      ...classes.map((name, truth) => [`true ${name}`, ...pooled.confusion[truth]!.map(count)]),
    ],
    style,
  );
}

/** Recordings that were left out: on purpose, odd, or not usable. One line a reason, with the first names. */
export function leftOutReport(
  { excluded, problems }: Pick<Dataset, 'excluded' | 'problems'>,
  skipped: readonly SkippedRecording[],
  { yellow, red }: Style,
): string[] {
  const byReason = grouped(excluded, ({ reason }) => reason);
  const byCode = grouped(skipped, ({ code }) => code);
  return [
    ...[...byReason].map(
      ([reason, all]) =>
        `${yellow('excluded')} ${plural(all.length, 'recording')}, ${reason}: ${formatNames(all.map(({ record }) => record))}`,
    ),
    ...problems.map(({ message }) => `${yellow('note')} ${message}`),
    ...[...byCode].map(
      ([code, all]) =>
        `${red('skipped')} ${plural(all.length, 'recording')} (${code}): ${formatNames(all.map(({ record }) => record))}; the first: ${all[0]!.message}`,
    ),
  ];
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
