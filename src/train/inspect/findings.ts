import { defaultFeatureSettings } from '../../dsp/feature-settings.ts';
import { formatNames, printable } from '../recording.ts';
import {
  type Finding,
  type Inspection,
  LIMITS,
  type Severity,
  type Shortcut,
  type Tally,
} from './inspection.ts';
import { bandName } from './spectrum.ts';

type Facts = Omit<Inspection, 'format' | 'findings'>;

const ORDER: readonly Severity[] = ['serious', 'warning', 'note'];
const EXAMPLES = 5;

/** What is worth a look, the gravest first, and among equals as below. */
export function findFindings(facts: Facts): Finding[] {
  const found = [
    ...ofSplit(facts),
    ...ofCopies(facts),
    ...ofComparing(facts),
    ...ofFiles(facts),
    ...ofShortcuts(facts),
    ...ofCounts(facts),
    ...ofSound(facts),
    ...facts.problems.map(
      // Their messages name the first few already.
      ({ code, message, count }): Finding => ({
        code,
        severity: 'note',
        text: `${message}.`,
        count,
        examples: [],
      }),
    ),
    ...facts.excluded.map(({ reason, records }) =>
      finding('excluded', 'note', `${recordingsOf(records.length)} left out: ${printable(reason)}.`, records),
    ),
  ];
  return ORDER.flatMap((severity) => found.filter((each) => each.severity === severity));
}

function finding(
  code: string,
  severity: Severity,
  text: string,
  names: readonly string[],
  count = names.length,
): Finding {
  return { code, severity, text, count, examples: names.slice(0, EXAMPLES) };
}

function ofSplit({ split, root }: Facts): Finding[] {
  if (split === null) return [];
  const found: Finding[] = [];
  const what = `the split ${printable(split.path)}`;
  for (const [kind, words] of [
    ['subject', 'subjects are'],
    ['record-in-two-parts', 'recordings are'],
    ['same-file', 'files are, under two names,'],
    ['same-sound', 'sounds are, in two files,'],
  ] as const) {
    const leaks = split.leaks.filter((leak) => leak.kind === kind);
    if (leaks.length === 0) continue;
    const names = leaks.map(
      ({ subject, names, parts }) => `${subject ?? names.join(' = ')} (${parts.join(' + ')})`,
    );
    const text = `${leaks.length} ${words} on more than one side of ${what}: what is learned by heart there is counted as skill. Draw another split.`;
    found.push(finding(`split-${kind}`, 'serious', text, names));
  }
  if (split.sharedAcross.length > 0) {
    const names = split.sharedAcross.map(({ a, b }) => `${a} ~ ${b}`);
    const text = `${pairsOf(names.length)} on different sides of ${what} share sound. Draw another split.`;
    found.push(finding('split-shared-audio', 'serious', text, names));
  }
  if (split.missing.length > 0) {
    const text = `${recordingsOf(split.missing.length)} of ${what} not in ${printable(root)}.`;
    found.push(finding('split-missing', 'warning', text, split.missing));
  }
  if (split.unassigned.length > 0) {
    const text = `${recordingsOf(split.unassigned.length)} not named by ${what}, so used nowhere.`;
    found.push(finding('split-unassigned', 'note', text, split.unassigned));
  }
  return found;
}

