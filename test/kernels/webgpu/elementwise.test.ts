/** Accuracy and special values of the ops on one and two inputs, which the op table's samples do not reach. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KernelName } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { array, runOp, type Sample } from '../reference/run-op.ts';

/**
 * Largest error in units of the last place of the result, over float32 arguments in [from, to] whose results are not
 * near subnormal numbers. WGSL leaves divisions 2.5 units and square roots more; the rest is what the formulas add.
 */
const ULPS = [
  ['exp', -87.3, 88.7, 3],
  ['log', 1.2e-38, 3e38, 3],
  ['sqrt', 1.2e-38, 3e38, 4],
  ['tanh', -20, 20, 4],
  ['sigmoid', -87, 30, 5],
  ['erf', -6, 6, 4],
  // Where Φ(x) is not below 1e-9: further left the float64 reference itself loses digits to 1 + erf.
  ['gelu', -6, 20, 6],
  ['hardswish', -2.9, 40, 4],
] as const;

/** Zeros, infinities, NaN, largest, and numbers where float32 functions overflow or vanish. */
const SPECIAL = [
  ...[0, -0, 1, -1, 0.5, Infinity, -Infinity, Number.NaN, 3.4e38, -3.4e38, 1e-20, -1e-20],
  ...[88.7, 88.8, -86, -103, -104.5, 1000, -1000, 9, -9, 20, -20, 3, -3, -13.5, -40],
].map(Math.fround);

const UNARY = ['neg', 'exp', 'log', 'sqrt', 'tanh', 'sigmoid', 'relu', 'gelu', 'hardswish', 'erf'] as const;
const BINARY = [
  'add',
  'sub',
  'mul',
  'div',
  'maximum',
  'minimum',
  'greater',
  'equal',
  'reluBackward',
] as const;

const bits = new Int32Array(1);
const value = new Float32Array(bits.buffer);

/** Float32 numbers of both signs spread evenly over bit patterns, so small and large exponents alike. */
function floatsBetween(from: number, to: number, step: number): Float32Array {
  const values: number[] = [];
  for (const sign of [-1, 1]) {
    for (let pattern = 0x00800000; pattern < 0x7f800000; pattern += step) {
      bits[0] = pattern;
      const x = sign * value[0]!;
      if (x >= from && x <= to) values.push(x);
    }
  }
  return Float32Array.from(values);
}

/** Distance from |y| to the next float32. */
function ulp(y: number): number {
  value[0] = Math.abs(y);
  const size = value[0]!;
  bits[0]!++;
  return value[0]! - size;
}

/** Equal up to rounding; NaN and Infinity are only like themselves. */
function expectSame(
  got: readonly number[],
  want: readonly number[],
  absolute: number,
  what: (i: number) => string,
): void {
  want.forEach((exact, i) => {
    const result = got[i]!;
    const rounded = Math.fround(exact);
    if (Object.is(result, rounded) || result === rounded) return;
    const close = Math.abs(result - exact) <= 2e-6 * Math.abs(exact) + absolute;
    if (!Number.isFinite(exact) || !close) expect.fail(`${what(i)} is ${result}, reference ${exact}`);
  });
}

/** Devices may take subnormal numbers for 0. */
const SUBNORMAL = 1.2e-38;
/** Of results below, an addend may be subnormal: a tenth of x in erf(x) = x + 0.128 x. */
const ADDEND = 1.1e-37;

await describeGpu('webgpu, element by element', () => {
  const truth = reference();
  let gpu: WebgpuBackend;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterAll(() => gpu.close());

  const both = async (op: KernelName, inputs: readonly Sample[], shape: readonly number[]) => {
    const [got] = await runOp(gpu, op, inputs, [shape], {} as never);
    const [want] = await runOp(truth, op, inputs, [shape], {} as never);
    return [got!, want!] as const;
  };

  it.each(ULPS)('%s on [%d, %d] within %d ulp', async (op, from, to, limit) => {
    const x = floatsBetween(from, to, 19937);
    const [got, want] = await both(op, [array([x.length], x)], [x.length]);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < x.length; i++) {
      if (Math.abs(want[i]!) < ADDEND) continue;
      const error = Math.abs(got[i]! - want[i]!) / ulp(want[i]!);
      if (!(error <= worst)) {
        worst = error;
        at = x[i]!;
      }
    }
    expect(x.length).toBeGreaterThan(10_000);
    expect(worst, `at ${at}`).toBeLessThanOrEqual(limit);
  });

  it.each(UNARY)('%s of special values', async (op) => {
    const [got, want] = await both(op, [array([SPECIAL.length], SPECIAL)], [SPECIAL.length]);
    // Float64 itself loses digits in gelu's far left tail.
    expectSame(got, want, op === 'gelu' ? 1e-13 : SUBNORMAL, (i) => `${op}(${SPECIAL[i]})`);
  });

  describe.each(BINARY)('%s of special values', (op) => {
    const n = SPECIAL.length;
    const rows = SPECIAL.flatMap((x) => SPECIAL.map(() => x));
    const columns = SPECIAL.flatMap(() => SPECIAL);
    it.each([
      ['equal shapes', array([n, n], rows), array([n, n], columns)],
      ['a small a', array([n], SPECIAL), array([n, n], rows)],
      ['a small b', array([n, n], columns), array([n, 1], SPECIAL)],
      ['strides', array([n, 1], SPECIAL), array([1, n], SPECIAL)],
    ])('%s', async (_, a, b) => {
      const [got, want] = await both(op, [a, b], [n, n]);
      expectSame(got, want, SUBNORMAL, (i) => `${op}: number ${i}`);
    });
  });
});
