import type { RecordingEntry } from '../recording.ts';
import { byCodeUnits } from '../recording.ts';
import type { Counts, Tally } from './inspection.ts';
import { groupBy, rounded, summarise } from './quantiles.ts';

/** What stands for a fact that the source leaves out for some recordings. */
export const NOT_SAID = 'not said';

/** @param secondsOf by id, of the recordings that could be read */
export function countRecordings(
  recordings: readonly RecordingEntry[],
  classes: readonly string[],
  secondsOf: ReadonlyMap<string, number>,
): Counts {
  const tally = (name: string, part: readonly RecordingEntry[]): Tally => ({
    name,
    recordings: part.length,
    byClass: classes.map((_, label) => part.filter((each) => each.label === label).length),
    subjects: new Set(part.map(({ group }) => group)).size,
    seconds: rounded(part.reduce((sum, { id }) => sum + (secondsOf.get(id) ?? 0), 0)),
  });
  const by = (fact: (recording: RecordingEntry) => string | undefined): Tally[] => {
    if (!recordings.some((recording) => fact(recording) !== undefined)) return [];
    return [...groupBy(recordings, (recording) => fact(recording) ?? NOT_SAID)]
      .sort(([a], [b]) => compareNames(a, b))
      .map(([name, part]) => tally(name, part));
  };
  const subjects = [...groupBy(recordings, ({ group }) => group)];
  const several = (fact: (recording: RecordingEntry) => unknown) =>
    subjects
      .filter(([, part]) => new Set(part.map(fact)).size > 1)
      .map(([name]) => name)
      .sort(byCodeUnits);
  const patients = new Set(recordings.flatMap(({ patient }) => patient ?? []));
  return {
    total: tally('all', recordings),
    bySite: by(({ site }) => site),
    byLocation: by(({ location }) => location),
    bySex: by(({ sex }) => sex),
    byAge: by(ageName),
    byQuality: by(({ sqi }) => (sqi === undefined ? undefined : sqi === 0 ? 'too noisy' : 'good')),
    recordingsPerSubject: summarise(subjects.map(([, part]) => part.length)),
    patients: patients.size > 0 ? patients.size : null,
    subjectsOfSeveralClasses: several(({ label }) => label),
    subjectsAtSeveralSites: several(({ site }) => site),
  };
}

/** The source's own word, or a decade: `20–29`. */
export function ageName({ age }: Pick<RecordingEntry, 'age'>): string | undefined {
  if (typeof age !== 'number') return age;
  const decade = Math.floor(age / 10) * 10;
  return `${decade}–${decade + 9}`;
}

/** Numbers by value, names by code units, what is not said last. */
export function compareNames(a: string, b: string): number {
  if (a === NOT_SAID || b === NOT_SAID) return a === b ? 0 : a === NOT_SAID ? 1 : -1;
  const [x, y] = [Number.parseFloat(a), Number.parseFloat(b)];
  return Number.isNaN(x) || Number.isNaN(y) || x === y ? byCodeUnits(a, b) : x - y;
}
