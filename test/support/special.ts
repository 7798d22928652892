/** Whether what is not finite stays visible, on any backend; also runs in a page. */
import type { Backend } from '../../src/kernels/backend.ts';
import { tensor } from '../../src/tensor/create.ts';
import { drawInputs, runKernel, type TableSample } from '../../src/tensor/parity.ts';
import { noGrad, scope } from '../../src/tensor/scope.ts';

const SPECIAL = [Number.NaN, Infinity, -Infinity];

/**
 * Runs a sample with a number in the middle of the first input that is not finite: where outputs of `backend` are
 * finite and those of `truth` are not, or the other way round.
 */
export async function differentlyFinite(
  backend: Backend,
  truth: Backend,
  { op, spec, sample }: TableSample,
): Promise<string[]> {
  const run = (on: Backend, special: number) =>
    scope(async () => {
      const [first, ...others] = drawInputs(sample, on);
      const values = Array.from(await first!.data());
      values[values.length >> 1] = special;
      const drawn = [tensor(values, first!.shape, { backend: on }), ...others];
      const inputs = noGrad(() => sample.complete?.(drawn) ?? drawn);
      return runKernel(on, op, spec, inputs, sample.attributes);
    });
  const found: string[] = [];
  for (const special of SPECIAL) {
    const [got, expected] = [await run(backend, special), await run(truth, special)];
    got.forEach((values, i) => {
      const at = values.findIndex((y, k) => Number.isFinite(y) !== Number.isFinite(expected[i]![k]));
      if (at < 0) return;
      const numbers = `${values[at]}, reference ${expected[i]![at]}`;
      found.push(`${special} in: output ${i} at ${at} is ${numbers}`);
    });
  }
  return found;
}
