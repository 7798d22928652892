import { recordingsFolder as made } from './support.ts';

/**
 * Recordings of 18 subjects with two each, who are dealt out to three sites and there to two classes: three
 * subjects of each class at each site.
 */
export function recordingsFolder(change: (rows: string[]) => string[] = (rows) => rows): string {
  return made((rows) =>
    change(
      rows.map((row, i) => {
        const subject = Math.floor(i / 2);
        const label = Math.floor(subject / 3) % 2 === 0 ? 'normal' : 'abnormal';
        return [row.split(',')[0], label, `person-${subject}`, `synthetic-${'abc'[subject % 3]}`].join(',');
      }),
    ),
  );
}
