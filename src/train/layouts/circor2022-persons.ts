import { DisjointSets } from '../disjoint-sets.ts';
import { byCodeUnits } from '../recording.ts';
import type { Patient } from './circor2022-patients.ts';

/** Who is the same person, by patient id. */
export interface Persons {
  /** Patient id → the person's name: that of `person_groups.csv`, else the first of the person's patient ids. */
  readonly personOf: ReadonlyMap<string, string>;
  /** Patients of one person, `a = b`, for those with several among `patients`. */
  readonly several: readonly string[];
  /** Patients whose link is not returned by the patient it leads to. */
  readonly oneSided: readonly string[];
  /** Links between patients whom `person_groups.csv` keeps apart; they are followed. */
  readonly apart: readonly string[];
}

/**
 * Joins patients who are one person: those with the same group, and those linked by `Additional ID`, in one step or
 * several. Both are followed where they differ: two persons taken for one cost some variety in a split, one person
 * taken for two is a leak.
 *
 * @param elsewhere links that another source has than the one a patient is taken from
 */
export function joinPersons(
  patients: readonly Patient[],
  groups: ReadonlyMap<string, string>,
  elsewhere: readonly (readonly [id: string, other: string])[] = [],
): Persons {
  const persons = new DisjointSets();
  for (const [id, other] of elsewhere) if (other !== '') persons.join(`id ${id}`, `id ${other}`);
  const linkOf = new Map(patients.map(({ id, fields }) => [id, fields['additional id']]));
  const oneSided: string[] = [];
  const apart: string[] = [];
  for (const { id } of patients) {
    const group = groups.get(id);
    if (group !== undefined) persons.join(`id ${id}`, `person ${group}`);
    const other = linkOf.get(id)!;
    if (other === '' || other === id) continue;
    persons.join(`id ${id}`, `id ${other}`);
    if (linkOf.has(other) && linkOf.get(other) !== id) oneSided.push(`${id} → ${other}`);
    const otherGroup = groups.get(other);
    if (group !== undefined && otherGroup !== undefined && group !== otherGroup)
      apart.push(`${id} → ${other}`);
  }
  const members = new Map<string, string[]>();
  for (const { id } of patients) {
    const key = persons.find(`id ${id}`);
    members.set(key, [...(members.get(key) ?? []), id]);
  }
  const personOf = new Map<string, string>();
  const several: string[] = [];
  for (const ids of members.values()) {
    ids.sort(byCodeUnits);
    const named = ids.map((id) => groups.get(id)).filter((name) => name !== undefined);
    for (const id of ids) personOf.set(id, named.sort(byCodeUnits)[0] ?? ids[0]!);
    if (ids.length > 1) several.push(ids.join(' = '));
  }
  return { personOf, several: several.sort(byCodeUnits), oneSided, apart };
}
