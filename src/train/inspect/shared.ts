import { type Fingerprints, findCopies } from '../copies.ts';
import { DisjointSets } from '../disjoint-sets.ts';
import { byCodeUnits, type RecordingEntry } from '../recording.ts';
import type { SyntheticRecording } from '../synth/index.ts';
import { type Candidate, findCandidates } from './candidates.ts';
import type { SharedStretch } from './compare.ts';
import type { SoundFacts } from './facts.ts';
import { FINGERPRINT_RATE, type Fingerprint } from './fingerprint.ts';
import type { Cluster, CopySet, SharedPair } from './inspection.ts';
import type { CompareItem } from './pairs.ts';
import { groupBy, rounded } from './quantiles.ts';
import type { Known } from './shortcuts.ts';

/** A recording of the data set, or one left out of it on purpose, with its sound. */
export interface Printed {
  readonly recording: RecordingEntry;
  readonly excluded: boolean;
  readonly facts: SoundFacts;
  readonly fingerprint: Fingerprint;
}

export interface Proposal extends CompareItem {
  readonly one: Printed;
  readonly other: Printed;
}

/** Offsets tried for a pair at most: a regular heart votes for many, and the true one has the most votes. */
const MOST_OFFSETS = 3;
/** One vote is chance more often than not, but all that a short overlap can give. */
const SHORT_OVERLAP = 8;

/** What recordings are told by to be copies. Flat ones are like no other, as in training: nobody learns from them. */
export function fingerprintsOf(known: readonly Known[]): Required<Fingerprints> {
  const hashes = (of: (facts: SoundFacts) => string) =>
    new Map(
      known.flatMap(({ recording, facts }) =>
        facts && !facts.flat ? [[recording.id, of(facts)] as const] : [],
      ),
    );
  return { contentHash: hashes(({ hash }) => hash), soundHash: hashes(({ soundHash }) => soundHash) };
}

/** Sets of recordings with the same bytes or samples. */
export function findCopySets(printed: readonly Printed[], classes: readonly string[]): CopySet[] {
  const byId = new Map(printed.map((each) => [each.recording.id, each.recording]));
  return findCopies(
    printed.map(({ recording }) => recording),
    fingerprintsOf(printed),
  ).map(({ kind, names }) => {
    const of = (fact: (recording: RecordingEntry) => string) =>
      unique(names.map((name) => fact(byId.get(name)!)));
    return {
      kind,
      records: names,
      classes: of(({ label }) => classes[label]!),
      subjects: of(({ group }) => group),
      sites: of(({ site }) => site),
    };
  });
}

/** Recordings by the hash of their sound. Of copies those in the data set come before those left out of it. */
export function bySound(printed: readonly Printed[]): Map<string, Printed[]> {
  const sets = groupBy(printed, ({ facts }) => facts.soundHash);
  for (const set of sets.values()) set.sort((a, b) => Number(a.excluded) - Number(b.excluded));
  return sets;
}

/**
 * The pairs by which sound is named that two sets of copies share: the first of both; and where copies are of another
 * subject or class, or on another side of a split, the first pair each that differs in that. All pairs would be as many
 * as the one set times the other.
 */
export function namedPairs(
  copies: readonly Printed[],
  others: readonly Printed[],
  partOf: ReadonlyMap<string, string>,
): [Printed, Printed][] {
  const pairs: [Printed, Printed][] = [[copies[0]!, others[0]!]];
  for (const fact of [
    ({ recording }: Printed) => recording.group,
    ({ recording }: Printed) => recording.label,
    ({ recording }: Printed) => partOf.get(recording.id),
  ]) {
    const pair = differing(copies, others, fact);
    if (pair && !pairs.some(([a, b]) => a === pair[0] && b === pair[1])) pairs.push(pair);
  }
  return pairs;
}

/** The first pair that differs in a fact, of those that have it. */
function differing(
  copies: readonly Printed[],
  others: readonly Printed[],
  fact: (each: Printed) => string | number | undefined,
): [Printed, Printed] | undefined {
  const known = (set: readonly Printed[]) => set.filter((each) => fact(each) !== undefined);
  const [ones, twos] = [known(copies), known(others)];
  const [one, two] = [ones[0], twos[0]];
  if (!one || !two) return undefined;
  // Where the first of each set is like all of the other, all of both are alike.
  const b = twos.find((each) => fact(each) !== fact(one));
  if (b) return [one, b];
  const a = ones.find((each) => fact(each) !== fact(two));
  return a && [a, two];
}

/** As many pairs are compared at most: minutes of work. Where all share a jingle or a tone, there are millions. */
const MOST_PROPOSALS = 20_000;

/**
 * Pairs whose samples are to be compared, in the order of the recordings. Of copies the first stands for all.
 * @returns `left`: how many pairs are not proposed, those with the fewest votes, where there are too many
 */
