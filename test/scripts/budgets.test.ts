import { describe, expect, it } from 'vitest';
import { type Figure, judge } from '../../scripts/budgets/judge.ts';
import { LIMITS } from '../../scripts/budgets/limits.ts';
import { linesOf } from '../../scripts/budgets/lines.ts';
import { onCpu } from '../../scripts/budgets/networks.ts';
import { counted } from '../../scripts/budgets/spy.ts';
import { cpuFigures } from '../../scripts/budgets/steps.ts';
import { noGrad, scope, tensor } from '../../src/index.ts';

const names = Object.keys(LIMITS);
const atLimit: readonly Figure[] = names.map((name) => ({ name, value: LIMITS[name]!.limit }));

describe('budgets', () => {
  it('pass where every figure is at its limit', () => {
    expect(judge(atLimit, LIMITS, true).passed).toBe(true);
  });

  it.each(names)('fail where %s is exceeded', (name) => {
    const figures = atLimit.map((figure) =>
      figure.name === name ? { name, value: figure.value! + Math.max(1e-3, figure.value! * 1e-6) } : figure,
    );
    const { lines, passed } = judge(figures, LIMITS, false);
    expect(passed).toBe(false);
    expect(lines.filter((line) => line.startsWith('OVER'))).toHaveLength(1);
  });

  it('fail where a figure has no limit, or a limit no figure', () => {
    expect(judge([...atLimit, { name: 'new', value: 0 }], LIMITS, false).passed).toBe(false);
    expect(judge(atLimit.slice(1), LIMITS, false).passed).toBe(false);
  });

  it('name what could not be measured, which fails where all must be', () => {
    const skipped = { name: names[0]!, value: null, skipped: 'no adapter' };
    const figures = [skipped, ...atLimit.slice(1)];
    expect(judge(figures, LIMITS, false).passed).toBe(true);
    expect(judge(figures, LIMITS, false).lines[0]).toBe(`skip  ${names[0]}: no adapter`);
    expect(judge(figures, LIMITS, true).passed).toBe(false);
  });

  it('have a limit above what was reached, and not far above', () => {
    for (const [name, { reached, limit, reason }] of Object.entries(LIMITS)) {
      expect(limit, name).toBeGreaterThanOrEqual(reached);
      if (name.startsWith('lines of ') && reason === undefined) {
        expect(limit, name).toBeLessThanOrEqual(1.05 * reached + 10);
      }
    }
  });
});

describe('counts', () => {
  it('of an op: its job, its operands, its buffer, its multiply-adds', async () => {
    await onCpu(async (backend) => {
      const [a, b] = [
        tensor(new Float32Array(6), [2, 3], { backend }),
        tensor(new Float32Array(12), [3, 4], { backend }),
      ];
      const count = await counted(backend, () => scope(() => noGrad(() => a.matmul(b)).data()));
      expect(count).toMatchObject({ ops: 1, bytes: 4 * (6 + 12 + 8), multiplyAdds: 24 });
      expect(count.jobs).toBeGreaterThan(0);
      expect(count.allocations).toBeGreaterThan(0);
      const after = await counted(backend, () => {});
      expect(after).toEqual({ ops: 0, bytes: 0, allocations: 0, jobs: 0, multiplyAdds: 0 });
    });
  });

  it('of the networks agree with arithmetic, and nothing is left by a step', async () => {
    const figures = new Map((await cpuFigures()).map(({ name, value }) => [name, value]));
    expect(figures.get('reference-step: parameters')).toBe(6435);
    // Two convolutions, attention over 32 places of 512 features, and two classes.
    const macs = 9 * 16 * 64 * 128 + 9 * 16 * 32 * 32 * 64 + 2 * 512 * 32 + 2 * 512;
    expect(figures.get('reference-step: multiply-adds')! * 1e6).toBe(macs);
    for (const name of ['pcg-lite', 'reference-step']) {
      expect(figures.get(`${name}: step, live buffers more than before it`)).toBe(0);
      for (const what of ['step', 'inference']) {
        for (const unit of ['jobs on cpu', 'bytes moved', 'allocations']) {
          expect(figures.get(`${name}: ${what}, ${unit}`), `${name}: ${what}, ${unit}`).toBeGreaterThan(0);
        }
      }
    }
  });

  it('of lines leave out comments and what is blank', () => {
    const source = ['/** a', ' * b', ' */', '', '// c', 'code(); // d', '/* e */', '/* f */ code();', '}'];
    expect(linesOf(source.join('\n'), '//')).toBe(3);
    expect(linesOf('# a\n\nx = 1\n  # b\ny = 2', '#')).toBe(2);
  });
});
