/** Fits of the benchmarks of growth. */
import { expect, it } from 'vitest';
import { describeFit, fitGrowth, fitPower, type Point } from '../../bench/fit.ts';

const sizes = [1, 2, 4, 8, 16, 32, 64, 128];
const law = (factor: number, exponent: number): Point[] => sizes.map((x) => [x, factor * x ** exponent]);

it.each([
  [3, 1],
  [0.02, 2],
  [7, 0.5],
  [5, -1],
])('finds %f·x^%f exactly', (factor, exponent) => {
  const fit = fitPower(law(factor, exponent));
  expect(fit.factor / factor).toBeCloseTo(1, 12);
  expect(fit.exponent).toBeCloseTo(exponent, 12);
  expect(fit.error!).toBeLessThan(1e-7);
  expect(fit.r2).toBeCloseTo(1, 12);
  expect([fit.count, fit.from]).toEqual([8, 1]);
});

it('gives the textbook slope, error and R² of points with noise', () => {
  // Logs: x = 0, 1, 2, 3; y = 0, 2, 1, 3. Slope 0.8, residual sum 1.8, Sxx = Syy = 5.
  const points = [
    [0, 0],
    [1, 2],
    [2, 1],
    [3, 3],
  ].map(([x, y]) => [Math.exp(x!), Math.exp(y!)] as const);
  const fit = fitPower(points);
  expect(fit.exponent).toBeCloseTo(0.8, 12);
  expect(fit.factor).toBeCloseTo(Math.exp(0.3), 12);
  expect(fit.r2).toBeCloseTo(0.64, 12);
  expect(fit.error).toBeCloseTo(Math.sqrt(0.9 / 5), 12);
});

it('stays near the truth with ten per cent of noise, within a few standard errors', () => {
  const wobble = [1.1, 0.93, 1.02, 0.9, 1.07, 0.95, 1.04, 0.99];
  const fit = fitPower(law(2, 1.5).map(([x, y], i) => [x, y * wobble[i]!]));
  expect(fit.error!).toBeGreaterThan(0.005);
  expect(Math.abs(fit.exponent - 1.5)).toBeLessThan(3 * fit.error!);
  expect(fit.r2).toBeGreaterThan(0.99);
});

it('two points have no error, and a constant has exponent 0', () => {
  expect(fitPower(law(3, 2).slice(0, 2))).toMatchObject({ error: null, count: 2 });
  const flat = fitPower(law(5, 0));
  expect(flat.exponent).toBeCloseTo(0, 12);
  expect(flat.r2).toBe(1);
});

it('leaves the lower half out where a constant cost shows', () => {
  const started = law(1, 1).map(([x, y]) => [x, y + 10] as const);
  const fit = fitGrowth(started);
  expect([fit.count, fit.from]).toEqual([4, 16]);
  expect(fit.exponent).toBeGreaterThan(fitPower(started).exponent);
  expect(describeFit(fit, 8)).toMatch(/^x\^0\.\d\d ± 0\.\d\d \(R² 0\.\d{3}, upper 4 sizes, from 16 on\)$/);
});

it('tells growth that sets in late by the large sizes', () => {
  const fit = fitGrowth(law(1, 1).map(([x, y]) => [x, y + x * x]));
  expect(fit.count).toBe(4);
  expect(fit.exponent).toBeGreaterThan(1.9);
});

it('takes all points where no constant cost shows, whatever their order', () => {
  const fit = fitGrowth([...law(4, 1)].reverse());
  expect(fit.count).toBe(8);
  expect(describeFit(fit, 8)).toBe('x^1.00 ± 0.00 (R² 1.000)');
  expect(fitGrowth(law(1, 1).slice(0, 3)).count).toBe(3);
  expect(fitGrowth([1, 8, 64, 512].map((x) => [x, x + 10])).count).toBe(3); // half of four would be two
});

it('refuses what no power law goes through', () => {
  expect(() => fitPower([[1, 2], [2, 0]])).toThrow('no power law goes through (2, 0)'); // biome-ignore format: one look
  expect(() => fitPower([[0, 2], [2, 3]])).toThrow('no power law goes through (0, 2)'); // biome-ignore format: one look
  expect(() => fitPower([[2, 2], [2, 3]])).toThrow('two different sizes'); // biome-ignore format: one look
  expect(() => fitPower([])).toThrow('two different sizes');
});
