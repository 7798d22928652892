import { byCodeUnits } from './recording.ts';
import { chooseThreshold } from './threshold.ts';

/** Anything with a class and a place of recording. */
export interface Labelled {
  readonly label: number;
  readonly site: string;
}

/** A rule that never listens: what a model must beat to have learned anything from the sound. */
export interface Baseline {
  readonly name: 'majority' | 'site-only';
  /** What it does, for reports. */
  readonly rule: string;
  /** For two classes, the threshold that goes with its probabilities. */
  readonly threshold: number;
  probabilities(site: string): readonly number[];
}

/** Always the most frequent class of the training part (the first of equals). */
export function majorityBaseline(train: readonly Labelled[], classes: readonly string[]): Baseline {
  const shares = sharesOf(train, classes.length);
  const winner = shares.indexOf(Math.max(...shares));
  const probabilities = classes.map((_, k) => (k === winner ? 1 : 0));
  const rule = `always "${classes[winner]}", the most frequent class of the training part`;
  return { name: 'majority', rule, threshold: 0.5, probabilities: () => probabilities };
}

/**
 * Only the site: the probability of a class is its share at that site in the training part, at unknown sites
 * its share overall. With two classes the threshold is chosen on the training part for the highest MAcc, as
 * a model's is on validation; a plain majority at each site would understate how far the site alone gets
 * where one class is rare.
 */
export function siteBaseline(train: readonly Labelled[], classes: readonly string[]): Baseline {
  const overall = sharesOf(train, classes.length);
  const bySite = new Map<string, readonly number[]>();
  for (const site of [...new Set(train.map((each) => each.site))].sort(byCodeUnits)) {
    bySite.set(
      site,
      sharesOf(
        train.filter((each) => each.site === site),
        classes.length,
      ),
    );
  }
  const probabilities = (site: string) => bySite.get(site) ?? overall;
  const present = overall.filter((share) => share > 0).length;
  let threshold = 0.5;
  let rule = 'the most frequent class of the site in the training part';
  if (classes.length === 2 && present === 2) {
    threshold = chooseThreshold(
      train.map((each) => each.label === 1),
      train.map((each) => probabilities(each.site)[1]!),
    ).threshold;
    const positive = [...bySite].filter(([, shares]) => shares[1]! >= threshold).map(([site]) => site);
    rule = `"${classes[1]}" at ${positive.join(', ') || 'no site'}, else "${classes[0]}"`;
  }
  return { name: 'site-only', rule, threshold, probabilities };
}

function sharesOf(recordings: readonly Labelled[], classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const { label } of recordings) counts[label]! += 1;
  return counts.map((count) => (recordings.length === 0 ? 1 / classes : count / recordings.length));
}
