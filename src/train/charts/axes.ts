/** Axes, grids and legends round a panel. */
import { element, FONT_SIZE, GREY, line, rect, type TextStyle, text, textWidth } from './svg.ts';
import type { Scale } from './tools.ts';

/** The edges of what axes enclose, px. */
export interface Panel {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export interface ValueAxis {
  readonly label: string;
  /** About how many values are written. */
  readonly count?: number;
  /** No fractions, where things are counted. */
  readonly whole?: boolean;
  /** A grid without figures, beside a panel that has them. */
  readonly bare?: boolean;
  readonly size?: number;
  readonly boldLabel?: boolean;
}

const GRID = { 'stroke-opacity': 0.3 };
/** From an edge to the middle of the figures below it, and to that of the label below those. */
const FIGURES = 16;
const LABEL = 38;

/** Values from left to right, under the panel. */
export function bottomAxis(panel: Panel, scale: Scale, axis: ValueAxis): string[] {
  const { size = FONT_SIZE, bare = false } = axis;
  return [
    ...ticksOf(scale, axis).flatMap(([value, written]) => [
      line(scale(value), panel.top, scale(value), panel.bottom, GRID),
      ...(bare ? [] : [text(written, scale(value), panel.bottom + FIGURES, { anchor: 'middle', size })]),
    ]),
    ...bottomLabel(panel, axis.label, { size, bold: axis.boldLabel ?? false }),
  ];
}

export function bottomLabel({ left, right, bottom }: Panel, label: string, style: TextStyle = {}): string[] {
  return label === ''
    ? []
    : [text(label, (left + right) / 2, bottom + LABEL, { anchor: 'middle', ...style })];
}

/** Values from bottom to top, left of the panel. */
export function leftAxis(panel: Panel, scale: Scale, axis: ValueAxis): string[] {
  const { size = FONT_SIZE, bare = false } = axis;
  const ticks = ticksOf(scale, axis);
  const room = Math.max(...ticks.map(([, written]) => textWidth(written, size)), 0);
  const parts = ticks.flatMap(([value, written]) => [
    line(panel.left, scale(value), panel.right, scale(value), GRID),
    ...(bare ? [] : [text(written, panel.left - 8, scale(value), { anchor: 'end', size })]),
  ]);
  if (axis.label === '') return parts;
  const x = panel.left - 8 - room - size - 2;
  const bold = axis.boldLabel ?? false;
  const middle = (panel.top + panel.bottom) / 2;
  return [...parts, text(axis.label, x, middle, { anchor: 'middle', size, bold, upright: true })];
}

function ticksOf(scale: Scale, { count = 6, whole = false }: ValueAxis): [number, string][] {
  const write = scale.tickFormat(count);
  return scale
    .ticks(count)
    .filter((value) => !whole || Number.isInteger(value))
    .map((value) => [value, write(value)]);
}

/** The middle of each of `count` equal bands between two edges. */
export function bands(
  count: number,
  from: number,
  to: number,
): { readonly step: number; at(i: number): number } {
  const step = (to - from) / Math.max(count, 1);
  return { step, at: (i) => from + (i + 0.5) * step };
}

/** A name for each row, left of the panel. */
export function rowNames({ left, top, bottom }: Panel, names: readonly string[]): string[] {
  const rows = bands(names.length, top, bottom);
  return names.map((name, i) => text(name, left - 8, rows.at(i), { anchor: 'end' }));
}

export function base({ left, right, bottom }: Panel): string {
  return line(left, bottom, right, bottom);
}

export function side({ left, top, bottom }: Panel): string {
  return line(left, top, left, bottom);
}

export interface LegendEntry {
  readonly name: string;
  readonly colour: string;
  /** A piece of line with this dash instead of a square; '' is an unbroken one. */
  readonly dash?: string;
}

/** Marks and names in centred rows from `top` on, as many as fit beside each other. */
export function legend(
  entries: readonly LegendEntry[],
  width: number,
  top: number,
  size = FONT_SIZE,
): { readonly parts: string[]; readonly height: number } {
  const markOf = ({ dash }: LegendEntry) => (dash === undefined ? 14 : 32);
  const rows: { entries: LegendEntry[]; width: number }[] = [];
  for (const entry of entries) {
    const room = markOf(entry) + 6 + textWidth(entry.name, size) + 18;
    const row = rows.at(-1);
    if (row && row.width + room <= width - 20) {
      row.entries.push(entry);
      row.width += room;
    } else rows.push({ entries: [entry], width: room });
  }
  const parts = rows.flatMap((row, index) => {
    let x = (width - row.width + 18) / 2;
    const y = top + 10 + 20 * index;
    return row.entries.flatMap((entry) => {
      const { name, colour, dash } = entry;
      const [mark, start] = [markOf(entry), x];
      x += mark + 6 + textWidth(name, size) + 18;
      const sign =
        dash === undefined
          ? rect(start, y - 6, mark, 12, { rx: 3, fill: colour })
          : line(start, y, start + mark, y, { stroke: colour, 'stroke-width': 2.5, ...dashed(dash) });
      return [sign, text(name, start + mark + 6, y, { size })];
    });
  });
  return { parts, height: 20 * rows.length };
}

/** A curve. */
export function curve(
  d: string,
  colour: string,
  width: number,
  more: Readonly<Record<string, string | number>> = {},
) {
  return element('path', { d, fill: 'none', stroke: colour, 'stroke-width': width, ...more });
}

export function dashed(dash: string): Readonly<Record<string, string>> {
  return dash === '' ? {} : { 'stroke-dasharray': dash };
}

/** The colour of the frame, for marks that belong to no series. */
export const FRAME = GREY;
