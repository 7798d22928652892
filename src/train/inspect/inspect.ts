import { findLeaks } from '../leaks.ts';
import { byCodeUnits, type Dataset, printable, type RecordingEntry } from '../recording.ts';
import { PARTS, type Part, type Split } from '../split.ts';
import { mapInWorkers } from '../workers/map.ts';
import { countRecordings } from './counts.ts';
import type { InspectedFile, SoundFacts } from './facts.ts';
import { findFindings } from './findings.ts';
import { checkHeader } from './headers.ts';
import {
  INSPECTION_FORMAT,
  type InspectedRecording,
  type Inspection,
  type RecordingSound,
  type SharedPair,
  type SplitCheck,
} from './inspection.ts';
import { groupBy, rounded } from './quantiles.ts';
import {
  bySound,
  clustersOf,
  findCopySets,
  fingerprintsOf,
  itemOf,
  namedPairs,
  type Printed,
  pairOf,
  propose,
} from './shared.ts';
import { findShortcuts, type Known } from './shortcuts.ts';
import { summariseSound } from './summary.ts';

export interface InspectOptions {
  /** Recordings left out of the data set on purpose; their sound is compared with the others' all the same. */
  readonly excluded?: readonly RecordingEntry[];
  readonly split?: { readonly path: string; readonly split: Split };
  /** Threads that read; default: one for every core. The result does not depend on it. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
  /** Called as recordings are read, then as pairs of them are compared. */
  readonly progress?: (what: 'reading' | 'comparing', done: number, total: number) => void;
}

/**
 * Reads all recordings of a data set and says what is in it; see `Inspection`. Files that cannot be read are listed
 * and stop nothing. Memory does not grow with the length of the data set but for a few kilobytes a recording.
 *
 * @throws Interruption when `signal` is aborted
 */
export async function inspectDataset(dataset: Dataset, options: InspectOptions = {}): Promise<Inspection> {
  const { classes, root, layout, recordings, problems } = dataset;
  const excluded = options.excluded ?? [];
  const { printed, unreadable } = await readAll([...recordings, ...excluded], excluded, options);
  const heard = new Map(printed.map((each) => [each.recording.id, each]));
  const known: Known[] = recordings.map((recording) => ({
    recording,
    facts: heard.get(recording.id)?.facts ?? null,
  }));
  const copies = findCopySets(printed, classes);
  const { pairs, candidates, notCompared } = await compareAll(printed, classes, options);
  const byId = new Map([...recordings, ...excluded].map((recording) => [recording.id, recording]));
  const clusters = clustersOf(pairs, copies, (id) => byId.get(id)!, classes);
  const seconds = new Map(printed.map(({ recording, facts }) => [recording.id, facts.seconds]));
  const facts: Omit<Inspection, 'format' | 'findings'> = {
    root,
    layout,
    classes,
    counts: countRecordings(recordings, classes, seconds),
    shortcuts: findShortcuts(known, classes),
    sound: summariseSound(known, classes),
    unreadable,
    warnings: warningsOf(known),
    headers: known.flatMap(({ recording, facts }) => (facts && checkHeader(recording, facts)) ?? []),
    copies,
    shared: { pairs, clusters, candidates, notCompared },
    split: options.split ? checkSplit(options.split, known, pairs, classes) : null,
    excluded: [...groupBy(dataset.excluded, ({ reason }) => reason)].map(([reason, part]) => ({
      reason,
      records: part.map(({ record }) => record),
    })),
    problems,
    recordings: known.map(({ recording, facts }) => entryOf(recording, facts, classes)),
  };
  return { format: INSPECTION_FORMAT, findings: findFindings(facts), ...facts };
}

async function readAll(
  recordings: readonly RecordingEntry[],
  excluded: readonly RecordingEntry[],
  { threads, signal, progress }: InspectOptions,
) {
  const left = new Set(excluded);
  const outcomes = await mapInWorkers(
    'inspect',
    undefined,
    recordings.map((recording) => itemOf({ recording })),
    { threads, signal, onProgress: (done, total) => progress?.('reading', done, total) },
  );
  const printed: Printed[] = [];
  const unreadable: Inspection['unreadable'][number][] = [];
  for (const [i, outcome] of outcomes.entries()) {
    const recording = recordings[i]!;
    if ('failure' in outcome) {
      const { code, message } = outcome.failure;
      if (!left.has(recording)) unreadable.push({ record: recording.id, code, message: printable(message) });
    } else {
      const { facts, fingerprint }: InspectedFile = outcome.value;
      printed.push({ recording, excluded: left.has(recording), facts, fingerprint });
    }
  }
  printed.sort((a, b) => byCodeUnits(a.recording.id, b.recording.id));
  return { printed, unreadable };
}

