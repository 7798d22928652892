import type { Figure } from './metrics.ts';

/**
 * Area under the ROC curve: the chance that a positive scores above a negative, ties counting half
 * (the Mann–Whitney U statistic over the number of pairs; Hanley & McNeil, Radiology 143, 1982).
 *
 * @returns null where positives or negatives are missing
 */
export function rocAuc(positive: readonly boolean[], scores: readonly number[]): Figure {
  const order = scores.map((_, index) => index).sort((a, b) => scores[a]! - scores[b]!);
  let positives = 0;
  // Twice the sum of the positives' ranks: the mean rank within a tie is a half, so all stays an integer.
  let doubledRanks = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    let positivesInTie = 0;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) {
      if (positive[order[to]!]) positivesInTie += 1;
      to += 1;
    }
    doubledRanks += positivesInTie * (from + 1 + to);
    positives += positivesInTie;
    from = to;
  }
  const negatives = order.length - positives;
  if (positives === 0 || negatives === 0) return null;
  return (doubledRanks / 2 - (positives * (positives + 1)) / 2) / (positives * negatives);
}
