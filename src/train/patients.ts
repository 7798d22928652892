import { DataError } from '../base/errors.ts';
import type { Scored } from './metrics.ts';
import { byCodeUnits, printable } from './recording.ts';

/** Anything that may be of a patient. Without one it stands for itself. */
interface OfPatient {
  readonly patient?: string;
  readonly group: string;
  readonly label: number;
}

/**
 * Recordings by patient, both in code-unit order of their names. A recording of nobody known counts as a patient of its
 * own, so that none is lost.
 * @throws DataError `dataset/patient-label` recordings of a patient have different labels, so that there is nothing
 *   to decide on · `dataset/patient-group` they are in different groups, so that a split could cut the patient in two
 */
export function byPatient<T extends OfPatient>(
  recordings: readonly T[],
  nameOf: (recording: T) => string,
  classes?: readonly string[],
): T[][] {
  const members = new Map<string, T[]>();
  for (const recording of recordings) {
    // What stands before the name keeps a patient "7" and a recording "7" apart.
    const key =
      recording.patient === undefined ? `recording ${nameOf(recording)}` : `patient ${recording.patient}`;
    const list = members.get(key);
    if (list) list.push(recording);
    else members.set(key, [recording]);
  }
  const patients = [...members]
    .sort(([a], [b]) => byCodeUnits(a, b))
    // In one order, so that a mean has the same bits wherever the recordings come from.
    .map(([, list]) => list.sort((a, b) => byCodeUnits(nameOf(a), nameOf(b))));
  for (const [first, ...others] of patients) {
    for (const other of others) checkSame(first!, other, nameOf, classes);
  }
  return patients;
}

function checkSame<T extends OfPatient>(
  a: T,
  b: T,
  nameOf: (recording: T) => string,
  classes: readonly string[] = [],
): void {
  const pair = `${nameOf(a)} and ${nameOf(b)} of patient "${a.patient}"`;
  if (a.label !== b.label) {
    const names = [a.label, b.label].map((label) => `"${classes[label] ?? label}"`).join(' and ');
    throw new DataError(
      'dataset/patient-label',
      printable(`recordings ${pair} have different labels: ${names}`),
      'A patient has one label; where recordings have labels of their own, name people as subjects instead',
    );
  }
  if (a.group === b.group) return;
  throw new DataError(
    'dataset/patient-group',
    printable(`recordings ${pair} are of different subjects: "${a.group}" and "${b.group}"`),
    'All recordings of a patient must be of one subject',
  );
}

/** Whether decisions are made for patients: some recording says of which it is. */
export function hasPatients(recordings: readonly { readonly patient?: string }[]): boolean {
  return recordings.some(({ patient }) => patient !== undefined);
}

/** Checks patients before an hour of training does. @throws as `byPatient` */
export function checkPatients(
  recordings: readonly (OfPatient & { readonly id: string })[],
  classes: readonly string[],
): void {
  if (hasPatients(recordings)) byPatient(recordings, ({ id }) => id, classes);
}

/** Mean of probabilities, class by class: what is said of a patient (docs/decisions/0016-patients.md). */
export function meanProbabilities(probabilities: readonly (readonly number[])[]): number[] {
  const [first = []] = probabilities;
  return first.map((_, k) => probabilities.reduce((sum, each) => sum + each[k]!, 0) / probabilities.length);
}

/**
 * Patients as things to be judged: the mean of the probabilities of a patient's recordings, with the label and group
 * that they share. A patient recorded at several sites has a site of its own, `a + b`.
 * @throws as `byPatient`
 */
export function scorePatients(
  recordings: readonly (Scored & { readonly record: string; readonly patient?: string })[],
  classes?: readonly string[],
): Scored[] {
  return byPatient(recordings, ({ record }) => record, classes).map((list) => ({
    label: list[0]!.label,
    group: list[0]!.group,
    site: siteOf(list),
    probabilities: meanProbabilities(list.map(({ probabilities }) => probabilities)),
  }));
}

function siteOf(list: readonly { readonly site: string }[]): string {
  return [...new Set(list.map(({ site }) => site))].sort(byCodeUnits).join(' + ');
}

/** Labels and sites of patients, for rules that learn from them. @throws as `byPatient` */
export function labelPatients<T extends OfPatient & { readonly record: string; readonly site: string }>(
  recordings: readonly T[],
): { label: number; site: string }[] {
  return byPatient(recordings, ({ record }) => record).map((list) => ({
    label: list[0]!.label,
    site: siteOf(list),
  }));
}
