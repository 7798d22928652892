/**
 * The only file that touches d3-scale and d3-shape, which are development dependencies. `scripts/bundle-vendor.mjs`
 * bundles what this file uses of them into its compiled form, so that the package needs neither when installed; from
 * the TypeScript sources the same import finds them in node_modules.
 *
 * The engine imports nothing from outside, so `src/train` does not import this file: its chart functions take
 * `chartTools` as a parameter, and the command line, which may have dependencies, loads it with
 * `await import('../vendor/d3.ts')` only when a chart is to be drawn.
 */
import { scaleLinear } from 'd3-scale';
import { area, line } from 'd3-shape';

type Point = readonly [x: number, y: number];
type Span = readonly [x: number, low: number, high: number];

/** Paths are in pixels: a tenth of one is enough. */
const DIGITS = 1;

const pathOfLine = line<Point | null>()
  .digits(DIGITS)
  .defined((point) => point !== null)
  .x((point) => point![0])
  .y((point) => point![1]);

const pathOfArea = area<Span>()
  .digits(DIGITS)
  .x(([x]) => x)
  .y0(([, low]) => low)
  .y1(([, , high]) => high);

/** What the functions of `src/train/charts` take as `ChartTools`. */
export const chartTools = {
  scale: (domain: Point, range: Point) => scaleLinear(domain, range),
  colours: (stops: readonly number[], colours: readonly string[]) => scaleLinear(stops, colours),
  linePath: (points: readonly (Point | null)[]): string => pathOfLine([...points]) ?? '',
  areaPath: (spans: readonly Span[]): string => pathOfArea([...spans]) ?? '',
};
