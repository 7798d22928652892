import { DataError, RunError } from '../base/errors.ts';

export interface ChosenThreshold {
  /** A recording counts as positive when its probability is at least this. */
  readonly threshold: number;
  /** MAcc that the threshold reaches on the recordings it was chosen on: too good an estimate for others. */
  readonly macc: number;
}

/**
 * The threshold with the highest MAcc = (sensitivity + specificity) / 2, for use on other recordings than
 * these: choose it on validation, never on test.
 *
 * Candidates are the mid-points between neighbouring distinct probabilities, so that none lies on a
 * recording, and no candidate calls all recordings the same. Of candidates with equal MAcc the one nearest
 * to 0.5 is taken, and of two as near the lower (more sensitive) one. Where all probabilities are equal the
 * threshold is 0.5.
 *
 * @param positive whether each recording is of the positive class
 * @param probabilities of the positive class
 * @throws DataError `threshold/one-class` · RunError `threshold/not-finite`
 */
export function chooseThreshold(
  positive: readonly boolean[],
  probabilities: readonly number[],
): ChosenThreshold {
  const bad = probabilities.findIndex((probability) => !Number.isFinite(probability));
  if (bad >= 0) {
    throw new RunError('threshold/not-finite', `probability ${probabilities[bad]} of recording ${bad}`);
  }
  const positives = positive.filter(Boolean).length;
  const negatives = positive.length - positives;
  if (positives === 0 || negatives === 0) {
    const message = `no threshold can be chosen on ${positives} positive and ${negatives} negative recordings`;
    throw new DataError(
      'threshold/one-class',
      message,
      'The validation part needs recordings of both classes',
    );
  }

  const order = probabilities.map((_, index) => index).sort((a, b) => probabilities[a]! - probabilities[b]!);
  let best = { threshold: 0.5, score: -1 };
  let positivesBelow = 0;
  let negativesBelow = 0;
  for (let i = 0; i + 1 < order.length; i++) {
    if (positive[order[i]!]) positivesBelow += 1;
    else negativesBelow += 1;
    const low = probabilities[order[i]!]!;
    const high = probabilities[order[i + 1]!]!;
    if (low === high) continue;
    const middle = (low + high) / 2;
    // Between neighbouring doubles there is no middle; the upper one still separates them.
    const threshold = middle > low ? middle : high;
    // MAcc × 2 × positives × negatives: whole numbers, so that equal candidates compare as equal.
    const score = (positives - positivesBelow) * negatives + negativesBelow * positives;
    const nearer = Math.abs(threshold - 0.5) < Math.abs(best.threshold - 0.5);
    if (score > best.score || (score === best.score && nearer)) best = { threshold, score };
  }
  const macc = best.score < 0 ? 0.5 : best.score / (2 * positives * negatives);
  return { threshold: best.threshold, macc };
}