function ofCopies({ copies, shared }: Facts): Finding[] {
  const found: Finding[] = [];
  const named = (pairs: readonly { a: string; b: string }[]) => pairs.map(({ a, b }) => `${a} ~ ${b}`);
  const sets = (part: typeof copies) => part.map(({ records }) => records.join(' = '));
  const contradictory = copies.filter(({ classes }) => classes.length > 1);
  if (contradictory.length > 0) {
    const text = `${setsOf(contradictory.length)} of copies have different labels: one of them must be wrong.`;
    found.push(finding('copies-with-different-labels', 'serious', text, sets(contradictory)));
  }
  const apart = copies.filter(({ subjects }) => subjects.length > 1);
  if (apart.length > 0) {
    const text = `${setsOf(apart.length)} of copies count as different subjects and may land on both sides of a split. Give them one subject, or remove all but one.`;
    found.push(finding('copies-across-subjects', 'serious', text, sets(apart)));
  }
  const within = copies.filter(({ subjects, classes }) => subjects.length === 1 && classes.length === 1);
  if (within.length > 0) {
    const text = `${setsOf(within.length)} of recordings are copies of each other, within one subject: they count twice, and leak nothing.`;
    found.push(finding('copies-within-a-subject', 'note', text, sets(within)));
  }
  const across = shared.pairs.filter(({ sameSubject }) => !sameSubject);
  if (across.length > 0) {
    const text = `${pairsOf(across.length)} share sound though they count as different subjects. Give them one subject in the table, or a split may put them on both sides.`;
    found.push(finding('shared-audio-across-subjects', 'serious', text, named(across)));
  }
  const labels = shared.pairs.filter(({ sameClass }) => !sameClass);
  if (labels.length > 0) {
    const text = `${pairsOf(labels.length)} share sound and have different labels.`;
    found.push(finding('shared-audio-with-different-labels', 'serious', text, named(labels)));
  }
  const same = shared.pairs.filter(({ sameSubject }) => sameSubject);
  if (same.length > 0) {
    const kept = same.filter(({ excluded }) => !excluded).length;
    const left =
      kept < same.length ? ` In ${same.length - kept} of them one is left out of the data set.` : '';
    const text = `${pairsOf(same.length)} of one subject share sound. A split by subject keeps them together; a split by recording leaks.${left}`;
    found.push(finding('shared-audio-within-a-subject', 'note', text, named(same)));
  }
  return found;
}

function ofComparing({ shared }: Facts): Finding[] {
  const { notCompared } = shared;
  if (notCompared === 0) return [];
  const text = `${notCompared} pairs that may share sound were not compared, as there are too many: something, such as a tone of the recorder, is in all recordings.`;
  return [finding('pairs-not-compared', 'warning', text, [], notCompared)];
}

function ofFiles({ unreadable, warnings, headers, sound, recordings }: Facts): Finding[] {
  const found: Finding[] = [];
  if (unreadable.length > 0) {
    const text = `${filesOf(unreadable.length)} cannot be read and will be left out; the first: ${unreadable[0]!.message}`;
    const names = unreadable.map(({ record }) => record);
    found.push(finding('unreadable', 'serious', text.replace(/\.?$/, '.'), names));
  }
  const notFinite = recordings.filter((each) => (each.sound?.notFinite ?? 0) > 0).map(({ record }) => record);
  if (notFinite.length > 0) {
    const text = `${recordingsOf(notFinite.length)} with samples that are no numbers; training leaves them out.`;
    found.push(finding('not-finite', 'serious', text, notFinite));
  }
  const short = recordings.filter((each) => each.sound && each.sound.seconds < 1).map(({ record }) => record);
  if (short.length > 0) {
    const text = `${recordingsOf(short.length)} shorter than a second; training leaves them out.`;
    found.push(finding('too-short', 'warning', text, short));
  }
  const flat = recordings.filter((each) => each.sound?.flat).map(({ record }) => record);
  if (flat.length > 0) {
    const text = `${recordingsOf(flat.length)} without any sound: once the channels are mixed, all samples are the same. Training leaves them out.`;
    found.push(finding('flat', 'serious', text, flat));
  }
  if (headers.length > 0) {
    const text = `${headers.length === 1 ? 'One .hea header does' : `${headers.length} .hea headers do`} not fit the sound; the first: ${headers[0]!.message}. The sound is believed.`;
    const names = headers.map(({ record }) => record);
    found.push(finding('header-mismatch', 'warning', text, names));
  }
  for (const { warning, records } of warnings) {
    const text = `${recordingsOf(records.length)}: ${warning}.`;
    found.push(finding('reader-warning', 'warning', text, records));
  }
  if (sound.total.sampleRates.length > 1) {
    const rates = sound.total.sampleRates.map(({ value, count }) => `${value} Hz (${count})`).join(', ');
    const text = `There are several sample rates: ${rates}. Training brings all to one, but the upper end of the spectrum may still tell them apart.`;
    found.push(finding('several-rates', 'warning', text, [], recordings.length));
  }
  const { fMax } = defaultFeatureSettings.logMel;
  const low = recordings
    .filter((each) => each.sound && each.sound.sampleRate < 2 * fMax)
    .map(({ record }) => record);
  if (low.length > 0) {
    const text = `${recordingsOf(low.length)} with fewer than ${2 * fMax} samples a second, so without a part of the band up to ${fMax} Hz that is judged.`;
    found.push(finding('low-rate', 'warning', text, low));
  }
  return found;
}

/** What only sees this fact, in words. */
const LEARNER: Readonly<Record<string, string>> = {
  site: 'a model that only recognises the stethoscope (the site)',
};

