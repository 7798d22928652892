import { byCodeUnits, printable, type RecordingEntry } from '../../train/recording.ts';
import { PARTS, type Part, type Split } from '../../train/split.ts';
import type { Style } from '../style.ts';
import { count, table, widthOf } from '../table.ts';

/** What a part holds. */
export interface PartCounts {
  readonly recordings: number;
  readonly groups: number;
  /** By class name. */
  readonly classes: Readonly<Record<string, number>>;
  /** By site and class name; only sites that the part has. */
  readonly sites: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

export type SplitCounts = Readonly<Record<Part, PartCounts>>;

/** How many recordings, groups, classes and sites are in each part. */
export function countParts(
  split: Split,
  recordings: ReadonlyMap<string, RecordingEntry>,
  classes: readonly string[],
): SplitCounts {
  const perClass = (list: readonly RecordingEntry[]) =>
    Object.fromEntries(classes.map((name, k) => [name, list.filter(({ label }) => label === k).length]));
  const counts = (part: Part): PartCounts => {
    const list = split.parts[part].map((id) => recordings.get(id)!);
    const sites = [...new Set(list.map(({ site }) => site))].sort(byCodeUnits);
    return {
      recordings: list.length,
      groups: new Set(list.map(({ group }) => group)).size,
      classes: perClass(list),
      sites: Object.fromEntries(
        sites.map((site) => [site, perClass(list.filter((each) => each.site === site))]),
      ),
    };
  };
  return { train: counts('train'), validation: counts('validation'), test: counts('test') };
}

/** A split under the name of its file; of none where there is but one. */
export interface NamedCounts {
  readonly name: string;
  readonly counts: SplitCounts;
}

/** With more splits than this only their test parts have a row. */
const MOST_WHOLE = 8;

/** Names of classes and sites are the user's own and may be long. */
const LONGEST_NAME = 28;

/** A row a part: recordings, subjects and classes. */
export function partsTable(
  splits: readonly NamedCounts[],
  classes: readonly string[],
  style: Style,
  width: number,
): string[] {
  const shown: readonly Part[] = splits.length > MOST_WHOLE ? ['test'] : PARTS;
  const names = splits.map(({ name }) => clip(name));
  const longest = Math.max(...names.map(widthOf));
  const rows = splits.flatMap(({ counts }, i) =>
    shown.map((part, p) => {
      const name = p === 0 ? names[i]! : '';
      const label = longest > 0 ? `${name}${' '.repeat(longest - widthOf(name))}  ${part}` : part;
      const { recordings, groups, classes: perClass } = counts[part];
      return [label, ...[recordings, groups, ...classes.map((each) => perClass[each]!)].map(count)];
    }),
  );
  return inBlocks([['', 'recordings', 'subjects', ...classes.map(clip)], ...rows], style, width);
}

/** A row a site and class: how many recordings of it are in each column. */
export function sitesTable(
  columns: readonly { readonly heading: string; readonly counts: PartCounts }[],
  classes: readonly string[],
  style: Style,
  width: number,
): string[] {
  const sites = [...new Set(columns.flatMap(({ counts }) => Object.keys(counts.sites)))].sort(byCodeUnits);
  const longest = Math.max(...sites.map((site) => widthOf(clip(site))));
  const rows = sites.flatMap((site) =>
    classes.flatMap((name, k) => {
      const cells = columns.map(({ counts }) => counts.sites[site]?.[name] ?? 0);
      const label = k === 0 ? clip(site) : '';
      return [[`${label}${' '.repeat(longest - widthOf(label))}  ${clip(name)}`, ...cells.map(count)]];
    }),
  );
  return inBlocks([['by site', ...columns.map(({ heading }) => heading)], ...rows], style, width);
}

/** The table; where it is wider than the terminal its columns follow in blocks, each with the first column again. */
function inBlocks(rows: readonly (readonly string[])[], style: Style, width: number): string[] {
  const columns = rows[0]!.length;
  const widths = Array.from({ length: columns }, (_, c) => Math.max(...rows.map((row) => widthOf(row[c]!))));
  const lines: string[] = [];
  for (let from = 1; from < columns; ) {
    let to = from;
    let used = widths[0]!;
    while (to < columns && (to === from || used + 2 + widths[to]! <= width)) used += 2 + widths[to++]!;
    const block = rows.map((row) => [row[0]!, ...row.slice(from, to)]);
    lines.push(...(lines.length > 0 ? [''] : []), ...table(block, style));
    from = to;
  }
  return lines;
}

function clip(name: string): string {
  const text = [...printable(name)];
  return text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1).join('')}…` : text.join('');
}
