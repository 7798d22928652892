/** A look at the GPU from a process of its own: what a driver prints, hangs or crashes on stays there. */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { DeviceError } from '../base/errors.ts';
import { type AdapterDescription, type AdapterFacts, describe, LIMITS } from '../kernels/webgpu/device.ts';
import { inChildProcess } from './child.ts';

/** A driver that sleeps may take some seconds to wake up. */
const TIMEOUT_MS = 15_000;

/** Opens a device too: that is where a driver that does not fit its kernel module fails. */
const LOOK = `import(process.argv[1]).then(async ({ create, globals }) => {
  Object.assign(globalThis, globals);
  const adapter = await create([]).requestAdapter({ powerPreference: 'high-performance' }).catch(() => null);
  if (!adapter) return { problem: 'adapter' };
  const { info, features, limits } = adapter;
  const device = await adapter.requestDevice().catch((error) => ({ problem: error.message }));
  if (device.problem) return { problem: 'device', reason: device.problem };
  device.destroy();
  await device.lost;
  const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]));
  return {
    info: pick(info, ['vendor', 'architecture', 'device', 'description', 'isFallbackAdapter',
      'subgroupMinSize', 'subgroupMaxSize']),
    features: [...features],
    limits: pick(limits, JSON.parse(process.argv[2])),
  };
}, (error) => ({ problem: 'binding', reason: error.message }))`;

type Answer = AdapterFacts & { readonly problem?: undefined };
type Problem = { readonly problem: 'adapter' | 'device' | 'binding'; readonly reason?: string };

/**
 * The adapter that WebGPU would take, whatever it computes on.
 * @throws DeviceError `webgpu/missing`, `webgpu/binding`, `webgpu/no-adapter`, `webgpu/device`, `webgpu/broken`
 */
export async function probeGpu(look = LOOK, timeoutMs = TIMEOUT_MS): Promise<AdapterDescription> {
  let path: string;
  try {
    path = createRequire(import.meta.url).resolve('webgpu');
  } catch {
    throw new DeviceError(
      'webgpu/missing',
      'webgpu: the optional package webgpu is not installed',
      'Install it with npm install webgpu, or use --device cpu',
    );
  }
  let answer: Answer | Problem;
  try {
    const args = [pathToFileURL(path).href, JSON.stringify(LIMITS)];
    answer = (await inChildProcess(look, args, timeoutMs)) as Answer | Problem;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeviceError('webgpu/broken', `webgpu: opening a GPU went wrong: ${reason}`, 'Use --device cpu');
  }
  if (answer.problem === undefined) return describe(answer);
  const { problem, reason } = answer;
  if (problem === 'adapter') {
    throw new DeviceError(
      'webgpu/no-adapter',
      'webgpu: no adapter (no GPU, or no driver for one)',
      'Use --device cpu',
    );
  }
  if (problem === 'device') {
    throw new DeviceError('webgpu/device', `webgpu: the adapter gives no device: ${reason}`);
  }
  throw new DeviceError('webgpu/binding', `webgpu: the package webgpu does not load: ${reason}`);
}