function ofShortcuts({ shortcuts, classes, counts }: Facts): Finding[] {
  const chance = 1 / classes.length;
  const name = classes.length === 2 ? 'MAcc' : 'mean recall';
  const found = shortcuts
    .filter(({ macc }) => macc !== null && macc >= chance + LIMITS.shortcut)
    .map((shortcut) => shortcutFinding(shortcut, name, chance));
  const pure = counts.bySite.filter(
    (site) => counts.bySite.length > 1 && site.byClass.filter((count) => count > 0).length === 1,
  );
  if (pure.length > 0) {
    const names = pure.map((site) => site.name);
    const text = `${pure.length === 1 ? 'One site has' : `${pure.length} sites have`} recordings of one class only: what is learned there is the site as much as the heart.`;
    found.push(finding('one-class-sites', 'warning', text, names));
  }
  return found;
}

/** Rules over more values than this are too long to read; they are in `shortcuts`. */
const LONGEST_RULE = 8;

function shortcutFinding({ fact, macc, auc, rule, values }: Shortcut, name: string, chance: number): Finding {
  const learner = LEARNER[fact] ?? `a model that only knows the ${fact}`;
  const area = auc === null ? '' : `, AUC ${auc.toFixed(2)}`;
  const advice =
    fact === 'site' ? ' Believe figures within sites, and test on a site that was left out.' : '';
  const how = values <= LONGEST_RULE ? ` Its rule: ${printable(rule)}.` : '';
  const text = `${learner[0]!.toUpperCase()}${learner.slice(1)} gets ${name} ${macc!.toFixed(2)}${area} (chance: ${chance.toFixed(2)}).${advice}${how}`;
  const severity = macc! >= chance + 2 * LIMITS.shortcut ? 'serious' : 'warning';
  return {
    code: `shortcut-${fact.replaceAll(' ', '-').toLowerCase()}`,
    severity,
    text,
    count: 0,
    examples: [],
  };
}

/** Fewer subjects of a class than this are too few to test on: a fifth of them would be four. */
const FEW_SUBJECTS = 20;
const UNBALANCED = 4;

function ofCounts({ counts, classes, recordings }: Facts): Finding[] {
  const found: Finding[] = [];
  const { byClass, subjects } = counts.total;
  const absent = classes.filter((_, k) => byClass[k] === 0);
  if (absent.length > 0 || classes.length < 2) {
    const text = `Only one class has recordings: nothing can be learned to tell apart.`;
    const some = byClass.filter((count) => count > 0).length;
    if (some < 2) found.push(finding('one-class', 'serious', text, absent));
    else
      found.push(
        finding('empty-class', 'warning', `${absent.length} of the classes have no recording.`, absent),
      );
  }
  const present = byClass.filter((count) => count > 0);
  const ratio = Math.max(...present) / Math.min(...present);
  if (ratio >= UNBALANCED) {
    const text = `Classes are uneven, ${ratio.toFixed(1)} to 1: accuracy flatters whoever always says the frequent one. Look at MAcc.`;
    found.push(finding('uneven-classes', 'note', text, []));
  }
  const perClass = classes.map(
    (name) => new Set(recordings.filter((each) => each.class === name).map(({ subject }) => subject)).size,
  );
  const few = classes.filter((_, k) => perClass[k]! > 0 && perClass[k]! < FEW_SUBJECTS);
  if (few.length > 0) {
    const text = `${few.map((name) => `"${printable(name)}" has ${perClass[classes.indexOf(name)]} subjects`).join(', ')}: too few for figures that hold.`;
    found.push(finding('few-subjects', 'warning', text, [], few.length));
  }
  const several = counts.subjectsOfSeveralClasses;
  if (several.length > 0) {
    const text = `${several.length} of ${subjects} subjects have recordings of more than one class.`;
    found.push(finding('subjects-of-several-classes', 'note', text, several));
  }
  const noisy = counts.byQuality.find(({ name }) => name === 'too noisy');
  if (noisy) {
    const text = `${recordingsOf(noisy.recordings)} marked as too noisy to judge by the source (${classes.map((name, k) => `${noisy.byClass[k]} ${printable(name)}`).join(', ')}).`;
    found.push(finding('too-noisy', 'note', text, [], noisy.recordings));
  }
  return found;
}

/** Median spectra that differ by more than this in some band look like different instruments, dB. */
const SPECTRA_APART = 10;
/** So quiet that 16 bits hold the sound in less than about 10, dBFS. */
const QUIET = -50;

