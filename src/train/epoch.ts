import { log } from '../base/math.ts';
import type { Model } from '../layers/index.ts';
import type { Example } from './batch.ts';
import type { TrainConfig, ValidationMetric } from './config.ts';
import { type JudgeOptions, judge } from './judge.ts';
import { computeMetrics, type Figure, mean, type Scored } from './metrics.ts';
import { byCodeUnits } from './recording.ts';
import { chooseThreshold } from './threshold.ts';

/** What is known at the end of an epoch: a line of `events.ndjson` and a point of `curves.svg`. */
export interface EpochRecord {
  readonly epoch: number;
  readonly trainLoss: number;
  readonly learningRate: number;
  readonly validationLoss: number;
  /** At the threshold that is best on validation itself: for choosing an epoch, not for reporting. */
  readonly validationMacc: Figure;
  readonly validationAuc: Figure;
  /** Mean of the AUCs within sites where it is defined. */
  readonly validationSiteAuc: Figure;
  /** What epochs are compared by; greater is better. */
  readonly score: number;
  /** Whether it was the best so far. */
  readonly best?: boolean;
}

/**
 * Judges the validation recordings after an epoch, on windows side by side: half the work of overlapping ones.
 * @throws RunError `judge/not-finite`; Interruption when `options.signal` is aborted
 */
export async function validate(
  model: Model,
  validation: readonly Example[],
  config: TrainConfig,
  known: { readonly epoch: number; readonly trainLoss: number; readonly learningRate: number },
  options: Pick<JudgeOptions, 'signal' | 'store'> = {},
): Promise<EpochRecord> {
  const probabilities = await judge(model, validation, {
    batchSize: config.batchSize,
    step: model.config.frames,
    ...options,
  });
  const classes = model.config.classes;
  const scored: Scored[] = validation.map(({ label, site, group }, i) => ({
    label,
    site,
    group,
    probabilities: probabilities[i]!,
  }));
  const losses = scored.map(({ label, probabilities: p }) => -log(Math.max(p[label]!, 1e-12)));
  const validationLoss = losses.reduce((a, b) => a + b) / losses.length;
  const threshold = thresholdOf(scored, classes);
  const pooled = computeMetrics(scored, classes, threshold);
  const sites = [...new Set(scored.map(({ site }) => site))].sort(byCodeUnits);
  const within = sites.map(
    (site) =>
      computeMetrics(
        scored.filter((each) => each.site === site),
        classes,
        threshold,
      ).auc,
  );
  const record = {
    ...known,
    validationLoss,
    validationMacc: pooled.macc,
    validationAuc: pooled.auc,
    validationSiteAuc: mean(within.filter((auc) => auc !== null)),
  };
  return { ...record, score: scoreOf(record, config.metric) };
}

/** The threshold with the best MAcc on these recordings or patients; 0.5 where there are more than two classes. */
export function thresholdOf(scored: readonly Scored[], classes: number): number {
  if (classes !== 2) return 0.5;
  const { threshold } = chooseThreshold(
    scored.map(({ label }) => label === 1),
    scored.map(({ probabilities }) => probabilities[1]!),
  );
  return threshold;
}

function scoreOf(record: Omit<EpochRecord, 'score'>, metric: ValidationMetric): number {
  const figure = {
    auc: record.validationAuc,
    'site-auc': record.validationSiteAuc,
    macc: record.validationMacc,
    loss: -record.validationLoss,
  }[metric];
  // Where a metric is not defined (too few recordings of a class), the loss decides.
  return figure ?? -record.validationLoss - 1e6;
}
