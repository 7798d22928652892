/** From measured sizes to a table, fits and pictures. */
import { describeFit, fitGrowth, type Point } from '../fit.ts';
import type { Answer, Plot } from '../question.ts';
import { digits } from '../text.ts';

/** One thing that was measured at every size. */
export interface Curve {
  readonly name: string;
  readonly unit: 'ms' | 'MB';
  /** One a size. */
  readonly values: readonly number[];
}

export interface Growth {
  /** File names of its pictures begin with it. */
  readonly file: string;
  readonly title: string;
  /** What the size is, with its unit, such as `windows a batch`. */
  readonly axis: string;
  readonly sizes: readonly number[];
  /** What one more of the size is called in the table, such as `window`; absent where that says nothing. */
  readonly one?: string;
  readonly curves: readonly Curve[];
  readonly notes?: readonly string[];
}

/** Less memory than this above an idle process is lost in what processes differ by. */
const LEAST_MB = 2;

const LABELS = { ms: 'time (ms)', MB: 'memory (MB)' } as const;
const PICTURES = { ms: 'time', MB: 'memory' } as const;

export function answerOf({ file, title, axis, sizes, one, curves, notes = [] }: Growth): Answer {
  const fits = curves.map((curve) => {
    const points = pointsOf(sizes, curve);
    return { curve, points, fit: points.length > 2 ? fitGrowth(points) : null };
  });
  const plots = (['ms', 'MB'] as const).flatMap((unit): Plot[] => {
    const series = fits
      .filter(({ curve, points }) => curve.unit === unit && points.length > 0)
      .map(({ curve: { name }, points, fit }) => ({ name, points, ...(fit ? { fit } : {}) }));
    if (series.length === 0) return [];
    return [
      {
        file: `growth-${file}-${PICTURES[unit]}`,
        alt: `How ${PICTURES[unit]} grows with ${axis}: ${fits
          .filter(({ curve, fit }) => curve.unit === unit && fit)
          .map(({ curve, points, fit }) => `${curve.name} as ${describeFit(fit!, points.length)}`)
          .join('; ')}.`,
        x: { label: axis, log: true },
        y: { label: LABELS[unit], log: true },
        series,
      },
    ];
  });
  // Between the two largest sizes: what is left when everything that costs once is paid.
  const further = ({ values }: Curve) =>
    ((values.at(-1)! - values.at(-2)!) / (sizes.at(-1)! - sizes.at(-2)!)).toPrecision(2);
  const last = fits.map(({ fit }) => (fit ? `x^${fit.exponent.toFixed(2)}` : '–'));
  const fitted = fits.flatMap(({ curve, points, fit }) =>
    fit ? [`${curve.name} (${curve.unit}) ${describeFit(fit, points.length)}`] : [],
  );
  return {
    title,
    grid: {
      head: [axis, ...curves.map(({ name, unit }) => `${name}, ${unit}`)],
      rows: [
        ...sizes.map((size, i) => [String(size), ...curves.map(({ values }) => figure(values[i]!))]),
        ...(one && sizes.length > 1 ? [[`each further ${one}`, ...curves.map(further)]] : []),
        ['grows as', ...last],
      ],
    },
    plots,
    notes: [...(fitted.length > 0 ? [`Fits: ${fitted.join('; ')}.`] : []), ...notes],
  };
}

function pointsOf(sizes: readonly number[], { unit, values }: Curve): Point[] {
  const points = sizes.map((size, i) => [size, values[i]!] as const);
  return unit === 'MB' ? points.filter(([, value]) => value >= LEAST_MB) : points;
}

/** Differences of memory may be about nothing. */
function figure(value: number): string {
  return value < 0.1 ? '< 0.1' : digits(value);
}
