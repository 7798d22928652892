/** Pictures of an inspection: counts and rules. They lie on a page and take the colour of its text. */
import {
  bands,
  base,
  bottomAxis,
  bottomLabel,
  dashed,
  leftAxis,
  legend,
  type Panel,
  rowNames,
  side,
} from '../charts/axes.ts';
import { line, PALETTE, picture, rect, text, textWidth } from '../charts/svg.ts';
import type { ChartTools } from '../charts/tools.ts';
import { printable } from '../recording.ts';
import type { Inspection } from './inspection.ts';

export const WIDTH = 860;
/** Sites that have a row; the largest are taken. */
export const MOST_SITES = 24;

export function colour(i: number): string {
  return PALETTE[i % PALETTE.length]!;
}

export function clip(name: string, longest = 22): string {
  const letters = [...printable(name)];
  return letters.length > longest ? `${letters.slice(0, longest - 1).join('')}…` : letters.join('');
}

/** Room for the longest of the names, px. */
export function roomFor(names: readonly string[]): number {
  return 18 + Math.max(30, ...names.map((name) => textWidth(name)));
}

/** The `most` largest, in their own order. */
export function largest<T>(items: readonly T[], size: (item: T) => number, most: number): T[] {
  const kept = new Set([...items].sort((a, b) => size(b) - size(a)).slice(0, most));
  return items.filter((item) => kept.has(item));
}

/** Where each of the values begins and ends when they are laid one after the other. */
function stacked(values: readonly number[]): (readonly [from: number, to: number])[] {
  let end = 0;
  return values.map((value) => [end, (end += value)] as const);
}

function legendOf(classes: readonly string[]) {
  return legend(
    classes.map((name, k) => ({ name: clip(name), colour: colour(k) })),
    WIDTH,
    4,
  );
}

/** Recordings by site, a bar each, stacked by class. */
export function classesSvg({ counts, classes }: Inspection, tools: ChartTools, title: string): string {
  const sites = largest(counts.bySite, ({ recordings }) => recordings, MOST_SITES);
  const names = sites.map(({ name }) => clip(name));
  const key = legendOf(classes);
  const top = 16 + key.height;
  const panel: Panel = { left: roomFor(names), right: WIDTH - 30, top, bottom: top + 10 + 32 * sites.length };
  const most = Math.max(1, ...sites.map(({ recordings }) => recordings));
  const scale = tools.scale([0, most], [panel.left, panel.right]).nice(7);
  const rows = bands(sites.length, panel.top, panel.bottom);
  const thick = Math.min(26, 0.7 * rows.step);
  const bars = sites.flatMap(({ byClass }, i) =>
    stacked(byClass).map(([from, to], k) =>
      rect(scale(from), rows.at(i) - thick / 2, scale(to) - scale(from), thick, { fill: colour(k) }),
    ),
  );
  const description = sites
    .map(({ name, byClass }) => `${name}: ${classes.map((each, k) => `${byClass[k]} ${each}`).join(', ')}.`)
    .join(' ');
  return picture({ width: WIDTH, height: panel.bottom + 50, title, description, paper: false }, [
    ...key.parts,
    ...bottomAxis(panel, scale, { label: 'recordings', count: 7, whole: true }),
    ...bars,
    ...rowNames(panel, names),
    side(panel),
  ]);
}

/** How long recordings are, stacked by class. */
export function durationsSvg({ sound, classes }: Inspection, tools: ChartTools, title: string): string {
  const { from, width, byClass } = sound.durations;
  const key = legendOf(classes);
  const top = 16 + key.height;
  const panel: Panel = { left: 76, right: WIDTH - 30, top, bottom: top + 206 };
  const totals = from.map((_, i) => byClass.reduce((sum, counts) => sum + counts[i]!, 0));
  const scale = tools.scale([0, Math.max(1, ...totals)], [panel.bottom, panel.top]).nice(6);
  const columns = bands(from.length, panel.left, panel.right);
  const wide = 0.9 * columns.step;
  const bars = from.flatMap((_, i) =>
    stacked(byClass.map((counts) => counts[i]!)).map(([low, high], k) =>
      rect(columns.at(i) - wide / 2, scale(high), wide, scale(low) - scale(high), { fill: colour(k) }),
    ),
  );
  const edges = from.map((edge, i) => (i === from.length - 1 ? `≥ ${edge}` : String(edge)));
  const every = Math.ceil(Math.max(...edges.map((edge) => textWidth(edge) + 6)) / columns.step);
  const description = totals.map((count, i) => `${edges[i]} s: ${count}`).join(', ');
  return picture({ width: WIDTH, height: panel.bottom + 54, title, description, paper: false }, [
    ...key.parts,
    ...leftAxis(panel, scale, { label: 'recordings', whole: true }),
    ...bars,
    base(panel),
    ...edges.flatMap((edge, i) =>
      i % every === 0 ? [text(edge, columns.at(i), panel.bottom + 16, { anchor: 'middle' })] : [],
    ),
    ...bottomLabel(panel, `length from … on, in steps of ${width} s`),
  ]);
}

/** Mean recall of the rules that never listen, with chance marked. */
export function shortcutsSvg({ shortcuts, classes }: Inspection, tools: ChartTools, title: string): string {
  const names = shortcuts.map(({ fact }) => fact);
  const panel: Panel = {
    left: roomFor(names),
    right: WIDTH - 60,
    top: 30,
    bottom: 40 + 28 * shortcuts.length,
  };
  const scale = tools.scale([0, 1], [panel.left, panel.right]);
  const rows = bands(shortcuts.length, panel.top, panel.bottom);
  const bars = shortcuts.flatMap(({ macc }, i) => [
    rect(panel.left, rows.at(i) - 10, scale(macc ?? 0) - panel.left, 20, { fill: colour(0) }),
    // Beyond the scale, where no mark crosses it.
    text(macc === null ? '–' : macc.toFixed(2), panel.right + 14, rows.at(i)),
  ]);
  const chance = scale(1 / classes.length);
  const measure = classes.length === 2 ? 'MAcc' : 'mean recall';
  const description = shortcuts.map(({ fact, rule }) => `${fact}: ${rule}.`).join(' ');
  return picture({ width: WIDTH, height: panel.bottom + 50, title, description, paper: false }, [
    ...bottomAxis(panel, scale, { label: `${measure} of a rule that knows nothing else` }),
    ...bars,
    ...rowNames(panel, names),
    side(panel),
    line(chance, panel.top, chance, panel.bottom, {
      stroke: colour(1),
      'stroke-width': 2,
      ...dashed('6 4'),
    }),
    text('chance', chance, panel.top - 12, { anchor: 'middle' }),
  ]);
}
