/** The picture at the top of the page: how many times ours the time or size of others is, on a logarithmic scale. */
import { scaleLog } from 'd3-scale';
import type { Glance } from './question.ts';
import { digits, measure } from './text.ts';

const WIDTH = 760;
/** Where bars end at the latest: figures stand to their right, names to the left of all of them. */
const RIGHT = WIDTH - 116;
/** Of a name; a letter takes some 6.5 px at this size. */
const [LETTER, LONGEST] = [6.5, 56];
const TITLE = 'Time and size of others, in multiples of pcg-engine’s';
const LINE = 20;
const HEAD = 26;
const TOP = 66;
const FONT = 'font-family="Helvetica, Arial, sans-serif"';
const INK = '#222222';
const GREY = '#666666';
/** Blue and vermilion of Okabe and Ito (2008); which side of the line a bar is on says the same. */
const [OURS, THEIRS] = ['#0072B2', '#D55E00'];

const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
const escaped = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const at = (value: number) => value.toFixed(1);

/** Powers of ten and 2 and 5 times them, or of ten only where there are many. */
function ticksOf(low: number, high: number): number[] {
  const decades = Math.log10(high / low);
  const factors = decades > 2.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let exponent = -6; exponent <= 9; exponent++)
    for (const factor of factors) ticks.push(factor * 10 ** exponent);
  return ticks.filter((tick) => tick >= low * 0.999 && tick <= high * 1.001);
}

/** The figures, for those who do not see the bars. */
function sentences(groups: readonly Glance[]): string {
  return groups
    .map(({ what, others }) => {
      return `${what}: ${others.map(({ name, times }) => `${name} ${digits(times)} times`).join(', ')}.`;
    })
    .join(' ');
}

/** A whole SVG document on a white card, which reads on any background. */
export function glancePicture(all: readonly Glance[]): string {
  const groups = all.filter(({ others }) => others.length > 0);
  const times = groups.flatMap(({ others }) => others.map((other) => other.times));
  const [low, high] = [Math.min(0.5, ...times) / 1.05, Math.max(2, ...times) * 1.05];
  const names = groups.flatMap(({ others }) => others.map(({ name }) => shortened(name).length));
  const left = 32 + LETTER * Math.max(12, ...names);
  const x = scaleLog().domain([low, high]).range([left, RIGHT]);
  const lines = groups.reduce((sum, { others }) => sum + HEAD + LINE * others.length + 8, 0);
  const bottom = TOP + lines;
  const height = bottom + 34;
  const text = (dx: number, dy: number, content: string, rest = '') =>
    `<text x="${at(dx)}" y="${at(dy)}" ${FONT} font-size="12" fill="${INK}" ${rest}>${escaped(content)}</text>`;

  const parts = [
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="#ffffff" stroke="#cccccc"/>`,
    text(16, 26, TITLE, 'font-weight="bold" style="font-size:15px"'),
    text(x(1) + 6, 50, 'pcg-engine is faster or smaller →', `style="fill:${OURS}"`),
    text(x(1) - 6, 50, '← the other is', `text-anchor="end" style="fill:${THEIRS}"`),
  ];
  for (const tick of ticksOf(low, high)) {
    const line = `x1="${at(x(tick))}" x2="${at(x(tick))}" y1="${TOP - 8}" y2="${at(bottom)}"`;
    parts.push(
      `<line ${line} stroke="#dddddd"/>`,
      text(
        x(tick),
        bottom + 18,
        `${tick >= 1 ? tick : digits(tick)}×`,
        `text-anchor="middle" style="fill:${GREY}"`,
      ),
    );
  }
  const one = `x1="${at(x(1))}" x2="${at(x(1))}" y1="${TOP - 8}" y2="${at(bottom)}"`;
  parts.push(`<line ${one} stroke="${INK}" stroke-width="1.5"/>`);
  const halo = 'font-weight="bold" stroke="#ffffff" stroke-width="5" paint-order="stroke"';
  let y = TOP;
  for (const { what, unit, ours, others } of groups) {
    parts.push(text(16, y + 17, `${what}: ${measure(ours, unit)}`, halo));
    y += HEAD;
    for (const { name, value, times } of others) {
      const [from, to] = [Math.min(x(1), x(times)), Math.max(x(1), x(times))];
      parts.push(
        text(left - 8, y + 13, shortened(name), 'text-anchor="end"'),
        `<rect x="${at(from)}" y="${y + 3}" width="${at(Math.max(1, to - from))}" height="${LINE - 7}" fill="${times >= 1 ? OURS : THEIRS}"/>`,
        text(Math.max(to, x(1)) + 5, y + 13, `${digits(times)}× (${measure(value, unit)})`),
      );
      y += LINE;
    }
    y += 8;
  }
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(TITLE)}">`,
    `<title>${escaped(TITLE)}</title>`,
    `<desc>${escaped(sentences(groups))}</desc>`,
    ...parts,
    '</svg>',
  ].join('\n')}\n`;
}
