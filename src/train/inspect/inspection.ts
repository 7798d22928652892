/**
 * What `pcg-engine data inspect --json` writes, and what its text and its page are made from. Names stay; fields are
 * added at the end of their object. Nothing in it depends on the time, the machine or the number of threads.
 */
import type { Leak } from '../leaks.ts';
import type { Figure } from '../metrics.ts';
import type { DatasetProblem, LayoutName } from '../recording.ts';

export const INSPECTION_FORMAT = 'pcg-engine/inspection/1';

export interface Inspection {
  readonly format: typeof INSPECTION_FORMAT;
  readonly root: string;
  readonly layout: LayoutName;
  readonly classes: readonly string[];
  /** What is worth a look, the gravest first. */
  readonly findings: readonly Finding[];
  readonly counts: Counts;
  /** Rules that never listen, the best first: what a model could get without hearing a heart. */
  readonly shortcuts: readonly Shortcut[];
  readonly sound: SoundSummary;
  readonly unreadable: readonly Unreadable[];
  /** Warnings of the reader, each with the recordings that have it. */
  readonly warnings: readonly { readonly warning: string; readonly records: readonly string[] }[];
  /** `.hea` files that say something else than the sound beside them. */
  readonly headers: readonly HeaderMismatch[];
  readonly copies: readonly CopySet[];
  readonly shared: SharedAudio;
  /** Null without a split. */
  readonly split: SplitCheck | null;
  /** Left out on purpose, by reason. Their sound was compared with the others' all the same. */
  readonly excluded: readonly { readonly reason: string; readonly records: readonly string[] }[];
  /** What the layout found odd. */
  readonly problems: readonly DatasetProblem[];
  /** One entry a recording, in the order of the ids. */
  readonly recordings: readonly InspectedRecording[];
}

export type Severity = 'serious' | 'warning' | 'note';

export interface Finding {
  /** Stable, such as `shared-audio-across-subjects`. */
  readonly code: string;
  readonly severity: Severity;
  /** One or two sentences: what, and what to do about it. */
  readonly text: string;
  /** How many recordings (or subjects, files, as the text says) are concerned. */
  readonly count: number;
  /** The first few of them. */
  readonly examples: readonly string[];
}

/** By class, in the order of the classes. */
export type ByClass = readonly number[];

/** How many recordings, subjects and seconds there are of something, in all and by class. */
export interface Tally {
  readonly name: string;
  readonly recordings: number;
  readonly byClass: ByClass;
  /** Groups that have a recording here. */
  readonly subjects: number;
  /** Of the recordings that could be read. */
  readonly seconds: number;
}

export interface Counts {
  readonly total: Tally;
  readonly bySite: readonly Tally[];
  /** Empty where the source says nothing of it; `not said` is for recordings without. */
  readonly byLocation: readonly Tally[];
  readonly bySex: readonly Tally[];
  readonly byAge: readonly Tally[];
  readonly byQuality: readonly Tally[];
  /** Groups, with the number of recordings they have: how many groups have one, two, …. */
  readonly recordingsPerSubject: Summary | null;
  /** Null where the labels are not of patients. */
  readonly patients: number | null;
  /** Groups with recordings of more than one class. */
  readonly subjectsOfSeveralClasses: readonly string[];
  /** Groups at more than one site. */
  readonly subjectsAtSeveralSites: readonly string[];
}

/**
 * How well a rule does that only sees one fact beside the sound, learned on four fifths of the subjects and judged on
 * the rest, five times over, so that a fact that is merely different for everybody gains nothing.
 * Facts of the sound are judged on the recordings that could be read.
 */
export interface Shortcut {
  /** `site`, `duration`, `sample rate`, …. */
  readonly fact: string;
  /** Mean recall of the classes (MAcc with two); chance is 1/classes. */
  readonly macc: Figure;
  /** Null over two classes. */
  readonly auc: Figure;
  /** In words, as learned on all. */
  readonly rule: string;
  /** Different values of the fact. */
  readonly values: number;
}

/** Quantiles of some figure; `count` recordings have it. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly q10: number;
  readonly median: number;
  readonly q90: number;
  readonly max: number;
  readonly mean: number;
}

export interface SoundSummary {
  /** All recordings, then each site, then each class. */
  readonly total: SoundGroup;
  readonly bySite: readonly SoundGroup[];
  readonly byClass: readonly SoundGroup[];
  /** Bins of equal width; the last holds all that is longer. */
  readonly durations: Histogram;
  readonly outliers: readonly Outliers[];
}

