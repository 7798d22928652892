import { bands, base, bottomLabel, curve, dashed, leftAxis, legend, type Panel, side } from './axes.ts';
import { BLUE, element, GREEN, GREY, line, PURPLE, picture, text, VERMILION } from './svg.ts';
import type { ChartTools, Point, Scale } from './tools.ts';

/** What an epoch left behind; null or absent figures leave a gap. */
export interface EpochPoint {
  readonly epoch: number;
  readonly trainLoss: number | null;
  readonly validationLoss?: number | null;
  readonly validationAuc?: number | null;
  readonly validationMacc?: number | null;
}

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly dash: string;
  readonly values: readonly (number | null)[];
}

const SIZE = 14;
const WIDTH = 820;
const HEIGHT = 250;
const TOPS = [96, 416];
const DASH = '8 5';

/**
 * The course of a training as SVG: losses above, validation AUC and MAcc below where there are any, the best
 * epoch marked. Lines differ in dash as well as in colour.
 *
 * @param bestEpoch the epoch whose weights were kept
 */
export function curvesSvg(
  points: readonly EpochPoint[],
  tools: ChartTools,
  options: { readonly title?: string; readonly bestEpoch?: number } = {},
): string {
  const { title = 'Training', bestEpoch } = options;
  const epochs = points.map(({ epoch }) => epoch);
  const panels = panelsOf(points);
  const best = bestEpoch === undefined ? -1 : epochs.indexOf(bestEpoch);
  const drawn = panels.flatMap(({ label, series }, i) => {
    const panel: Panel = { left: 84, right: WIDTH - 36, top: TOPS[i]!, bottom: TOPS[i]! + HEIGHT };
    const scale = scaleFor(series, i === 1, panel, tools);
    const places = bands(points.length, panel.left, panel.right);
    return [
      ...leftAxis(panel, scale, { label, size: SIZE, boldLabel: true }),
      ...epochAxis(panel, epochs, i === panels.length - 1),
      ...(best < 0 ? [] : bestMark(panel, places.at(best), i === 0 ? `best: epoch ${bestEpoch}` : '')),
      ...series.flatMap((each) => curveOf(each, places.at, scale, tools)),
    ];
  });
  const all = panels.flatMap(({ series }) => series);
  const mark = best < 0 ? '' : ` Best: epoch ${bestEpoch}.`;
  return picture(
    {
      width: WIDTH,
      height: TOPS[panels.length - 1]! + HEIGHT + 64,
      title: `${title}: curves over epochs`,
      description: all.map((each) => sentence(each, epochs)).join(' ') + mark,
      paper: true,
    },
    [
      text(title, WIDTH / 2, 24, { anchor: 'middle', bold: true, size: 16 }),
      ...legend(all, WIDTH, 46, SIZE).parts,
      ...drawn,
    ],
  );
}

function panelsOf(points: readonly EpochPoint[]) {
  const series = (
    name: string,
    colour: string,
    dash: string,
    of: (point: EpochPoint) => number | null | undefined,
  ): Series => ({ name, colour, dash, values: points.map((point) => finite(of(point))) });
  const seen = ({ values }: Series) => values.some((value) => value !== null);
  const losses = [
    series('training loss', BLUE, '', (point) => point.trainLoss),
    series('validation loss', VERMILION, DASH, (point) => point.validationLoss),
  ].filter(seen);
  const scores = [
    series('validation AUC', GREEN, '', (point) => point.validationAuc),
    series('validation MAcc', PURPLE, DASH, (point) => point.validationMacc),
  ].filter(seen);
  return [
    { label: 'loss', series: losses },
    ...(scores.length > 0 ? [{ label: 'AUC, MAcc', series: scores }] : []),
  ];
}

/** Losses from 0 on; scores from about the lowest to 1. */
function scaleFor(
  series: readonly Series[],
  scores: boolean,
  { top, bottom }: Panel,
  tools: ChartTools,
): Scale {
  const values = series.flatMap((each) => each.values).filter((value) => value !== null);
  const lowest = Math.min(...values, 1);
  const highest = Math.max(...values, 0);
  const domain: Point = scores ? [lowest < 1 ? lowest : 0, 1] : [0, highest > 0 ? highest : 1];
  return tools.scale(domain, [bottom, top]).nice(6);
}

/** Every epoch, or where there are many of them the round ones. */
function epochAxis(panel: Panel, epochs: readonly number[], last: boolean): string[] {
  const step = [1, 2, 5, 10, 20, 50, 100].find((each) => epochs.length / each <= 20) ?? 200;
  const places = bands(epochs.length, panel.left, panel.right);
  const ticks = epochs.flatMap((epoch, i) =>
    i === 0 || epoch % step === 0
      ? [
          line(places.at(i), panel.bottom, places.at(i), panel.bottom + 5),
          text(String(epoch), places.at(i), panel.bottom + 16, { anchor: 'middle', size: SIZE }),
        ]
      : [],
  );
  const label = last ? bottomLabel(panel, 'epoch', { bold: true, size: SIZE }) : [];
  return [base(panel), side(panel), ...ticks, ...label];
}

/** A dotted line at the best epoch, named above its panel, the words within the frame. */
function bestMark({ left, right, top, bottom }: Panel, x: number, words: string): string[] {
  const place = (x - left) / (right - left);
  const anchor = place < 0.08 ? 'start' : place > 0.92 ? 'end' : 'middle';
  const dotted = line(x, top, x, bottom, { stroke: GREY, 'stroke-width': 2, 'stroke-dasharray': '2 3' });
  return words === '' ? [dotted] : [dotted, text(words, x, top - 12, { anchor, size: SIZE })];
}

function curveOf(
  { colour, dash, values }: Series,
  at: (i: number) => number,
  scale: Scale,
  tools: ChartTools,
): string[] {
  const points = values.map((value, i): Point | null => (value === null ? null : [at(i), scale(value)]));
  // Dots where there is room for them, and where a lone point would be no line.
  const dots = points.filter(
    (point, i) => point !== null && (points.length <= 40 || (!points[i - 1] && !points[i + 1])),
  );
  return [
    curve(tools.linePath(points), colour, 2.5, { 'stroke-linejoin': 'round', ...dashed(dash) }),
    ...dots.map((point) => element('circle', { cx: point![0], cy: point![1], r: 3, fill: colour })),
  ];
}

function sentence({ name, values }: Series, epochs: readonly number[]): string {
  const known = values.flatMap((value, i) => (value === null ? [] : [[epochs[i]!, value] as const]));
  const [first, last] = [known[0]!, known.at(-1)!].map(([epoch, value]) => [value.toFixed(3), epoch]);
  return `${name} from ${first![0]} in epoch ${first![1]} to ${last![0]} in epoch ${last![1]};`;
}

/** Charts have no NaN: what is not a number is a gap. */
function finite(value: number | null | undefined): number | null {
  return value !== undefined && value !== null && Number.isFinite(value) ? value : null;
}
