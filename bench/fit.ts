/** How something grows: y = factor·x^exponent, fitted to measured points. */

export type Point = readonly [x: number, y: number];

export interface PowerLaw {
  readonly factor: number;
  readonly exponent: number;
  /** Standard error of the exponent; null for two points, which every line fits. */
  readonly error: number | null;
  /** Share of the variance of log y that the line explains. */
  readonly r2: number;
  /** Of the points that were fitted: how many, and the smallest x. */
  readonly count: number;
  readonly from: number;
}

/**
 * Least squares on logarithms (textbook simple linear regression of log y on log x).
 * @throws Error unless there are two different x at least, and everything is positive and finite
 */
export function fitPower(points: readonly Point[]): PowerLaw {
  for (const [x, y] of points) {
    if (!(x > 0 && y > 0 && x < Infinity && y < Infinity))
      throw new Error(`no power law goes through (${x}, ${y}): both must be positive`);
  }
  const n = points.length;
  const logs = points.map(([x, y]) => [Math.log(x), Math.log(y)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / n;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / n;
  let [sxx, sxy, syy] = [0, 0, 0];
  for (const [x, y] of logs) {
    sxx += (x - meanX) ** 2;
    sxy += (x - meanX) * (y - meanY);
    syy += (y - meanY) ** 2;
  }
  if (!(sxx > 0)) throw new Error(`a power law needs two different sizes, not ${n} of one`);
  const exponent = sxy / sxx;
  const intercept = meanY - exponent * meanX;
  const residual = logs.reduce((sum, [x, y]) => sum + (y - intercept - exponent * x) ** 2, 0);
  return {
    factor: Math.exp(intercept),
    exponent,
    error: n > 2 ? Math.sqrt(residual / (n - 2) / sxx) : null,
    // Of values that are all the same nothing is left to explain; rounding of logarithms is no variance.
    r2: syy > 1e-24 * n ? 1 - residual / syy : 1,
    count: n,
    from: Math.min(...points.map(([x]) => x)),
  };
}

/** By how much the exponent of the upper half may differ until that counts as another regime. */
const BEND = 0.05;

/**
 * The fit of all points, or of their upper half (three points at least) where its exponent is another: a constant cost
 * shows in the small sizes then, or a limit is reached, and the large sizes tell how it grows.
 */
export function fitGrowth(points: readonly Point[]): PowerLaw {
  const sorted = [...points].sort((a, b) => a[0] - b[0]);
  const all = fitPower(sorted);
  const upper = fitPower(sorted.slice(-Math.max(3, Math.ceil(sorted.length / 2))));
  return Math.abs(upper.exponent - all.exponent) > BEND ? upper : all;
}

/** `x^0.98 ± 0.01 (R² 0.999)`, with what was fitted if that was not all. */
export function describeFit({ exponent, error, r2, count, from }: PowerLaw, all: number): string {
  // Of three points an error has one degree of freedom: it would say more than is known.
  const spread = error === null || count < 4 ? '' : ` ± ${error.toFixed(2)}`;
  const part = count < all ? `, upper ${count} sizes, from ${from} on` : '';
  return `x^${exponent.toFixed(2)}${spread} (R² ${r2.toFixed(3)}${part})`;
}