export interface SoundGroup {
  readonly name: string;
  readonly recordings: number;
  readonly hours: number;
  readonly seconds: Summary | null;
  /** How many recordings have each, the most frequent first. */
  readonly sampleRates: readonly Count[];
  readonly channels: readonly Count[];
  readonly encodings: readonly Count[];
  /** dB against full scale, without the mean. */
  readonly rmsDb: Summary | null;
  readonly peakDb: Summary | null;
  /** Size of the mean against full scale, percent. */
  readonly dcPercent: Summary | null;
  readonly clippedPercent: Summary | null;
  readonly silentPercent: Summary | null;
  /** Recordings beyond the limits of `LIMITS`. */
  readonly clipped: number;
  readonly silent: number;
  readonly offset: number;
  /** Third-octave bands that all its recordings have, dB against their sum. */
  readonly spectrum: BandSummary;
}

export interface Count {
  readonly value: string;
  readonly count: number;
}

/** By band: centre in Hz, and median and 10–90 % over recordings. */
export interface BandSummary {
  readonly hz: readonly number[];
  readonly q10: readonly number[];
  readonly median: readonly number[];
  readonly q90: readonly number[];
}

export interface Histogram {
  /** Lower edges, s. */
  readonly from: readonly number[];
  readonly width: number;
  /** One list a class. */
  readonly byClass: readonly (readonly number[])[];
}

export interface Outliers {
  /** `shortest`, `longest`, `most clipped`, `quietest`, …. */
  readonly what: string;
  readonly unit: string;
  readonly records: readonly { readonly record: string; readonly value: number }[];
}

export interface Unreadable {
  readonly record: string;
  readonly code: string;
  readonly message: string;
}

export interface HeaderMismatch {
  readonly record: string;
  readonly message: string;
}

/** Recordings with the same bytes, or the same samples in different files. */
export interface CopySet {
  readonly kind: 'same-file' | 'same-sound';
  readonly records: readonly string[];
  /** Class names, subjects and sites among them, each once. */
  readonly classes: readonly string[];
  readonly subjects: readonly string[];
  readonly sites: readonly string[];
}

export interface SharedAudio {
  /** Of copies one stands for all; where they differ in subject, class or side of the split, one pair shows each. */
  readonly pairs: readonly SharedPair[];
  /** Recordings joined by pairs and copies, the largest set first. */
  readonly clusters: readonly Cluster[];
  /** Pairs that fingerprints proposed, of which `pairs` stood up to comparison of the samples. */
  readonly candidates: number;
  /** Pairs beyond the number that is compared at most; 0 but for data in which everything resembles everything. */
  readonly notCompared: number;
}

export interface SharedPair {
  readonly a: string;
  readonly b: string;
  /** `same`: all of both · `inside`: all of one · `overlap`: the end of one is the start of the other · `part`. */
  readonly relation: 'same' | 'inside' | 'overlap' | 'part';
  readonly seconds: number;
  /** Where the stretch begins in each, s. */
  readonly startA: number;
  readonly startB: number;
  readonly correlation: number;
  /** Level of `b` against `a` over the stretch, dB. */
  readonly gainDb: number;
  readonly sameSubject: boolean;
  readonly sameClass: boolean;
  readonly subjects: readonly [string, string];
  readonly sites: readonly [string, string];
  readonly classes: readonly [string, string];
  /** Whether one of them is left out of the data set on purpose. */
  readonly excluded: boolean;
}

export interface Cluster {
  readonly records: readonly string[];
  readonly subjects: readonly string[];
  readonly classes: readonly string[];
}

export interface SplitCheck {
  readonly path: string;
  readonly hash: string;
  /** Recordings by part. */
  readonly parts: Readonly<Record<string, Tally>>;
  readonly leaks: readonly Leak[];
  /** Pairs on different sides. */
  readonly sharedAcross: readonly SharedPair[];
  readonly missing: readonly string[];
  readonly unassigned: readonly string[];
}

export interface InspectedRecording {
  readonly record: string;
  readonly site: string;
  readonly subject: string;
  readonly class: string;
  /** Null where it could not be read. */
  readonly sound: RecordingSound | null;
}

/** Rounded; see `SoundFacts`. */
export interface RecordingSound {
  readonly sha256: string;
  readonly soundSha256: string;
  readonly seconds: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly encoding: string | null;
  readonly rmsDb: number | null;
  readonly peakDb: number | null;
  readonly dcPercent: number;
  readonly clippedPercent: number;
  readonly silentPercent: number;
  readonly notFinite: number;
  readonly flat: boolean;
}

/** From where on a recording is counted as clipped, silent or off centre. */
export const LIMITS = {
  /** Share of samples, percent. */
  clippedPercent: 0.01,
  /** Share of half-second windows, percent. */
  silentPercent: 10,
  /** Of full scale, percent. */
  dcPercent: 1,
  /** Mean recall of a rule that never listens, above chance. */
  shortcut: 0.1,
} as const;
