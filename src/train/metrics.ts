import { RunError } from '../base/errors.ts';
import { rocAuc } from './auc.ts';

/** What is known of one recording once a model has judged it. */
export interface Scored {
  readonly label: number;
  /** One probability a class; index 1 is the positive class where there are two. */
  readonly probabilities: readonly number[];
  readonly site: string;
  readonly group: string;
}

/** A figure, or null where it is not defined (see `undefined` beside it for why). Never NaN. */
export type Figure = number | null;

/** The usual figures for one class against the rest. */
export interface ClassFigures {
  /** TP / (TP + FP). */
  readonly precision: Figure;
  /** Sensitivity, TP / (TP + FN). */
  readonly recall: Figure;
  /** TN / (TN + FP). */
  readonly specificity: Figure;
  /** 2 TP / (2 TP + FP + FN). */
  readonly f1: Figure;
  /** Area under the ROC curve of the class's probability; no threshold is involved. */
  readonly auc: Figure;
}

export interface Metrics extends ClassFigures {
  readonly count: number;
  /** Recordings by true class. */
  readonly countPerClass: readonly number[];
  /** What the decisions were made with; null where the most probable class was taken (over two classes). */
  readonly threshold: number | null;
  readonly accuracy: Figure;
  /** (sensitivity + specificity) / 2, the Challenge's MAcc; over two classes: mean recall of the classes. */
  readonly macc: Figure;
  /** `confusion[true class][decided class]`. */
  readonly confusion: readonly (readonly number[])[];
  /** Each class against the rest, by label. */
  readonly perClass: readonly ClassFigures[];
  /** Why figures are null, by figure. */
  readonly undefined: Readonly<Record<string, string>>;
}

/**
 * The class decided on. Two classes: the positive one where its probability reaches the threshold. More:
 * the most probable, the first of equals.
 * @throws RunError `metrics/not-finite`
 */
export function decide(probabilities: readonly number[], threshold: number): number {
  if (!probabilities.every(Number.isFinite)) {
    throw new RunError('metrics/not-finite', `probabilities ${probabilities.join(', ')} are not all numbers`);
  }
  if (probabilities.length === 2) return probabilities[1]! >= threshold ? 1 : 0;
  let best = 0;
  for (let k = 1; k < probabilities.length; k++) if (probabilities[k]! > probabilities[best]!) best = k;
  return best;
}

/**
 * Figures over recordings. With two classes the top-level precision, recall, specificity, F1 and AUC are
 * those of class 1; with more they are means over the classes (macro averages), null as soon as one is.
 *
 * @param threshold for class 1 of two classes; ignored over two classes
 */
export function computeMetrics(scored: readonly Scored[], classes: number, threshold: number): Metrics {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const { label, probabilities } of scored) {
    if (probabilities.length !== classes || !(label >= 0 && label < classes)) {
      const what = `label ${label} with ${probabilities.length} probabilities`;
      throw new RunError('metrics/classes', `${what} where there are ${classes} classes`);
    }
    confusion[label]![decide(probabilities, threshold)]! += 1;
  }
  const perClass = confusion.map((_, k) => classFigures(confusion, k, scored));
  const countPerClass = confusion.map(sum);
  const correct = sum(confusion.map((row, k) => row[k]!));
  const binary = classes === 2;
  const macro = (name: keyof ClassFigures): Figure => mean(perClass.map((figures) => figures[name]));
  const recalls = perClass.map((figures) => figures.recall);
  const figures = {
    accuracy: ratio(correct, scored.length),
    precision: binary ? perClass[1]!.precision : macro('precision'),
    recall: binary ? perClass[1]!.recall : macro('recall'),
    specificity: binary ? perClass[1]!.specificity : macro('specificity'),
    f1: binary ? perClass[1]!.f1 : macro('f1'),
    macc: mean(recalls),
    auc: binary ? perClass[1]!.auc : macro('auc'),
  };
  return {
    count: scored.length,
    countPerClass,
    threshold: binary ? threshold : null,
    ...figures,
    confusion,
    perClass,
    undefined: explain(figures, countPerClass, binary),
  };
}

function classFigures(
  confusion: readonly (readonly number[])[],
  k: number,
  scored: readonly Scored[],
): ClassFigures {
  const truePositives = confusion[k]![k]!;
  const positives = sum(confusion[k]!);
  const decided = sum(confusion.map((row) => row[k]!));
  const negatives = scored.length - positives;
  const trueNegatives = negatives - (decided - truePositives);
  return {
    precision: ratio(truePositives, decided),
    recall: ratio(truePositives, positives),
    specificity: ratio(trueNegatives, negatives),
    f1: ratio(2 * truePositives, positives + decided),
    auc: rocAuc(
      scored.map(({ label }) => label === k),
      // Of two classes the second's probability decides for both: files keep that one, and 1 − p would make ties.
      scored.map(({ probabilities: p }) => (p.length === 2 && k === 0 ? -p[1]! : p[k]!)),
    ),
  };
}

/** Why each null figure is null, in the words of the counts behind it. */
function explain(
  figures: Readonly<Record<string, Figure>>,
  countPerClass: readonly number[],
  binary: boolean,
): Record<string, string> {
  const reasons: Record<string, string> = {};
  const absent = countPerClass.flatMap((count, k) => (count === 0 ? [k] : []));
  for (const [name, value] of Object.entries(figures)) {
    if (value !== null) continue;
    if (sum(countPerClass) === 0) reasons[name] = 'no recordings';
    else if (name === 'precision')
      reasons[name] = binary ? 'no recording was decided positive' : 'a class was never decided on';
    else if (name === 'f1' && binary) reasons[name] = 'no recording is positive or was decided positive';
    else reasons[name] = `no recording of class ${absent.join(', ')}`;
  }
  return reasons;
}

/** The `macc` of `computeMetrics` alone, for loops that need nothing else. */
export function meanRecall(scored: readonly Scored[], classes: number, threshold: number): Figure {
  const totals = new Array<number>(classes).fill(0);
  const correct = new Array<number>(classes).fill(0);
  for (const { label, probabilities } of scored) {
    totals[label]! += 1;
    if (decide(probabilities, threshold) === label) correct[label]! += 1;
  }
  return mean(correct.map((count, k) => ratio(count, totals[k]!)));
}

/** Mean of the figures, null where one is null or there are none. */
export function mean(figures: readonly Figure[]): Figure {
  let total = 0;
  for (const figure of figures) {
    if (figure === null) return null;
    total += figure;
  }
  return ratio(total, figures.length);
}

function ratio(part: number, whole: number): Figure {
  return whole === 0 ? null : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