async function compareAll(
  printed: readonly Printed[],
  classes: readonly string[],
  { split, threads, signal, progress }: InspectOptions,
): Promise<{ pairs: SharedPair[]; candidates: number; notCompared: number }> {
  const { proposals, left } = propose(printed);
  const copies = bySound(printed);
  const partOf = split ? partsOf(split.split) : new Map<string, Part>();
  const outcomes = await mapInWorkers(
    'compare',
    undefined,
    proposals.map(({ a, b, offsets }) => ({ a, b, offsets })),
    { threads, signal, onProgress: (done, total) => progress?.('comparing', done, total) },
  );
  const pairs = outcomes.flatMap((outcome, i) => {
    // A file that could be read a moment ago and cannot any more: it has already been counted.
    if ('failure' in outcome) return [];
    const { one, other } = proposals[i]!;
    const [ones, others] = [one, other].map(({ facts }) => copies.get(facts.soundHash)!);
    const named = namedPairs(ones!, others!, partOf);
    return outcome.value.flatMap((stretch) => named.map(([a, b]) => pairOf(a, b, stretch, classes)));
  });
  return { pairs, candidates: proposals.length, notCompared: left };
}

function warningsOf(known: readonly Known[]): Inspection['warnings'] {
  const said = known.flatMap(({ recording, facts }) =>
    (facts?.warnings ?? []).map((warning) => ({ warning: printable(warning), record: recording.id })),
  );
  return [...groupBy(said, ({ warning }) => warning)]
    .map(([warning, part]) => ({ warning, records: part.map(({ record }) => record) }))
    .sort((a, b) => b.records.length - a.records.length || byCodeUnits(a.warning, b.warning));
}

function partsOf(split: Split): Map<string, Part> {
  return new Map(PARTS.flatMap((part) => split.parts[part].map((id) => [id, part] as const)));
}

function checkSplit(
  { path, split }: NonNullable<InspectOptions['split']>,
  known: readonly Known[],
  pairs: readonly SharedPair[],
  classes: readonly string[],
): SplitCheck {
  const byId = new Map(known.map((each) => [each.recording.id, each]));
  const partOf = partsOf(split);
  const inPart = (part: (typeof PARTS)[number]) =>
    split.parts[part].flatMap((id) => byId.get(id)?.recording ?? []);
  const parts = { train: inPart('train'), validation: inPart('validation'), test: inPart('test') };
  const seconds = new Map(known.map(({ recording, facts }) => [recording.id, facts?.seconds ?? 0]));
  return {
    path,
    hash: split.hash,
    parts: Object.fromEntries(
      PARTS.map((part) => [part, { ...countRecordings(parts[part], classes, seconds).total, name: part }]),
    ),
    leaks: findLeaks(
      parts,
      fingerprintsOf(known),
      known.map(({ recording }) => recording),
    ),
    sharedAcross: pairs.filter(({ a, b }) => {
      const [one, other] = [partOf.get(a), partOf.get(b)];
      return one !== undefined && other !== undefined && one !== other;
    }),
    missing: [...partOf.keys()].filter((id) => !byId.has(id)).sort(byCodeUnits),
    unassigned: known.map(({ recording }) => recording.id).filter((id) => !partOf.has(id)),
  };
}

function entryOf(
  recording: RecordingEntry,
  facts: SoundFacts | null,
  classes: readonly string[],
): InspectedRecording {
  const { id, site, group, label } = recording;
  return { record: id, site, subject: group, class: classes[label]!, sound: facts && soundOf(facts) };
}

function soundOf(facts: SoundFacts): RecordingSound {
  const decibels = (value: number | null) => (value === null ? null : rounded(value, 2));
  return {
    sha256: facts.hash,
    soundSha256: facts.soundHash,
    seconds: rounded(facts.seconds, 4),
    sampleRate: facts.sampleRate,
    channels: facts.channels,
    encoding: facts.encoding,
    rmsDb: decibels(facts.rmsDb),
    peakDb: decibels(facts.peakDb),
    dcPercent: rounded(100 * facts.dcOffset, 4),
    clippedPercent: rounded(100 * facts.clipped, 4),
    silentPercent: rounded(100 * facts.silent, 2),
    notFinite: facts.notFinite,
    flat: facts.flat,
  };
}
