/** Pictures of the benchmarks: where points lie, what axes say, and what cannot be drawn. */
import { expect, it } from 'vitest';
import { drawPlot, tickLabel } from '../../bench/plot.ts';
import type { Plot } from '../../bench/question.ts';

const logs: Plot = {
  file: 'sample',
  alt: 'Time & memory <grow>',
  x: { label: 'batch', log: true },
  y: { label: 'time (ms)', log: true },
  series: [
    {
      name: 'training step',
      points: [
        [1, 10],
        [10, 100],
        [100, 1000],
      ],
      fit: { factor: 10, exponent: 1 },
    },
    {
      name: 'inference',
      points: [
        [1, 1],
        [100, 10],
      ],
    },
  ],
};

/** Places of the markers of points, in the order of series and points. */
function places(svg: string): number[][] {
  return [...svg.matchAll(/class="point" transform="translate\(([-\d.]+),([-\d.]+)\)"/g)].map((m) => [
    Number(m[1]),
    Number(m[2]),
  ]);
}

function ticks(svg: string, axis: 'x' | 'y'): { text: string; at: number }[] {
  const pattern = /class="(x|y)-tick" x="([-\d.]+)" y="([-\d.]+)"[^>]*>([^<]*)</g;
  return [...svg.matchAll(pattern)]
    .filter((m) => m[1] === axis)
    .map((m) => ({ text: m[4]!, at: axis === 'x' ? Number(m[2]) : Number(m[3]) - 4.5 }));
}

/** Where the line of a class begins and ends. */
function ends(svg: string, name: string): number[] {
  const path = new RegExp(`d="M([-\\d.]+),([-\\d.]+)[^"]*L([-\\d.]+),([-\\d.]+)" [^>]*class="${name}"`).exec(
    svg,
  )!;
  return path.slice(1).map(Number);
}

it('equal ratios are equal distances on logarithmic axes, and points lie on the lines of their ticks', () => {
  const svg = drawPlot(logs);
  const [a, b, c, d, e] = places(svg);
  expect(b![0]! - a![0]!).toBeCloseTo(c![0]! - b![0]!, 1);
  expect(a![1]! - b![1]!).toBeCloseTo(b![1]! - c![1]!, 1);
  expect(b![1]!).toBeLessThan(a![1]!); // upwards
  expect([d![0], e![0]]).toEqual([a![0], c![0]]);
  expect(e![1]).toBeCloseTo(a![1]!, 1); // both 10
  const x = ticks(svg, 'x');
  expect(x.map(({ text }) => text)).toEqual(['1', '10', '100']); // where the points are
  expect(x[1]!.at).toBeCloseTo(b![0]!, 1);
  const y = ticks(svg, 'y');
  expect(y.find(({ text }) => text === '100')!.at).toBeCloseTo(b![1]!, 1);
});

it('has usual ticks where there are many sizes, or sizes close together', () => {
  const points = Array.from({ length: 100 }, (_, i) => [i + 1, i + 1] as const);
  const many = drawPlot({ ...logs, series: [{ name: 's', points }] });
  expect(ticks(many, 'x').map(({ text }) => text)).toEqual(['1', '2', '5', '10', '20', '50', '100']);
  const wide = drawPlot({
    ...logs,
    series: [{ name: 's', points: points.map(([x, y]) => [x ** 3, y ** 3]) }],
  });
  expect(ticks(wide, 'x').map(({ text }) => text)).toEqual(
    ['1', '10', '100', '1000', '10\u202f000', '100\u202f000', '10⁶'], // biome-ignore format: one look
  );
});

it('linear axes begin at 0', () => {
  const svg = drawPlot({
    ...logs,
    x: { label: 'threads', log: false },
    y: { label: 'speed-up', log: false },
    series: [
      {
        name: 's',
        points: [
          [1, 1],
          [2, 1.5],
          [4, 3],
        ],
      },
    ],
  });
  expect(ticks(svg, 'x').map(({ text }) => text)).toEqual(['1', '2', '4']);
  const [a, b, c] = places(svg);
  expect(c![0]! - b![0]!).toBeCloseTo(2 * (b![0]! - a![0]!), 1);
  const y = ticks(svg, 'y');
  expect(y[0]!.text).toBe('0');
  const unit = (y[0]!.at - y.at(-1)!.at) / Number(y.at(-1)!.text);
  expect(y[0]!.at - c![1]!).toBeCloseTo(3 * unit, 1);
});

