import type { RecordingEntry } from '../../src/train/recording.ts';

/** An entry with the given subject, label and site; the id is made of them unless given. */
export function entry(group: string, label: number, site = 's', id = ''): RecordingEntry {
  const name = id || `${group}-${label}-${site}-${(counter += 1)}`;
  return { id: name, path: `${name}.wav`, site, group, label };
}

let counter = 0;

/** `subjects` with `each` recordings a subject at one site, labels by `labelOf(subject number)`. */
export function cohort(site: string, subjects: number, each: number, labelOf: (subject: number) => number) {
  return Array.from({ length: subjects }, (_, subject) =>
    Array.from({ length: each }, (_, take) =>
      entry(`${site}-${subject}`, labelOf(subject), site, `${site}-${subject}-${take}`),
    ),
  ).flat();
}