export function propose(
  printed: readonly Printed[],
  most = MOST_PROPOSALS,
): { proposals: Proposal[]; left: number } {
  const singles = [...bySound(printed).values()].map(([first]) => first!);
  const candidates = findCandidates(singles.map(({ fingerprint }) => fingerprint));
  const pairs = new Map<string, { one: Printed; other: Printed; offsets: number[]; votes: number }>();
  for (const candidate of candidates) {
    const [one, other] = [singles[candidate.a]!, singles[candidate.b]!];
    if (candidate.votes < 2 && overlap(candidate, one, other) > SHORT_OVERLAP) continue;
    const key = `${candidate.a} ${candidate.b}`;
    const known = pairs.get(key);
    if (!known) pairs.set(key, { one, other, offsets: [candidate.offset], votes: candidate.votes });
    else if (known.offsets.length < MOST_OFFSETS) known.offsets.push(candidate.offset);
  }
  const all = [...pairs.values()];
  // sorting keeps the order of equals, so that it is the same everywhere
  const kept = new Set([...all].sort((x, y) => y.votes - x.votes).slice(0, most));
  const proposals = all
    .filter((pair) => kept.has(pair))
    .map(({ one, other, offsets }) => ({ one, other, offsets, a: itemOf(one), b: itemOf(other) }));
  return { proposals, left: all.length - proposals.length };
}

/** What a worker needs to read the sound. */
export function itemOf({ recording }: Pick<Printed, 'recording'>): CompareItem['a'] {
  const { id, path } = recording;
  const { samples, sampleRate } = recording as Partial<SyntheticRecording>;
  return {
    id,
    path,
    ...(samples === undefined ? {} : { samples }),
    ...(sampleRate === undefined ? {} : { sampleRate }),
  };
}

/** Length of the part that the two would have in common, s. */
function overlap({ offset }: Candidate, one: Printed, other: Printed): number {
  const shift = offset / FINGERPRINT_RATE;
  return Math.min(one.facts.seconds, other.facts.seconds + shift) - Math.max(0, shift);
}

/** How far from the ends of a recording a stretch may stop and still count as all of it, s. */
const END_SLACK = 0.3;

export function pairOf(
  one: Printed,
  other: Printed,
  stretch: SharedStretch,
  classes: readonly string[],
): SharedPair {
  const { startA, startB, seconds } = stretch;
  const [a, b] = [one.recording, other.recording];
  const reaches = (start: number, length: number) => ({
    start: start <= END_SLACK,
    end: start + seconds >= length - END_SLACK,
  });
  const inA = reaches(startA, one.facts.seconds);
  const inB = reaches(startB, other.facts.seconds);
  const allOfA = inA.start && inA.end;
  const allOfB = inB.start && inB.end;
  const chained = (inA.end && inB.start) || (inB.end && inA.start);
  return {
    a: a.id,
    b: b.id,
    relation: allOfA && allOfB ? 'same' : allOfA || allOfB ? 'inside' : chained ? 'overlap' : 'part',
    seconds: rounded(seconds),
    startA: rounded(startA),
    startB: rounded(startB),
    correlation: rounded(stretch.correlation, 5),
    gainDb: rounded(stretch.gainDb, 2),
    sameSubject: a.group === b.group,
    sameClass: a.label === b.label,
    subjects: [a.group, b.group],
    sites: [a.site, b.site],
    classes: [classes[a.label]!, classes[b.label]!],
    excluded: one.excluded || other.excluded,
  };
}

/** Recordings that pairs and copies join, the largest set first. */
export function clustersOf(
  pairs: readonly SharedPair[],
  copies: readonly CopySet[],
  recordingOf: (id: string) => RecordingEntry,
  classes: readonly string[],
): Cluster[] {
  const joined = new DisjointSets();
  const together = [...pairs.map(({ a, b }) => [a, b]), ...copies.map(({ records }) => records)];
  for (const [first, ...others] of together) for (const other of others) joined.join(first!, other);
  const sets = new Map<string, string[]>();
  for (const id of unique(together.flat())) {
    const name = joined.find(id);
    const set = sets.get(name);
    if (set) set.push(id);
    else sets.set(name, [id]);
  }
  return [...sets.values()]
    .map((records) => ({
      records,
      subjects: unique(records.map((id) => recordingOf(id).group)),
      classes: unique(records.map((id) => classes[recordingOf(id).label]!)),
    }))
    .sort((a, b) => b.records.length - a.records.length || byCodeUnits(a.records[0]!, b.records[0]!));
}

/** Each once, in code-unit order. */
export function unique(names: readonly string[]): string[] {
  return [...new Set(names)].sort(byCodeUnits);
}
