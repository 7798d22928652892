import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { KernelName } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { array, runOp } from '../reference/run-op.ts';

const backend = await cpu({ threads: 2 });
const truth = reference();
afterAll(() => backend.close());

/** Largest error in units of the last place of the result, over float32 arguments in [from, to]. */
const ULPS = [
  ['exp', -103, 88.7, 1.1],
  ['log', 1e-45, 3e38, 1.1],
  ['sqrt', 1e-45, 3e38, 0.5],
  ['tanh', -20, 20, 2],
  ['sigmoid', -87, 30, 2.5],
  ['erf', -6, 6, 2],
  // Where Φ(x) is not below 1e-9: further left the float64 reference itself loses digits to 1 + erf.
  ['gelu', -6, 20, 4],
  ['hardswish', -2.9, 40, 2],
] as const;

const bits = new Int32Array(1);
const value = new Float32Array(bits.buffer);

/** Float32 numbers spread evenly over bit patterns, so small and large exponents alike. */
function floatsBetween(from: number, to: number, step: number): Float32Array {
  const values: number[] = [];
  for (const sign of [-1, 1]) {
    for (let pattern = 1; pattern < 0x7f800000; pattern += step) {
      bits[0] = pattern;
      const x = sign * value[0]!;
      if (x >= from && x <= to) values.push(x);
    }
  }
  return Float32Array.from(values);
}

/** Distance from |y| to the next float32; 2^-149 for subnormals. */
function ulp(y: number): number {
  value[0] = Math.abs(y);
  const size = value[0]!;
  bits[0]!++;
  return value[0]! - size;
}

describe('elementary functions in float32', () => {
  it.each(ULPS)('%s on [%d, %d] within %d ulp', async (op, from, to, limit) => {
    const x = floatsBetween(from, to, 9973);
    const sample = [array([x.length], x)];
    const [got] = await runOp(backend, op as KernelName, sample, [[x.length]], {} as never);
    const [want] = await runOp(truth, op as KernelName, sample, [[x.length]], {} as never);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < x.length; i++) {
      const error = Math.abs(got![i]! - want![i]!) / ulp(want![i]!);
      if (!(error <= worst)) {
        worst = error;
        at = x[i]!;
      }
    }
    expect(x.length).toBeGreaterThan(10_000);
    expect(worst, `at ${at}`).toBeLessThanOrEqual(limit);
  });
});
