/** What browser.test.ts runs in a page, as an IIFE named `page`: the engine as a browser has it, without Node. */
import { reference } from '../../../src/kernels/reference/backend.ts';
import { type WebgpuBackend, webgpu } from '../../../src/kernels/webgpu/backend.ts';
import { everySample, relativeError, runPoisoned } from '../../../src/tensor/parity.ts';
import { differentlyFinite } from '../../support/special.ts';
import { distance, lite, train } from '../../support/training.ts';

const truth = reference();
const last = new Map(everySample().map((each) => [each.op as string, each]));
let gpu: WebgpuBackend;

/** Opens `navigator.gpu` and says what it is. */
export async function open() {
  gpu = await webgpu();
  const { adapter } = gpu;
  return { adapter, node: 'process' in globalThis, secure: isSecureContext };
}

/** Buffers that are left. */
export async function close(): Promise<number> {
  const { buffers } = gpu.memory();
  await gpu.close();
  await truth.close();
  return buffers;
}

/**
 * The last sample of an op against `reference`, with poisoned outputs, twice, and with NaN and Infinity: what is
 * wrong, nothing if all is well.
 */
export async function check(op: string): Promise<string[]> {
  const each = last.get(op)!;
  const { spec, sample } = each;
  const expected = await runPoisoned(truth, op, spec, sample);
  const got = await runPoisoned(gpu, op, spec, sample);
  const again = await runPoisoned(gpu, op, spec, sample);
  const allowed = Math.max(spec.tolerance.webgpu, 1.2e-7);
  const wrong = got.flatMap((values, i) => {
    const error = relativeError(values, expected[i]!);
    const found = error <= allowed ? [] : [`output ${i}: off by ${error}, allowed is ${allowed}`];
    return sameBits(values, again[i]!) ? found : [...found, `output ${i}: other bits when run again`];
  });
  return [...wrong, ...(await differentlyFinite(gpu, truth, each))];
}

/** Three steps of pcg-lite on both, and on the GPU once more. */
export async function steps() {
  const [a, b, again] = [await train(gpu, lite, 3), await train(truth, lite, 3), await train(gpu, lite, 3)];
  return {
    losses: a.results.map(({ loss }, i) => Math.abs(loss / b.results[i]!.loss - 1)),
    norms: a.results.map(({ norm }, i) => Math.abs(norm / b.results[i]!.norm - 1)),
    weights: distance(a.weights, b.weights),
    same: [...a.weights].every(([path, values]) => sameBits(values, again.weights.get(path)!)),
  };
}

type Bits = Float32Array | Float64Array | Int32Array;

function sameBits(a: Bits, b: Bits): boolean {
  const [x, y] = [a, b].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  return x!.length === y!.length && x!.every((byte, i) => byte === y![i]);
}
