import { DeviceError, UsageError } from '../base/errors.ts';
import type { Backend } from '../kernels/backend.ts';
import type { AdapterDescription } from '../kernels/webgpu/device.ts';

export const DEVICES = ['auto', 'cpu', 'webgpu', 'reference'] as const;
export type DeviceName = (typeof DEVICES)[number];

/** What options say of the device. */
export interface DeviceOptions {
  readonly device: DeviceName;
  readonly threads?: number | undefined;
  /** How activations of a training are kept on webgpu. */
  readonly storage?: 'f32' | 'f16' | undefined;
}

export interface Device {
  readonly backend: Backend;
  readonly threads: number;
  /** For people: which one and why. */
  readonly reason: string;
}

/** What `auto` takes, and why. */
export interface Choice {
  readonly name: 'cpu' | 'webgpu';
  readonly why: string;
}

const MOST_THREADS = 64;

/** @throws UsageError `usage/threads`, `usage/storage` */
export function checkDevice({ device, threads, storage }: DeviceOptions): void {
  if (threads !== undefined && !(Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS)) {
    const hint = `Give a whole number from 1 to ${MOST_THREADS}`;
    throw new UsageError('usage/threads', `--threads is ${threads}`, hint);
  }
  if (storage === 'f16' && (device === 'cpu' || device === 'reference')) {
    const message = `--storage f16 is for webgpu, and --device is ${device}`;
    throw new UsageError('usage/storage', message, 'Use --device webgpu, or leave --storage away');
  }
}

/**
 * Starts the device that was asked for; only `auto` chooses, and says why.
 * @param why shown to people
 * @throws as `checkDevice` · DeviceError `webgpu/…` where webgpu was asked for and is not there, `device/storage`
 */
export async function openDevice(options: DeviceOptions, why = 'as asked for'): Promise<Device> {
  checkDevice(options);
  if (options.device === 'auto') return openAuto(options);
  if (options.device === 'webgpu') return openWebgpu(options, why);
  if (options.device === 'reference') {
    const { reference } = await import('../kernels/reference/backend.ts');
    return { backend: reference(), threads: 1, reason: `reference: float64, plain loops, slow (${why})` };
  }
  return openCpu(options, why);
}

/** A real GPU where there is one, else the processor. */
export async function chooseAuto(probe: () => Promise<AdapterDescription>): Promise<Choice> {
  const { nameOf } = await import('../kernels/webgpu/device.ts');
  try {
    const adapter = await probe();
    const name = nameOf(adapter);
    if (!adapter.software) return { name: 'webgpu', why: 'there is a GPU' };
    return { name: 'cpu', why: `no GPU: only ${name}, which computes on the processor` };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { name: 'cpu', why: `no GPU: ${reasonOf(error)}` };
  }
}

async function openAuto(options: DeviceOptions): Promise<Device> {
  const { probeGpu } = await import('./gpu-probe.ts');
  let { name, why } = await chooseAuto(() => probeGpu());
  if (name === 'webgpu') {
    try {
      return await openGpu(options, why, true);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      why = `the GPU does not open: ${reasonOf(error)}`;
    }
  }
  if (options.storage === 'f16') {
    const message = `--storage f16 is for webgpu, and auto takes cpu (${why})`;
    throw new DeviceError('device/storage', message, 'Leave --storage away');
  }
  return openCpu(options, why);
}

async function openWebgpu(options: DeviceOptions, why: string): Promise<Device> {
  const { probeGpu } = await import('./gpu-probe.ts');
  await probeGpu(); // What goes wrong there is an error here, and not a hang or a crash.
  return openGpu(options, why, false);
}

async function openGpu(options: DeviceOptions, why: string, realOnly: boolean): Promise<Device> {
  const { webgpu } = await import('../kernels/webgpu/backend.ts');
  const { describeAdapter } = await import('../kernels/webgpu/device.ts');
  const { storage = 'f32' } = options;
  const backend = await webgpu({ realOnly, storage });
  const { adapter } = backend;
  const half = storage === 'f16' ? ', activations in float16' : '';
  const slow = adapter.software ? '; it computes on the processor, where --device cpu is faster' : '';
  return {
    backend,
    threads: await threadCount(options),
    reason: `webgpu, ${describeAdapter(adapter)}${half} (${why}${slow})`,
  };
}

async function openCpu(options: DeviceOptions, why: string): Promise<Device> {
  const { cpu } = await import('../kernels/cpu/backend.ts');
  const threads = await threadCount(options);
  const backend = await cpu({ threads });
  return { backend, threads, reason: `cpu, ${threads} ${threads === 1 ? 'thread' : 'threads'} (${why})` };
}

async function threadCount({ threads }: DeviceOptions): Promise<number> {
  const { availableThreads } = await import('../kernels/cpu/threads.ts');
  return threads ?? Math.min(MOST_THREADS, await availableThreads());
}

/** Its first sentence, without what the beginning of every such message is. */
function reasonOf({ message }: DeviceError): string {
  return message.replace(/^webgpu: /, '').replace(/\. [A-Z].*$/, '');
}
