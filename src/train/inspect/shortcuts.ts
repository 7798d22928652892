import { rocAuc } from '../auc.ts';
import { siteBaseline } from '../baselines.ts';
import { decide, type Figure, mean } from '../metrics.ts';
import { byCodeUnits, type RecordingEntry } from '../recording.ts';
import { ageName, NOT_SAID } from './counts.ts';
import type { SoundFacts } from './facts.ts';
import type { Shortcut } from './inspection.ts';
import { groupBy, quantile, rounded } from './quantiles.ts';

/** A recording with what is known of its sound, where it could be read. */
export interface Known {
  readonly recording: RecordingEntry;
  readonly facts: SoundFacts | null;
}

/** A recording that could be read. */
export interface Heard extends Known {
  readonly facts: SoundFacts;
}

/** Figures are cut into so many ranges with as many recordings each. */
const RANGES = 10;
const FOLDS = 5;

/**
 * How far each fact beside the sound gets on its own, the best first. The rule is that of `siteBaseline` with the fact
 * in the place of the site, learned on four fifths of the subjects and judged on the others. Facts of the sound are
 * judged on the recordings that can be read; what the source does not say of a recording counts as a value of its own.
 * Facts that all recordings have in common are left out, and those known of recordings of one class alone.
 */
export function findShortcuts(known: readonly Known[], classes: readonly string[]): Shortcut[] {
  const all = known.map(({ recording }) => recording);
  const foldOf = foldsOf(all);
  const heard = known.filter((each): each is Heard => each.facts !== null);
  const readable = heard.map(({ recording }) => recording);
  const ofSource = (fact: string, of: (recording: RecordingEntry) => string | undefined) => ({
    fact,
    among: all,
    values: all.map(of),
  });
  const ofSound = (fact: string, of: (facts: SoundFacts) => string | undefined) => ({
    fact,
    among: readable,
    values: heard.map(({ facts }) => of(facts)),
  });
  const measured = (fact: string, unit: string, of: (facts: SoundFacts) => number) => {
    const values = heard.map(({ facts }) => of(facts));
    return { fact, among: readable, values: ranges(values, unit) };
  };
  return [
    ofSource('site', ({ site }) => site),
    ofSource('location', ({ location }) => location),
    ofSource('sex', ({ sex }) => sex),
    ofSource('age', ageName),
    ofSound('sample rate', ({ sampleRate }) => `${sampleRate} Hz`),
    ofSound('channels', ({ channels }) => String(channels)),
    ofSound('encoding', ({ encoding }) => encoding ?? undefined),
    measured('duration', 's', ({ seconds }) => seconds),
    measured('level', 'dBFS', ({ rmsDb }) => rmsDb ?? -200),
    measured('DC offset', '%', ({ dcOffset }) => 100 * Math.abs(dcOffset)),
  ]
    .flatMap(({ fact, among, values }) => {
      const distinct = new Set(values).size;
      const labels = new Set(among.map(({ label }) => label));
      if (distinct < 2 || labels.size < 2) return [];
      const items = among.map(({ label, group }, i) => ({
        label,
        site: values[i] ?? NOT_SAID,
        fold: foldOf.get(group)!,
      }));
      return [{ fact, ...judge(items, classes), values: distinct }];
    })
    .sort((a, b) => (b.macc ?? 0) - (a.macc ?? 0) || byCodeUnits(a.fact, b.fact));
}

interface Item {
  readonly label: number;
  readonly site: string;
  readonly fold: number;
}

function judge(items: readonly Item[], classes: readonly string[]): Pick<Shortcut, 'macc' | 'auc' | 'rule'> {
  const decided: { label: number; decision: number; score: number }[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const train = items.filter((item) => item.fold !== fold);
    const test = items.filter((item) => item.fold === fold);
    if (train.length === 0) continue;
    const { threshold, probabilities } = siteBaseline(train, classes);
    for (const { label, site } of test) {
      const shares = probabilities(site);
      decided.push({ label, decision: decide(shares, threshold), score: shares[1]! });
    }
  }
  const recalls = classes.map((_, label): Figure => {
    const own = decided.filter((each) => each.label === label);
    return own.length === 0 ? null : own.filter(({ decision }) => decision === label).length / own.length;
  });
  const macc = mean(recalls.filter((recall) => recall !== null));
  const auc =
    classes.length === 2
      ? rocAuc(
          decided.map(({ label }) => label === 1),
          decided.map(({ score }) => score),
        )
      : null;
  const { rule } = siteBaseline(items, classes);
  return { macc: macc === null ? null : rounded(macc), auc: auc === null ? null : rounded(auc), rule };
}

/** Subjects dealt out in turn, in the order of site, label and name, so that the folds are alike. */
function foldsOf(recordings: readonly RecordingEntry[]): Map<string, number> {
  const subjects = [...groupBy(recordings, ({ group }) => group)]
    .map(([name, [first]]) => ({ name, site: first!.site, label: first!.label }))
    .sort((a, b) => byCodeUnits(a.site, b.site) || a.label - b.label || byCodeUnits(a.name, b.name));
  return new Map(subjects.map(({ name }, i) => [name, i % FOLDS]));
}

/** Each value as the range it lies in; equal values are in one range. */
function ranges(values: readonly number[], unit: string): string[] {
  const sorted = [...values].sort((a, b) => a - b);
  const edges = [
    ...new Set(Array.from({ length: RANGES - 1 }, (_, i) => rounded(quantile(sorted, (i + 1) / RANGES), 4))),
  ];
  return values.map((value) => {
    const i = edges.filter((edge) => value > edge).length;
    if (i === 0) return `up to ${shown(edges[0]!)} ${unit}`;
    const from = shown(edges[i - 1]!);
    return i === edges.length ? `over ${from} ${unit}` : `${from} to ${shown(edges[i]!)} ${unit}`;
  });
}

function shown(value: number): string {
  return String(rounded(value, Math.abs(value) < 1 ? 3 : 1));
}
