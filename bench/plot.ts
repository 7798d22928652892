/** Pictures of measured points and fitted lines as SVG text, on a white card that reads on any background. */
import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3-scale';
import {
  line,
  type SymbolType,
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
} from 'd3-shape';
import type { Plot } from './question.ts';

type Axis = Plot['x'];
type Series = Plot['series'][number];
type Scale = ScaleContinuousNumeric<number, number>;

const WIDTH = 720;
/** Of the area with points in it. */
const AREA = { left: 76, right: WIDTH - 24, height: 320 };
const LINE = 22;
const FONT = 'font-family="Helvetica, Arial, sans-serif"';
const INK = '#222222';
const GREY = '#666666';
const GRID = '#dddddd';

/** Okabe and Ito (2008), without yellow, which is hard to see on white; every colour has its own marker. */
const COLOURS = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#56B4E9', '#E69F00', '#000000'];
const MARKERS: readonly SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolCross,
  symbolStar,
];

/** Steps between points of a fitted line, which is curved unless both axes are logarithmic. */
const LINE_STEPS = 48;

/**
 * The picture as a whole SVG document.
 * @throws Error naming picture, series and value where there is nothing to draw, or no place for a point
 */
export function drawPlot(plot: Plot): string {
  check(plot);
  const top = 18 + LINE * plot.series.length + 14;
  const area = { ...AREA, top, bottom: top + AREA.height };
  const height = area.bottom + 58;
  const x = scaleOf(plot, 0).range([area.left, area.right]);
  const y = scaleOf(plot, 1).range([area.bottom, area.top]);
  const clip = `${plot.file}-area`;
  const inside = `x="${area.left}" y="${area.top}" width="${area.right - area.left}" height="${AREA.height}"`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="${escaped(plot.file)}-title ${escaped(plot.file)}-desc">`,
    `<title id="${escaped(plot.file)}-title">${escaped(`${plot.y.label} by ${plot.x.label}`)}</title>`,
    `<desc id="${escaped(plot.file)}-desc">${escaped(plot.alt)}</desc>`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="#cccccc"/>`,
    `<clipPath id="${escaped(clip)}"><rect ${inside}/></clipPath>`,
    ...plot.series.map((series, i) => legendEntry(series, i)),
    `<g ${FONT} font-size="13" fill="${INK}">`,
    ...sizeTicks(plot, x).flatMap((tick) => [
      `<path d="M${at(x(tick))},${area.top}V${area.bottom}" stroke="${GRID}"/>`,
      `<text class="x-tick" x="${at(x(tick))}" y="${area.bottom + 19}" text-anchor="middle">${tickLabel(tick)}</text>`,
    ]),
    ...ticksOf(y, plot.y).flatMap((tick) => [
      `<path d="M${area.left},${at(y(tick))}H${area.right}" stroke="${GRID}"/>`,
      `<text class="y-tick" x="${area.left - 8}" y="${at(y(tick) + 4.5)}" text-anchor="end">${tickLabel(tick)}</text>`,
    ]),
    `<rect ${inside} fill="none" stroke="${GREY}"/>`,
    `<text x="${(area.left + area.right) / 2}" y="${area.bottom + 43}" text-anchor="middle" font-size="14">${escaped(plot.x.label)}</text>`,
    `<text transform="translate(20,${(area.top + area.bottom) / 2}) rotate(-90)" text-anchor="middle" font-size="14">${escaped(plot.y.label)}</text>`,
    '</g>',
    `<g clip-path="url(#${escaped(clip)})">`,
    ...plot.series.map((series, i) => lineOf(series, i, x, y)),
    '</g>',
    ...plot.series.flatMap((series, i) =>
      series.points.map(([px, py]) => marker(i, x(px), y(py), `class="point"`)),
    ),
    '</svg>',
  ].join('\n')}\n`;
}

/** The fitted line over the range of the points, dashed where it was not fitted; without a fit, the points are joined. */
function lineOf({ points, fit }: Series, i: number, x: Scale, y: Scale): string {
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  const path = line<readonly [number, number]>(
    ([px]) => Number(at(x(px))),
    ([, py]) => Number(at(y(py))),
  );
  const drawn = (places: readonly (readonly [number, number])[], attributes: string) =>
    `<path d="${path(places)}" fill="none" stroke="${colour(i)}" stroke-opacity="0.75" ${attributes}/>`;
  if (!fit) return drawn(sorted, 'class="joined" stroke-width="1.5"');
  const [first, last] = [sorted[0]![0], sorted.at(-1)![0]];
  const between = (from: number, to: number) =>
    Array.from({ length: LINE_STEPS + 1 }, (_, k) => {
      const px = x.invert(x(from) + ((x(to) - x(from)) * k) / LINE_STEPS);
      return [px, fit.factor * px ** fit.exponent] as const;
      // Nothing can be drawn at 0 of a logarithmic axis, nor where a fit has no value.
    }).filter((point) => point.every(Number.isFinite) && Number.isFinite(y(point[1])));
  const from = Math.min(last, Math.max(first, fit.from ?? first));
  const fitted = drawn(between(from, last), 'class="fit" stroke-width="2"');
  if (from === first) return fitted;
  return `${drawn(between(first, from), 'class="beyond" stroke-width="1.5" stroke-dasharray="2 4"')}${fitted}`;
}

function legendEntry({ name, fit }: Series, i: number): string {
  const y = 18 + LINE * i + LINE / 2;
  const text = `<text x="${AREA.left + 34}" y="${y + 5}" ${FONT} font-size="14" fill="${INK}">${escaped(name)}${
    fit
      ? ` <tspan fill="${GREY}">∝ x<tspan dy="-5" font-size="11">${power(fit.exponent)}</tspan></tspan>`
      : ''
  }</text>`;
  const rule = `<path d="M${AREA.left},${y}h26" stroke="${colour(i)}" stroke-width="2" stroke-opacity="0.75"/>`;
  return `${rule}${marker(i, AREA.left + 13, y, 'class="legend"')}${text}`;
}

function marker(i: number, x: number, y: number, attributes: string): string {
  const shape = symbol(MARKERS[i % MARKERS.length]!, 60).digits(2)();
  return `<path ${attributes} transform="translate(${at(x)},${at(y)})" d="${shape}" fill="${colour(i)}" stroke="#ffffff"/>`;
}

function colour(i: number): string {
  return COLOURS[i % COLOURS.length]!;
}

function scaleOf(plot: Plot, which: 0 | 1): Scale {
  const axis = which === 0 ? plot.x : plot.y;
  const values = plot.series.flatMap(({ points }) => points.map((point) => point[which]));
  const [least, most] = [Math.min(...values), Math.max(...values)];
  if (!axis.log) {
    // A little more than there is, so that no marker lies on the edge.
    const [low, high] = [Math.min(0, 1.04 * least), Math.max(0, 1.04 * most)];
    return scaleLinear([low, high === low ? low + 1 : high], [0, 1]);
  }
  // A margin, so that no marker lies on the edge; the nice end may be a decade away, and leave half a picture empty.
  const margin = Math.max((most / least) ** 0.06, 1.15);
  return scaleLog([least / margin, most * margin], [0, 1]);
}

/** On a logarithmic axis decades, with 2 and 5 between them where there are few; even steps where there is not half of one. */
function ticksOf(scale: Scale, { log }: Axis): number[] {
  const [low, high] = scale.domain() as [number, number];
  const decades = Math.log10(high / low);
  if (!log) return scale.ticks(6);
  if (decades < 0.5) return scaleLinear([low, high], [0, 1]).ticks(5);
  const leading = decades < 3.2 ? [1, 2, 5] : [1];
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(low)); exponent <= Math.log10(high); exponent++) {
    ticks.push(...leading.map((digit) => Number(`${digit}e${exponent}`)));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** Fewest pixels between two ticks that stand where the points are. */
const APART = 36;

/** The sizes that were measured, where they are few and apart; what is usual otherwise. */
function sizeTicks({ series, x }: Plot, scale: Scale): number[] {
  const sizes = [...new Set(series.flatMap(({ points }) => points.map(([px]) => px)))].sort((a, b) => a - b);
  const apart = sizes.every((size, i) => i === 0 || scale(size) - scale(sizes[i - 1]!) >= APART);
  return apart ? sizes : ticksOf(scale, x);
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** As it is where short, with thin spaces from 10 000 on; a power of ten where long. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) {
    const [digits, exponent] = value.toExponential().split('e') as [string, string];
    const raised = Number(exponent) < 0 ? '⁻' : '';
    const power = `10${raised}${Array.from(String(Math.abs(Number(exponent))), (d) => SUPERSCRIPTS[Number(d)]).join('')}`;
    return digits === '1' ? power : `${digits}·${power}`;
  }
  const text = String(Number(value.toPrecision(12)));
  return size >= 1e4 ? text.replace(/\B(?=(\d{3})+$)/g, '\u202f') : text.replace('-', '−');
}

function power(exponent: number): string {
  return exponent.toFixed(2).replace('-', '−');
}

/** Coordinates with two decimals. */
function at(value: number): string {
  return String(Number(value.toFixed(2)));
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function check({ file, series, x, y }: Plot): void {
  if (series.length === 0) throw new Error(`${file}: there is no series to draw`);
  for (const { name, points } of series) {
    if (points.length === 0) throw new Error(`${file}: '${name}' has no points`);
    for (const point of points) {
      for (const [axis, value, letter] of [[x, point[0], 'x'] as const, [y, point[1], 'y'] as const]) {
        if (!Number.isFinite(value))
          throw new Error(`${file}: '${name}' has a point with ${letter} = ${value}`);
        if (axis.log && value <= 0) {
          const what = `${file}: '${name}' has a point with ${letter} = ${value}`;
          throw new Error(`${what}, which has no place on a logarithmic axis (${axis.label})`);
        }
      }
    }
  }
}
