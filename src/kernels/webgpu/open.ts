/** Where WebGPU comes from on this host: the one file that names the package `webgpu`, or anything of Node. */
import { DeviceError } from '../../base/errors.ts';

/** What is used of Node's `process`. */
interface Host {
  readonly process?: {
    readonly versions?: { readonly node?: string };
    once(event: 'exit', listener: () => void): void;
    off(event: 'exit', listener: () => void): void;
  };
}

const host = globalThis as Host;
const opened = new Map<string, Promise<GPU>>();

/** Timestamps as the device gives them: Dawn rounds them to 65 µs otherwise, against spying web pages. */
const ALWAYS = ['disable-dawn-features=timestamp_quantization'];

/**
 * The host's GPU: `navigator.gpu` in a browser, Dawn (the optional package `webgpu`) in Node. Dawn is created
 * once a process and choice of options: a second instance is known to crash at exit.
 * @param dawn options of Dawn, such as `backend=null`; without effect in a browser
 * @throws DeviceError `webgpu/missing` where there is neither, `webgpu/binding` where Dawn does not load
 */
export function openGpu(dawn: readonly string[] = []): Promise<GPU> {
  const native = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (native) return Promise.resolve(native);
  const key = dawn.join(' ');
  let gpu = opened.get(key);
  if (!gpu) {
    gpu = openDawn(dawn);
    opened.set(key, gpu);
    gpu.catch(() => opened.delete(key)); // It may be there the next time.
  }
  return gpu;
}

async function openDawn(dawn: readonly string[]): Promise<GPU> {
  if (!host.process?.versions?.node) {
    throw new DeviceError('webgpu/missing', 'webgpu: this browser has no WebGPU', 'Use the cpu backend');
  }
  let binding: typeof import('webgpu');
  try {
    binding = await import('webgpu');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if ((error as { code?: string }).code === 'ERR_MODULE_NOT_FOUND') {
      throw new DeviceError(
        'webgpu/missing',
        'webgpu: the optional package webgpu is not installed',
        'Install it with npm install webgpu',
      );
    }
    throw new DeviceError('webgpu/binding', `webgpu: the package webgpu does not load: ${reason}`);
  }
  return binding.create([...ALWAYS, ...dawn]) as GPU;
}

/**
 * Calls `release` when the process ends without having closed the device: Dawn crashes on one that is left.
 * @returns what to call when the device has been closed
 */
export function atExit(release: () => void): () => void {
  host.process?.once('exit', release);
  return () => host.process?.off('exit', release);
}
