import { DataError } from '../base/errors.ts';
import type { Scored } from './metrics.ts';
import { byCodeUnits, printable } from './recording.ts';

/** Anything that may be of a patient; without one it stands for itself. */
export interface OfPatient {
  /** Name of the recording. */
  readonly record: string;
  readonly patient?: string;
}

/**
 * Recordings by patient, both in code-unit order of their names: a mean has the same bits wherever the recordings
 * come from. A recording of nobody known is a patient of its own, so that none is lost.
 */
export function byPatient<T extends OfPatient>(recordings: readonly T[]): T[][] {
  const members = new Map<string, T[]>();
  for (const recording of recordings) {
    const { patient, record } = recording;
    // What stands before the name keeps a patient "7" and a recording "7" apart.
    const key = patient === undefined ? `recording ${record}` : `patient ${patient}`;
    const list = members.get(key);
    if (list) list.push(recording);
    else members.set(key, [recording]);
  }
  return [...members]
    .sort(([a], [b]) => byCodeUnits(a, b))
    .map(([, list]) => list.sort((a, b) => byCodeUnits(a.record, b.record)));
}

/** Whether decisions are made for patients: some recording says of which it is. */
export function hasPatients(recordings: readonly { readonly patient?: string }[]): boolean {
  return recordings.some(({ patient }) => patient !== undefined);
}

/**
 * Checks that a patient is one thing to be decided on.
 * @param classes for messages
 * @throws DataError `dataset/patient-label` recordings of a patient have different labels · `dataset/patient-group`
 *   they are in different groups, so that a split could cut the patient in two
 */
export function checkPatients(
  recordings: readonly (OfPatient & { readonly label: number; readonly group: string })[],
  classes: readonly string[] = [],
): void {
  for (const [first, ...others] of byPatient(recordings)) {
    const { record, patient, label, group } = first!;
    const differing = others.find((other) => other.label !== label || other.group !== group);
    if (!differing) continue;
    const pair = `recordings ${record} and ${differing.record} of patient "${patient}"`;
    if (differing.label !== label) {
      const [a, b] = [label, differing.label].map((each) => `"${classes[each] ?? each}"`);
      throw new DataError(
        'dataset/patient-label',
        printable(`${pair} have different labels, ${a} and ${b}`),
        'A patient has one label; where recordings have labels of their own, name people as subject, not as patient',
      );
    }
    throw new DataError(
      'dataset/patient-group',
      printable(`${pair} are of different subjects, "${group}" and "${differing.group}"`),
      'All recordings of a patient must be of one subject',
    );
  }
}

/** Mean of probabilities, class by class: what is said of a patient (docs/decisions/0016-patients.md). */
export function meanProbabilities(probabilities: readonly (readonly number[])[]): number[] {
  const [first = []] = probabilities;
  return first.map((_, k) => probabilities.reduce((sum, each) => sum + each[k]!, 0) / probabilities.length);
}

/**
 * Patients as things to be judged: the mean of the probabilities of a patient's recordings, with the label and the
 * group that they share.
 * @throws as `checkPatients`
 */
export function scorePatients(
  recordings: readonly (Scored & OfPatient)[],
  classes: readonly string[] = [],
): Scored[] {
  checkPatients(recordings, classes);
  return byPatient(recordings).map((list) => ({
    label: list[0]!.label,
    group: list[0]!.group,
    site: siteOf(list),
    probabilities: meanProbabilities(list.map(({ probabilities }) => probabilities)),
  }));
}

/** Labels and sites of patients, for rules that learn from them. */
export function labelPatients(
  recordings: readonly (OfPatient & { readonly label: number; readonly site: string })[],
): { label: number; site: string }[] {
  return byPatient(recordings).map((list) => ({ label: list[0]!.label, site: siteOf(list) }));
}

/** A patient recorded at several sites has a site of its own, `a + b`. */
function siteOf(list: readonly { readonly site: string }[]): string {
  return [...new Set(list.map(({ site }) => site))].sort(byCodeUnits).join(' + ');
}
