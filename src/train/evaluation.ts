import { rocAuc } from './auc.ts';
import { type Baseline, type Labelled, majorityBaseline, siteBaseline } from './baselines.ts';
import { bootstrapByGroup, type Interval } from './bootstrap.ts';
import { computeMetrics, type Figure, type Metrics, mean, meanRecall, type Scored } from './metrics.ts';
import { hasPatients, labelPatients, type OfPatient, scorePatients } from './patients.ts';
import { byCodeUnits } from './recording.ts';

/** All figures of a set of things that were judged: recordings, or patients. */
export interface Figures {
  readonly pooled: Metrics;
  /** 95 % intervals of pooled figures, from resampled subjects; null where there are too few. */
  readonly intervals: Readonly<Record<'auc' | 'macc', Interval | null>>;
  /** Within each site, by its name: the figures that a site shortcut cannot raise. */
  readonly perSite: Readonly<Record<string, Metrics>>;
  /** Unweighted means over the sites where the figure is defined, and how many those are. */
  readonly siteMean: Readonly<Record<'auc' | 'macc', { readonly value: Figure; readonly sites: number }>>;
  /** Rules learned on the training part and judged on the same things; none where no training part is known. */
  readonly baselines: Readonly<Record<string, { readonly rule: string; readonly metrics: Metrics }>>;
}

/** What is reported of a set of recordings: everything here goes into `metrics.json` as it is. */
export interface Evaluation extends Figures {
  readonly classes: readonly string[];
  /** The same for patients, where recordings name them: each judged once, by the mean over its recordings. */
  readonly patients?: Figures;
}

export interface EvaluateOptions {
  readonly classes: readonly string[];
  /** For class 1 of two classes, chosen on validation. Ignored over two classes. */
  readonly threshold: number;
  /** The same for patients; `threshold` where missing. */
  readonly patientThreshold?: number;
  /** The training part, from which the baselines learn. */
  readonly train: readonly (Labelled & Partial<OfPatient>)[];
  /** For the intervals. */
  readonly seed: number;
  /** Resamples for the intervals; default 1000, 0 for none. */
  readonly resamples?: number;
}

/**
 * All figures of a set of judged recordings: pooled, within each site, and beside them the baselines; for patients
 * as well where any recording names one.
 * @throws DataError `dataset/patient-label`, `dataset/patient-group`
 */
export function evaluateScored(
  scored: readonly (Scored & Partial<OfPatient>)[],
  options: EvaluateOptions,
): Evaluation {
  const { classes, threshold, patientThreshold = threshold } = options;
  const figures = { classes, ...figuresOf(scored, options) };
  if (!hasPatients(scored)) return figures;
  const train = labelPatients(named(options.train));
  const patients = scorePatients(named(scored), classes);
  return { ...figures, patients: figuresOf(patients, { ...options, threshold: patientThreshold, train }) };
}

/** Where a recording has no name, its place in the list is one. */
function named<T extends Partial<OfPatient>>(recordings: readonly T[]): (T & OfPatient)[] {
  return recordings.map((each, i) => ({ ...each, record: each.record ?? String(i) }));
}

function figuresOf(
  scored: readonly Scored[],
  options: Omit<EvaluateOptions, 'train'> & { readonly train: readonly Labelled[] },
): Figures {
  const { classes, threshold, train } = options;
  const metrics = (sample: readonly Scored[], at = threshold) => computeMetrics(sample, classes.length, at);
  const sites = [...new Set(scored.map(({ site }) => site))].sort(byCodeUnits);
  const perSite = sites.map((site) => metrics(scored.filter((each) => each.site === site)));
  const siteMean = (name: 'auc' | 'macc') => {
    const defined = perSite.map((each) => each[name]).filter((value) => value !== null);
    return { value: mean(defined), sites: defined.length };
  };
  const judge = ({ name, rule, threshold: at, probabilities }: Baseline) => {
    const judged = scored.map((each) => ({ ...each, probabilities: probabilities(each.site) }));
    return [name, { rule, metrics: metrics(judged, at) }] as const;
  };
  const interval = (figure: (sample: readonly Scored[]) => Figure) =>
    options.resamples === 0 ? null : bootstrapByGroup(scored, figure, options);
  const auc = (sample: readonly Scored[]) =>
    classes.length === 2
      ? rocAuc(
          sample.map(({ label }) => label === 1),
          sample.map(({ probabilities }) => probabilities[1]!),
        )
      : metrics(sample).auc;
  return {
    pooled: metrics(scored),
    intervals: {
      auc: interval(auc),
      macc: interval((sample) => meanRecall(sample, classes.length, threshold)),
    },
    perSite: Object.fromEntries(sites.map((site, index) => [site, perSite[index]!])),
    siteMean: { auc: siteMean('auc'), macc: siteMean('macc') },
    baselines:
      train.length > 0
        ? Object.fromEntries([majorityBaseline(train, classes), siteBaseline(train, classes)].map(judge))
        : {},
  };
}