function ofSound({ sound, recordings, counts }: Facts): Finding[] {
  const found: Finding[] = [];
  const over = (value: (each: NonNullable<(typeof recordings)[number]['sound']>) => boolean) =>
    recordings.filter((each) => each.sound && value(each.sound));
  const mostly = (names: ReadonlySet<string>) => whereMost(counts.bySite, recordings, names);
  const list = (
    code: string,
    severity: Severity,
    part: typeof recordings,
    text: (count: number) => string,
  ) => {
    if (part.length === 0) return;
    const names = part.map(({ record }) => record);
    found.push(finding(code, severity, `${text(part.length)}${mostly(new Set(names))}`, names));
  };
  list(
    'clipped',
    'warning',
    over((each) => each.clippedPercent > LIMITS.clippedPercent),
    (count) =>
      `${recordingsOf(count)} clipped (over ${LIMITS.clippedPercent} % of the samples at full scale or in flat tops)`,
  );
  list(
    'silent',
    'warning',
    over((each) => each.silentPercent > LIMITS.silentPercent),
    (count) =>
      `${recordingsOf(count)} silent for over ${LIMITS.silentPercent} % of the time (40 dB below their own loud parts)`,
  );
  list(
    'dc-offset',
    'note',
    over((each) => Math.abs(each.dcPercent) > LIMITS.dcPercent),
    (count) => `${recordingsOf(count)} off centre by over ${LIMITS.dcPercent} % of full scale`,
  );
  list(
    'quiet',
    'note',
    over((each) => each.rmsDb !== null && each.rmsDb < QUIET),
    (count) => `${recordingsOf(count)} quieter than ${QUIET} dBFS`,
  );
  const apart = spectraApart(sound.bySite);
  if (apart && apart.db >= SPECTRA_APART) {
    const text = `The sites sound different: at ${apart.hz} Hz the median spectra of ${printable(apart.high)} and ${printable(apart.low)} are ${apart.db.toFixed(0)} dB apart. Features standardised per band and recording (the default) take the colour out, not the noise.`;
    found.push(finding('spectra-differ', 'warning', text, [], 2));
  }
  return found;
}

/** `, 40 of them at training-e.` where one site of several has most of them, else a full stop. */
function whereMost(
  sites: readonly Tally[],
  recordings: Facts['recordings'],
  names: ReadonlySet<string>,
): string {
  if (sites.length < 2) return '.';
  const counts = sites.map(
    ({ name }) => recordings.filter(({ site, record }) => site === name && names.has(record)).length,
  );
  const most = Math.max(...counts);
  if (most * 2 < names.size || names.size < 2) return '.';
  return `, ${most === names.size ? 'all' : most} of them at ${printable(sites[counts.indexOf(most)]!.name)}.`;
}

/** The band where the medians of two sites are furthest apart, and which sites. */
function spectraApart(sites: Facts['sound']['bySite']) {
  const some = sites.filter(({ spectrum }) => spectrum.median.length > 0);
  if (some.length < 2) return null;
  const bands = Math.min(...some.map(({ spectrum }) => spectrum.median.length));
  let widest = { db: -1, hz: bandName(13), high: '', low: '' };
  for (let band = 0; band < bands; band++) {
    const sorted = [...some].sort((a, b) => a.spectrum.median[band]! - b.spectrum.median[band]!);
    const [low, high] = [sorted[0]!, sorted.at(-1)!];
    const db = high.spectrum.median[band]! - low.spectrum.median[band]!;
    if (db > widest.db) widest = { db, hz: high.spectrum.hz[band]!, high: high.name, low: low.name };
  }
  return widest;
}

function recordingsOf(count: number): string {
  return count === 1 ? 'One recording is' : `${count} recordings are`;
}

function filesOf(count: number): string {
  return count === 1 ? 'One file' : `${count} files`;
}

function pairsOf(count: number): string {
  return count === 1 ? 'One pair of recordings' : `${count} pairs of recordings`;
}

function setsOf(count: number): string {
  return count === 1 ? 'One set' : `${count} sets`;
}

/** `a, b and 4 more`, for texts beside a finding. */
export function examplesOf({ examples, count }: Finding): string {
  if (examples.length === 0) return '';
  const more = count - examples.length;
  return more > 0 ? `${examples.map(printable).join(', ')} and ${more} more` : formatNames(examples);
}
