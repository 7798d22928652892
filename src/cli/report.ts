import type { Evaluation, Figures } from '../train/evaluation.ts';
import type { SkippedRecording } from '../train/load.ts';
import type { Metrics } from '../train/metrics.ts';
import { type Dataset, formatNames, printable } from '../train/recording.ts';
import type { Style } from './style.ts';
import { count, figure, plural, table, widthOf } from './table.ts';

/** Columns of a terminal that nobody has widened. */
const WIDTH = 80;

/** What was judged: what its figures stand under, and how the last column is called. */
type Unit = 'recordings' | 'patients';

/**
 * All figures of an evaluation: pooled, within each site, the trivial rules beside them, each class of more than two,
 * and the confusion matrix; then the same for patients, where recordings name them.
 */
export function evaluationReport(evaluation: Evaluation, style: Style): string[] {
  const { classes, patients } = evaluation;
  const recordings = figuresReport(evaluation, classes, 'recordings', style);
  if (!patients) return recordings;
  const title = style.bold('By patient: the mean over the recordings of each');
  return [...recordings, '', title, ...figuresReport(patients, classes, 'patients', style)];
}

function figuresReport(all: Figures, classes: readonly string[], unit: Unit, style: Style): string[] {
  const { pooled, perSite, siteMean, baselines, intervals } = all;
  const heading = ['', 'AUC', 'MAcc', 'sens.', 'spec.', 'acc.', 'prec.', 'F1', unit];
  const rows: string[][] = [heading, ['all sites pooled', ...figures(pooled)]];
  const sites = Object.entries(perSite);
  if (sites.length > 1) {
    for (const [site, metrics] of sites) rows.push([`within ${printable(site)}`, ...figures(metrics)]);
    rows.push(['mean of sites', figure(siteMean.auc.value), figure(siteMean.macc.value)]);
  }
  for (const [name, { metrics }] of Object.entries(baselines)) {
    rows.push([style.dim(`rule: ${name}`), ...figures(metrics)]);
  }
  const rules = Object.entries(baselines).map(([name, { rule }]) =>
    style.dim(`  ${name}: ${printable(rule)}`),
  );
  const { auc, macc } = intervals;
  const pooledRanges = `  95 % intervals of the pooled figures: AUC ${range(auc)}, MAcc ${range(macc)}`;
  const means = '  all but acc. are means over the classes, each against the rest';
  return [
    ...table(rows, style),
    ...(classes.length > 2 ? [style.dim(means)] : []),
    ...(auc || macc ? [style.dim(pooledRanges)] : []),
    ...rules,
    ...(classes.length > 2 ? ['', ...classTable(pooled, classes, unit, style)] : []),
    '',
    ...confusionTable(pooled, classes, style),
  ];
}

function figures(metrics: Metrics): string[] {
  const { auc, macc, recall, specificity, accuracy, precision, f1 } = metrics;
  const values = [auc, macc, recall, specificity, accuracy, precision, f1];
  return [...values.map((value) => figure(value)), count(metrics.count)];
}

function range(interval: { readonly low: number; readonly high: number } | null): string {
  return interval ? `${figure(interval.low)}–${figure(interval.high)}` : 'not known';
}

/** Each class against the rest. */
function classTable(
  { perClass, countPerClass }: Metrics,
  classes: readonly string[],
  unit: Unit,
  style: Style,
): string[] {
  const rows = classes.map((name, k) => {
    const { auc, recall, specificity, precision, f1 } = perClass[k]!;
    const values = [auc, recall, specificity, precision, f1].map((value) => figure(value));
    return [clipped(name, 32), ...values, count(countPerClass[k]!)];
  });
  return table([['class, all sites pooled', 'AUC', 'recall', 'spec.', 'prec.', 'F1', unit], ...rows], style);
}

/** With names over the columns where they fit, else with numbers. */
function confusionTable({ confusion }: Metrics, classes: readonly string[], style: Style): string[] {
  const body = (titles: readonly string[]) =>
    titles.map((title, truth) => [title, ...confusion[truth]!.map(count)]);
  const names = classes.map(printable);
  const named = [
    ['confusion', ...names.map((name) => `decided ${name}`)],
    ...body(names.map((name) => `true ${name}`)),
  ];
  const plain = table(named, { bold: (text) => text });
  if (Math.max(...plain.map(widthOf)) <= WIDTH) return table(named, style);
  const numbers = classes.map((_, k) => String(k + 1));
  const last = String(classes.length).length;
  const numbered = names.map((name, k) => `${numbers[k]!.padStart(last)} ${clipped(name, 36)}`);
  return table([['confusion: true in rows, decided in columns', ...numbers], ...body(numbered)], style);
}

/** A name no wider than a column has room for. */
function clipped(name: string, width: number): string {
  const characters = [...printable(name)];
  return characters.length > width ? `${characters.slice(0, width - 1).join('')}…` : characters.join('');
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
