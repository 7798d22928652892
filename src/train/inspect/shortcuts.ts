import { rocAuc } from '../auc.ts';
import { siteBaseline } from '../baselines.ts';
import { decide, type Figure, mean } from '../metrics.ts';
import { byCodeUnits, type RecordingEntry } from '../recording.ts';
import { ageName } from './counts.ts';
import type { SoundFacts } from './facts.ts';
import type { Shortcut } from './inspection.ts';
import { groupBy, quantile, rounded } from './quantiles.ts';

/** A recording with what is known of its sound, where it could be read. */
export interface Known {
  readonly recording: RecordingEntry;
  readonly facts: SoundFacts | null;
}

/** Figures are cut into so many ranges with as many recordings each. */
const RANGES = 10;
const FOLDS = 5;

/**
 * How far each fact beside the sound gets on its own, the best first. The rule is that of `siteBaseline` with the fact
 * in the place of the site, learned on four fifths of the subjects and judged on the others. Facts that all recordings
 * have in common, or that some lack, are left out, and everything where there is but one class.
 */
export function findShortcuts(known: readonly Known[], classes: readonly string[]): Shortcut[] {
  const present = new Set(known.map(({ recording }) => recording.label));
  if (present.size < 2) return [];
  const folds = foldsOf(known.map(({ recording }) => recording));
  const readable = known.every(({ facts }) => facts !== null);
  const candidates: [fact: string, values: (string | undefined)[]][] = [
    ['site', known.map(({ recording }) => recording.site)],
    ['location', known.map(({ recording }) => recording.location)],
    ['sex', known.map(({ recording }) => recording.sex)],
    ['age', known.map(({ recording }) => ageName(recording))],
  ];
  if (readable) {
    const facts = known.map((each) => each.facts!);
    candidates.push(
      ['sample rate', facts.map(({ sampleRate }) => `${sampleRate} Hz`)],
      ['channels', facts.map(({ channels }) => String(channels))],
      ['encoding', facts.map(({ encoding }) => encoding ?? undefined)],
      [
        'duration',
        ranges(
          facts.map(({ seconds }) => seconds),
          's',
        ),
      ],
      [
        'level',
        ranges(
          facts.map(({ rmsDb }) => rmsDb ?? -200),
          'dBFS',
        ),
      ],
      [
        'DC offset',
        ranges(
          facts.map(({ dcOffset }) => 100 * Math.abs(dcOffset)),
          '%',
        ),
      ],
    );
  }
  return candidates
    .flatMap(([fact, values]) => {
      const some = values.some((value) => value !== undefined);
      const distinct = new Set(values).size;
      if (!some || distinct < 2) return [];
      const named = values.map((value) => value ?? 'not said');
      const items = known.map(({ recording }, i) => ({ label: recording.label, site: named[i]! }));
      return [{ fact, ...judge(items, folds, classes), values: distinct }];
    })
    .sort((a, b) => (b.macc ?? 0) - (a.macc ?? 0) || byCodeUnits(a.fact, b.fact));
}

interface Item {
  readonly label: number;
  readonly site: string;
}

function judge(
  items: readonly Item[],
  folds: readonly number[],
  classes: readonly string[],
): Pick<Shortcut, 'macc' | 'auc' | 'rule'> {
  const decided: { label: number; decision: number; score: number }[] = [];
  for (let fold = 0; fold < FOLDS; fold++) {
    const train = items.filter((_, i) => folds[i] !== fold);
    const test = items.filter((_, i) => folds[i] === fold);
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
function foldsOf(recordings: readonly RecordingEntry[]): number[] {
  const subjects = [...groupBy(recordings, ({ group }) => group)]
    .map(([name, [first]]) => ({ name, site: first!.site, label: first!.label }))
    .sort((a, b) => byCodeUnits(a.site, b.site) || a.label - b.label || byCodeUnits(a.name, b.name));
  const foldOf = new Map(subjects.map(({ name }, i) => [name, i % FOLDS]));
  return recordings.map(({ group }) => foldOf.get(group)!);
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
