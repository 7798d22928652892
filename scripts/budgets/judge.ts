import type { Limit } from './limits.ts';

/** Something that was measured, or the reason why it could not be. */
export interface Figure {
  readonly name: string;
  readonly value: number | null;
  readonly skipped?: string;
}

export interface Verdict {
  readonly lines: readonly string[];
  readonly passed: boolean;
}

/**
 * Sets every figure beside its limit. What has no limit and what was not measured fails as well: nothing drops out
 * unnoticed.
 * @param complete what was skipped fails, too
 */
export function judge(
  figures: readonly Figure[],
  limits: Readonly<Record<string, Limit>>,
  complete: boolean,
): Verdict {
  const measured = figures.map(({ name, value, skipped }): [boolean, string] => {
    const limit = limits[name];
    if (!limit) return [false, `OVER  ${name}: ${value}, for which there is no limit`];
    if (value === null)
      return [!complete, `${complete ? 'OVER' : 'skip'}  ${name}: ${skipped ?? 'no reason given'}`];
    const passed = value <= limit.limit;
    return [
      passed,
      `${passed ? 'ok  ' : 'OVER'}  ${name}: ${written(value)} of ${written(limit.limit)} ${limit.unit}`.trimEnd(),
    ];
  });
  const names = new Set(figures.map(({ name }) => name));
  const missing = Object.keys(limits)
    .filter((name) => !names.has(name))
    .map((name): [boolean, string] => [false, `OVER  ${name}: was not measured`]);
  const all = [...measured, ...missing];
  return { lines: all.map(([, line]) => line), passed: all.every(([passed]) => passed) };
}

function written(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}