it('a fitted line goes through points that lie on it, and its exponent stands in the legend', () => {
  const svg = drawPlot(logs);
  const [a, , c] = places(svg);
  expect(ends(svg, 'fit')).toEqual([...a!, ...c!].map((v) => expect.closeTo(v, 1)));
  expect(svg).toContain('training step <tspan fill="#666666">∝ x<tspan dy="-5" font-size="11">1.00</tspan>');
  expect(svg.match(/class="fit"/g)).toHaveLength(1);
  expect(svg.match(/class="joined"/g)).toHaveLength(1);
});

it('a line is dashed where it was not fitted', () => {
  const [first] = logs.series;
  const svg = drawPlot({ ...logs, series: [{ ...first!, fit: { factor: 10, exponent: 1, from: 10 } }] });
  const [a, b, c] = places(svg).map((place) => place.map((v) => expect.closeTo(v, 1)));
  expect(ends(svg, 'fit')).toEqual([...b!, ...c!]);
  expect(ends(svg, 'beyond')).toEqual([...a!, ...b!]);
  expect(svg).toMatch(/class="beyond"[^>]*stroke-dasharray/);
  expect(drawPlot(logs)).not.toContain('class="beyond"');
});

it('is a document of its own: title, description, colours and markers that differ', () => {
  const svg = drawPlot(logs);
  expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" width="720" .*role="img"/);
  expect(svg).toContain('<title id="sample-title">time (ms) by batch</title>');
  expect(svg).toContain('<desc id="sample-desc">Time &amp; memory &lt;grow&gt;</desc>');
  expect(svg).toContain('fill="#ffffff" stroke="#cccccc"/>'); // the card, for dark pages
  const legends = [...svg.matchAll(/class="legend" [^>]*d="([^"]*)" fill="([^"]*)"/g)];
  expect(legends).toHaveLength(2);
  expect(legends[0]![1]).not.toBe(legends[1]![1]);
  expect(legends[0]![2]).not.toBe(legends[1]![2]);
  expect(drawPlot(logs)).toBe(svg);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

it('has ticks within less than a decade, and one point is enough', () => {
  const one: Plot = { ...logs, series: [{ name: 's', points: [[3, 40]] }] };
  const svg = drawPlot(one);
  expect(places(svg)).toHaveLength(1);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  const narrow = drawPlot({
    ...logs,
    series: [
      {
        name: 's',
        points: [
          [100, 300],
          [200, 420],
        ],
      },
    ],
  });
  expect(ticks(narrow, 'y').map(({ text }) => text)).toEqual(['300', '350', '400', '450']);
});

it.each([
  [[[0, 1]], "sample: 's' has a point with x = 0, which has no place on a logarithmic axis (batch)"],
  [[[1, -2]], "sample: 's' has a point with y = -2, which has no place on a logarithmic axis (time (ms))"],
  [[[1, Number.NaN]], "sample: 's' has a point with y = NaN"],
  [[[Number.POSITIVE_INFINITY, 1]], "sample: 's' has a point with x = Infinity"],
  [[], "sample: 's' has no points"],
])('refuses %j', (points, message) => {
  const plot: Plot = { ...logs, series: [{ name: 's', points: points as unknown as [number, number][] }] };
  expect(() => drawPlot(plot)).toThrow(message);
});

it('refuses a picture of nothing, and takes 0 on linear axes', () => {
  expect(() => drawPlot({ ...logs, series: [] })).toThrow('sample: there is no series to draw');
  const linear = { label: 'n', log: false };
  const svg = drawPlot({ ...logs, x: linear, y: linear, series: [{ name: 's', points: [[0, 0]] }] });
  expect(places(svg)).toHaveLength(1);
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

it('writes numbers of ticks short', () => {
  expect([0, 0.001, 0.25, 5, 2000, 20000, 1e6, 2e6, 1e-4, -3].map(tickLabel)).toEqual(
    ['0', '0.001', '0.25', '5', '2000', '20\u202f000', '10⁶', '2·10⁶', '10⁻⁴', '−3'], // biome-ignore format: one look
  );
});
