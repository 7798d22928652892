export type Point = readonly [x: number, y: number];

/** Numbers to pixels, both in a straight line. */
export interface Scale {
  (value: number): number;
  /** About so many round values within the domain. */
  ticks(count: number): number[];
  /** Writes such a value with the digits that tell it from the next. */
  tickFormat(count: number): (value: number) => string;
  /** Moves the ends of the domain outwards, to round values. */
  nice(count: number): Scale;
}

/**
 * What charts need of a library that knows axes and curves. They take it as a parameter because the engine imports
 * nothing; `src/vendor/d3.ts` has the one in use.
 */
export interface ChartTools {
  scale(domain: Point, range: Point): Scale;
  /** A colour for every number, between those at the stops. */
  colours(stops: readonly number[], colours: readonly string[]): (value: number) => string;
  /** The `d` of a path through points; null leaves a gap. */
  linePath(points: readonly (Point | null)[]): string;
  /** The `d` of what lies between two lines. */
  areaPath(spans: readonly (readonly [x: number, low: number, high: number])[]): string;
}
