import { byCodeUnits } from '../recording.ts';
import type { SoundFacts } from './facts.ts';
import {
  type BandSummary,
  type Histogram,
  LIMITS,
  type Outliers,
  type SoundGroup,
  type SoundSummary,
} from './inspection.ts';
import { groupBy, quantile, rounded, summarise, tallyOf } from './quantiles.ts';
import type { Heard, Known } from './shortcuts.ts';
import { bandName, LOWEST_BAND } from './spectrum.ts';

const OUTLIERS = 5;
/** Bins of the histogram of durations, about. */
const BINS = 20;

/** @param known in the order of the ids */
export function summariseSound(known: readonly Known[], classes: readonly string[]): SoundSummary {
  const heard = known.filter((each): each is Heard => each.facts !== null);
  const groups = (key: (each: Heard) => string) =>
    [...groupBy(heard, key)].sort(([a], [b]) => byCodeUnits(a, b)).map(([name, part]) => groupOf(name, part));
  return {
    total: groupOf('all', heard),
    bySite: groups(({ recording }) => recording.site),
    byClass: classes.map((name, label) =>
      groupOf(
        name,
        heard.filter(({ recording }) => recording.label === label),
      ),
    ),
    durations: histogram(heard, classes.length),
    outliers: outliersOf(heard),
  };
}

function groupOf(name: string, heard: readonly Heard[]): SoundGroup {
  const facts = heard.map((each) => each.facts);
  const above = (of: (each: SoundFacts) => number, limit: number) =>
    facts.filter((each) => of(each) > limit / 100).length;
  const percent = (of: (each: SoundFacts) => number) => summarise(facts.map((each) => 100 * of(each)));
  return {
    name,
    recordings: heard.length,
    hours: rounded(facts.reduce((sum, { seconds }) => sum + seconds, 0) / 3600),
    seconds: summarise(facts.map(({ seconds }) => seconds)),
    sampleRates: tallyOf(facts.map(({ sampleRate }) => String(sampleRate))),
    channels: tallyOf(facts.map(({ channels }) => String(channels))),
    encodings: tallyOf(facts.flatMap(({ encoding }) => encoding ?? [])),
    rmsDb: summarise(facts.map(({ rmsDb }) => rmsDb)),
    peakDb: summarise(facts.map(({ peakDb }) => peakDb)),
    dcPercent: percent(({ dcOffset }) => Math.abs(dcOffset)),
    clippedPercent: percent(({ clipped }) => clipped),
    silentPercent: percent(({ silent }) => silent),
    clipped: above(({ clipped }) => clipped, LIMITS.clippedPercent),
    silent: above(({ silent }) => silent, LIMITS.silentPercent),
    offset: above(({ dcOffset }) => Math.abs(dcOffset), LIMITS.dcPercent),
    spectrum: bandsOf(facts),
  };
}

/** Over the bands that every recording with sound has: those below half of the lowest rate. */
function bandsOf(facts: readonly SoundFacts[]): BandSummary {
  const spectra = facts.flatMap(({ spectrum }) => (spectrum ? [spectrum] : []));
  const count = spectra.length === 0 ? 0 : spectra.reduce((least, each) => Math.min(least, each.length), 99);
  const at = (share: number) =>
    Array.from({ length: count }, (_, band) => {
      const levels = Float64Array.from(spectra, (spectrum) => spectrum[band]!).sort();
      return rounded(quantile(levels, share), 2);
    });
  return {
    hz: Array.from({ length: count }, (_, band) => bandName(LOWEST_BAND + band)),
    q10: at(0.1),
    median: at(0.5),
    q90: at(0.9),
  };
}

/** The width is such that 99 % of the recordings lie before the last bin. */
function histogram(heard: readonly Heard[], classes: number): Histogram {
  const sorted = heard.map(({ facts }) => facts.seconds).sort((a, b) => a - b);
  const most = sorted.length === 0 ? 1 : quantile(sorted, 0.99);
  const width = roundWidth(most / BINS);
  const bins = Math.floor(most / width) + 2;
  const byClass = Array.from({ length: classes }, () => new Array<number>(bins).fill(0));
  for (const { facts, recording } of heard)
    byClass[recording.label]![Math.min(bins - 1, Math.floor(facts.seconds / width))]! += 1;
  return { from: Array.from({ length: bins }, (_, i) => rounded(i * width, 2)), width, byClass };
}

/** The next of 0.1, 0.2, 0.5, 1, 2, 5, … s. */
function roundWidth(seconds: number): number {
  for (let decade = 0.1; ; decade *= 10)
    for (const width of [decade, 2 * decade, 5 * decade]) if (width >= seconds) return rounded(width, 1);
}

function outliersOf(heard: readonly Heard[]): Outliers[] {
  /** The `OUTLIERS` first by `of`, the largest (or smallest) first, as far as `when` holds. */
  const list = (
    what: string,
    unit: string,
    of: (each: SoundFacts) => number | null,
    order: 1 | -1,
    when: (value: number) => boolean = () => true,
  ): Outliers => {
    const records = heard
      .flatMap(({ recording, facts }) => {
        const value = of(facts);
        return value === null || !when(value) ? [] : [{ record: recording.id, value: rounded(value) }];
      })
      .sort((a, b) => order * (a.value - b.value) || byCodeUnits(a.record, b.record))
      .slice(0, OUTLIERS);
    return { what, unit, records };
  };
  const usual = tallyOf(heard.map(({ facts }) => String(facts.sampleRate)))[0]?.value;
  const positive = (limit: number) => (value: number) => value > limit;
  return [
    list('shortest', 's', ({ seconds }) => seconds, 1),
    list('longest', 's', ({ seconds }) => seconds, -1),
    list('most clipped', '% of samples', ({ clipped }) => 100 * clipped, -1, positive(LIMITS.clippedPercent)),
    list('most silent', '% of the time', ({ silent }) => 100 * silent, -1, positive(LIMITS.silentPercent)),
    list('quietest', 'dBFS', ({ rmsDb }) => rmsDb, 1),
    list(
      'largest DC offset',
      '% of full scale',
      ({ dcOffset }) => 100 * Math.abs(dcOffset),
      -1,
      positive(LIMITS.dcPercent),
    ),
    list('unusual rate', 'Hz', ({ sampleRate }) => (String(sampleRate) === usual ? null : sampleRate), 1),
  ].filter(({ records }) => records.length > 0);
}
