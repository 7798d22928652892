import { reference } from '../kernels/reference/backend.ts';
import { webgpu } from '../kernels/webgpu/backend.ts';
import { everySample, relativeError, runPoisoned, type TableSample, ulpError } from '../tensor/parity.ts';

/** How far an op on the GPU is from the reference in float64. */
export interface OpParity {
  readonly op: string;
  /** Largest |webgpu − reference|, relative to the largest |reference|; null where it is not a number. */
  readonly relative: number | null;
  /** Largest |webgpu − reference| in float32 steps; null where it is not a number. */
  readonly ulp: number | null;
  readonly tolerance: number;
  readonly ok: boolean;
  /** Why it could not be compared. */
  readonly problem: string | null;
}

/** Rounding of a result to float32: no tolerance is below that. */
const ROUNDING = 1.2e-7;

/** Runs every op of the table on two of its samples. Call it where nothing is lost if a driver crashes. */
export async function checkGpu(): Promise<OpParity[]> {
  const truth = reference();
  const results: OpParity[] = [];
  let gpu = await webgpu();
  try {
    for (const [op, samples] of samplesByOp()) {
      const { tolerance } = samples[0]!.spec;
      const allowed = Math.max(tolerance.webgpu, ROUNDING);
      let [relative, ulp] = [0, 0];
      let problem: string | null = null;
      try {
        for (const { spec, sample } of samples) {
          const expected = await runPoisoned(truth, op, spec, sample);
          const got = await runPoisoned(gpu, op, spec, sample);
          for (const [i, values] of got.entries()) {
            relative = worse(relative, relativeError(values, expected[i]!));
            ulp = worse(ulp, ulpError(values, expected[i]!));
          }
        }
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
        // An error on the device stays with its backend, and would be blamed on the next op.
        await gpu.close();
        gpu = await webgpu();
      }
      const ok = problem === null && relative <= allowed;
      results.push({ op, relative: figure(relative), ulp: figure(ulp), tolerance: allowed, ok, problem });
    }
    return results;
  } finally {
    await gpu.close();
    await truth.close();
  }
}

/** The first and the last sample of each op that has a kernel. */
function samplesByOp(): Map<string, TableSample[]> {
  const byOp = new Map<string, TableSample[]>();
  for (const each of everySample()) {
    if (each.op === 'reshape') continue; // shares its input's buffer: no kernel
    const known = byOp.get(each.op);
    if (!known) byOp.set(each.op, [each]);
    else known[1] = each;
  }
  return byOp;
}

/** The larger; what is not a number is the worst of all. */
function worse(a: number, b: number): number {
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : Math.max(a, b);
}

/** JSON has no NaN and no infinity. */
function figure(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
