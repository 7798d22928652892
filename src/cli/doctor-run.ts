import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import type { DeviceError } from '../base/errors.ts';
import type { AdapterDescription } from '../kernels/webgpu/device.ts';
import { inChildProcess } from './child.ts';
import { chooseAuto } from './device.ts';
import type { OpParity } from './doctor-gpu.ts';
import type { KernelCheck } from './doctor-kernels.ts';
import { doctorLines } from './doctor-lines.ts';
import { probeGpu } from './gpu-probe.ts';
import type { Io } from './io.ts';
import type { CommonOptions } from './options.ts';
import { Progress } from './progress.ts';

const CPU_TIMEOUT_MS = 15_000;
/** Software drivers compile some hundred kernels on the processor. */
const GPU_TIMEOUT_MS = 180_000;
/** float32 against float64 over some hundred terms; a wrong kernel is off by far more. */
export const CPU_TOLERANCE = 1e-4;

type Checked<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: string };

export interface GpuReport {
  /** Whether every op agrees with the reference. */
  readonly ok: boolean;
  readonly reason: string | null;
  readonly adapter: AdapterDescription | null;
  readonly parity: readonly OpParity[];
}

/** What `doctor --json` writes. */
export interface DoctorReport {
  readonly engine: string;
  readonly node: string;
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memory: {
    readonly totalBytes: number;
    readonly freeBytes: number;
    readonly limitBytes: number | null;
  };
  readonly cpu: Checked<KernelCheck>;
  readonly webgpu: GpuReport;
  /** What --device auto takes. */
  readonly device: { readonly name: 'cpu' | 'webgpu'; readonly ok: boolean; readonly reason: string };
}

export async function doctor(options: CommonOptions, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  const report = await examine((what) => progress.show(() => [`checking ${what} …`])).finally(() =>
    progress.clear(),
  );
  if (options.json) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else io.stdout.write(`${doctorLines(report, io).join('\n')}\n`);
  return report.device.ok ? 0 : 4;
}

async function examine(show: (what: string) => void): Promise<DoctorReport> {
  const { engineVersion } = await import('../train/environment.ts');
  show('the processor');
  const kernels = await checkCpu();
  let found: AdapterDescription | DeviceError;
  try {
    found = await probeGpu();
  } catch (error) {
    found = error as DeviceError;
  }
  show('the GPU, every op against the reference');
  const webgpu = await checkWebgpu(found);
  const { name, why } = await chooseAuto(async () => {
    if (found instanceof Error) throw found;
    return found;
  });
  const total = totalmem();
  const limit = process.constrainedMemory?.() ?? 0;
  return {
    engine: engineVersion(),
    node: process.versions.node,
    system: `${platform()} ${arch()} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memory: {
      totalBytes: total,
      freeBytes: freemem(),
      limitBytes: limit > 0 && limit < total ? limit : null,
    },
    cpu: kernels,
    webgpu,
    device: { name, ok: name === 'cpu' ? kernels.ok : webgpu.ok, reason: why },
  };
}

async function checkCpu(): Promise<Checked<KernelCheck>> {
  try {
    const check = (await inProcess('./doctor-kernels', 'checkKernels', CPU_TIMEOUT_MS)) as KernelCheck;
    const { op, error } = check.worst;
    if (error <= CPU_TOLERANCE) return { ok: true, ...check };
    return { ok: false, reason: `${op} is off by ${error.toExponential(1)} from the reference` };
  } catch (error) {
    return { ok: false, reason: messageOf(error) };
  }
}

async function checkWebgpu(found: AdapterDescription | DeviceError): Promise<GpuReport> {
  if (found instanceof Error)
    return { ok: false, reason: found.message.replace(/^webgpu: /, ''), adapter: null, parity: [] };
  try {
    const parity = (await inProcess('./doctor-gpu', 'checkGpu', GPU_TIMEOUT_MS)) as OpParity[];
    const wrong = parity.filter(({ ok }) => !ok);
    const reason = wrong.length > 0 ? `${wrong.length} of ${parity.length} ops are wrong or fail` : null;
    return { ok: wrong.length === 0, reason, adapter: found, parity };
  } catch (error) {
    return { ok: false, reason: messageOf(error), adapter: found, parity: [] };
  }
}

/** Calls a function of a module beside this one, in a process of its own. */
async function inProcess(module: string, name: string, timeoutMs: number): Promise<unknown> {
  const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  const url = new URL(module + ending, import.meta.url);
  // From the sources there is nothing that a bare Node could load in a child.
  if (ending === '.ts') return ((await import(url.href)) as Record<string, () => Promise<unknown>>)[name]!();
  const call = `import(process.argv[1]).then((module) => module[process.argv[2]]())`;
  return inChildProcess(call, [url.href, name], timeoutMs);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
