import { createRequire } from 'node:module';
import { arch, availableParallelism, cpus, freemem, platform, release, totalmem } from 'node:os';
import { pathToFileURL } from 'node:url';
import { inChildProcess } from './child.ts';
import { AUTO_REASON } from './device.ts';
import type { KernelCheck } from './doctor-kernels.ts';
import type { Io } from './io.ts';
import type { CommonOptions } from './options.ts';
import { styleFor } from './style.ts';

const TIMEOUT_MS = 15_000;
/** float32 against float64 over some hundred terms; a wrong kernel is off by far more. */
const TOLERANCE = 1e-4;

type Checked<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly reason: string };

interface GpuAdapter {
  readonly adapter: string;
}

/** What `doctor --json` writes. */
interface Report {
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
  readonly webgpu: Checked<GpuAdapter>;
  readonly device: { readonly name: 'cpu' | null; readonly reason: string };
}

export async function doctor(options: CommonOptions, io: Io): Promise<number> {
  const report = await examine();
  if (options.json) io.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else io.stdout.write(`${lines(report, io).join('\n')}\n`);
  return report.device.name === null ? 4 : 0;
}

async function examine(): Promise<Report> {
  const { engineVersion } = await import('../train/environment.ts');
  const [kernels, webgpu] = [await checked(checkCpu), await checked(checkWebgpu)];
  const total = totalmem();
  const limit = process.constrainedMemory?.() ?? 0;
  const threads = availableParallelism();
  return {
    engine: engineVersion(),
    node: process.versions.node,
    system: `${platform()} ${arch()} ${release()}`,
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: threads,
    memory: {
      totalBytes: total,
      freeBytes: freemem(),
      limitBytes: limit > 0 && limit < total ? limit : null,
    },
    cpu: kernels,
    webgpu,
    device: kernels.ok
      ? { name: 'cpu', reason: `${AUTO_REASON}; ${threads} threads, one for every core` }
      : { name: null, reason: `the cpu device does not work here: ${kernels.reason}` },
  };
}

async function checked<T extends object>(check: () => Promise<T>): Promise<Checked<T>> {
  try {
    return { ok: true, ...(await check()) };
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

async function checkCpu(): Promise<KernelCheck> {
  const module = new URL(
    import.meta.url.endsWith('.ts') ? './doctor-kernels.ts' : './doctor-kernels.js',
    import.meta.url,
  );
  // From the sources there is nothing that a bare Node could load in a child.
  const check = module.pathname.endsWith('.ts')
    ? await (await import('./doctor-kernels.ts')).checkKernels()
    : ((await inChildProcess(
        'import(process.argv[1]).then((module) => module.checkKernels())',
        [module.href],
        TIMEOUT_MS,
      )) as KernelCheck);
  if (check.worst.error > TOLERANCE)
    throw new Error(`${check.worst.op} is off by ${check.worst.error.toExponential(1)} from the reference`);
  return check;
}

const ADAPTER = `import(process.argv[1]).then(async ({ create, globals }) => {
  Object.assign(globalThis, globals);
  const adapter = await create([]).requestAdapter();
  const { vendor, architecture, device, description } = adapter?.info ?? {};
  return adapter && { vendor, architecture, device, description };
})`;

async function checkWebgpu(): Promise<GpuAdapter> {
  let path: string;
  try {
    path = createRequire(import.meta.url).resolve('webgpu');
  } catch {
    throw new Error('the optional package webgpu is not installed');
  }
  const info = (await inChildProcess(ADAPTER, [pathToFileURL(path).href], TIMEOUT_MS)) as Record<
    string,
    string
  > | null;
  if (info === null)
    throw new Error('the package webgpu is installed, but there is no adapter (no GPU or no driver)');
  return { adapter: Object.values(info).filter(Boolean).join(', ') || 'unnamed' };
}

function lines(report: Report, io: Io): string[] {
  const { bold, green, yellow, red } = styleFor(io.stdout, io.env);
  const { cpu, webgpu, memory, device } = report;
  const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const limit = memory.limitBytes === null ? '' : `, limited to ${gib(memory.limitBytes)}`;
  const row = (name: string, text: string) => `${bold(name.padEnd(10))} ${text}`;
  return [
    row('pcg-engine', `${report.engine} on Node ${report.node}, ${report.system}`),
    row('processor', `${report.processor}, ${report.cores} cores`),
    row('memory', `${gib(memory.totalBytes)}, ${gib(memory.freeBytes)} free${limit}`),
    row(
      'cpu',
      cpu.ok
        ? `${green('works')}: WebAssembly SIMD on ${cpu.threads} threads over shared memory; ${cpu.ops} ops agree with the float64 reference, worst ${cpu.worst.op} at ${cpu.worst.error.toExponential(1)} (allowed ${TOLERANCE.toExponential(0)})`
        : `${red('does not work')}: ${cpu.reason}`,
    ),
    row(
      'webgpu',
      webgpu.ok ? `${yellow('there, not used in this version')}: ${webgpu.adapter}` : `no: ${webgpu.reason}`,
    ),
    row(
      'device',
      device.name ? `${green(device.name)}: ${device.reason}` : `${red('none')}: ${device.reason}`,
    ),
  ];
}
