import type { Figure } from './judge.ts';
import type { Limit } from './limits.ts';

/**
 * The lines of limits.ts as they would be after what was reached now: counts at what was reached, bytes moved and lines
 * with 5 % of room. Sizes of what is shipped keep their limit, since they are aims. Whoever raises one adds the reason.
 */
export function table(figures: readonly Figure[], limits: Readonly<Record<string, Limit>>): string {
  const lines = figures.map(({ name, value }) => {
    const now = limits[name];
    const tenths = /bytes moved/.test(name) ? 10 : /multiply-adds/.test(name) ? 1000 : 1;
    const reached = Math.round((value ?? now?.reached ?? 0) * tenths) / tenths;
    const aim = /^(tarball|installed|optional|browser|webgpu)|model file/.test(name) && now;
    const most = aim ? now.limit : limitFor(name, value ?? reached);
    const why = now?.reason === undefined ? '' : `, ${JSON.stringify(now.reason)}`;
    return `  '${name}': limit(${reached}, ${most}, '${now?.unit ?? ''}'${why}),`;
  });
  return lines.join('\n');
}

function limitFor(name: string, value: number): number {
  if (/bytes moved/.test(name)) return Math.ceil(1.05 * value * 10) / 10;
  if (/multiply-adds/.test(name)) return Math.ceil(value * 1000) / 1000;
  return name.startsWith('lines') ? 10 * Math.ceil((1.05 * value) / 10) : value;
}
