import { type AdapterDescription, nameOf } from '../kernels/webgpu/device.ts';
import type { OpParity } from './doctor-gpu.ts';
import { CPU_TOLERANCE, type DoctorReport } from './doctor-run.ts';
import type { Io } from './io.ts';
import { type Style, styleFor } from './style.ts';
import { count, table, widthOf } from './table.ts';

const LABEL = 11;
const GAP = '   ';
/** Ops whose error is written out. */
const MOST_WRONG = 12;

/** The report for people. */
export function doctorLines(report: DoctorReport, io: Io): string[] {
  const style = styleFor(io.stdout, io.env);
  const { bold, green, red } = style;
  const { cpu, webgpu, memory, device } = report;
  const row = (name: string, text: string) => `${bold(name.padEnd(LABEL))}${text}`;
  const limit = memory.limitBytes === null ? '' : `, limited to ${bytes(memory.limitBytes)}`;
  const auto = `${device.name} (${device.reason})`;
  return [
    row('pcg-engine', `${report.engine} on Node ${report.node}, ${report.system}`),
    row('processor', `${report.processor}, ${report.cores} cores`),
    row('memory', `${bytes(memory.totalBytes)}, ${bytes(memory.freeBytes)} free${limit}`),
    row(
      'cpu',
      cpu.ok
        ? `${green('works')}: ${cpu.ops} ops on ${cpu.threads} threads agree with the float64 reference, worst ${cpu.worst.op} at ${exponential(cpu.worst.error)} (allowed ${exponential(CPU_TOLERANCE)})`
        : `${red('does not work')}: ${cpu.reason}`,
    ),
    ...gpuLines(report, style, row),
    row(
      'auto takes',
      device.ok
        ? green(auto)
        : `${red(auto)}, which does not work; use --device ${device.name === 'cpu' ? 'webgpu' : 'cpu'}`,
    ),
    ...parityLines(webgpu.parity, style, io.stdout.columns ?? 100),
  ];
}

type Row = (name: string, text: string) => string;

function gpuLines({ webgpu }: DoctorReport, { green, yellow, red }: Style, row: Row): string[] {
  const { adapter, parity, ok, reason } = webgpu;
  if (!adapter) return [row('webgpu', `${yellow('no')}: ${reason}`)];
  return [
    row(
      'webgpu',
      ok
        ? `${green('works')}: ${parity.length} ops agree with the float64 reference`
        : `${red('does not work')}: ${reason}`,
    ),
    ...adapterLines(adapter).map(([name, text]) => row(`  ${name}`, text)),
  ];
}

function adapterLines(adapter: AdapterDescription): [name: string, text: string][] {
  const { vendor, architecture, driver, software, subgroups, features, limits } = adapter;
  const from = [vendor, architecture].filter(Boolean).join(', ');
  const used = features.filter((name) => ['shader-f16', 'subgroups', 'timestamp-query'].includes(name));
  const lanes = subgroups ? (subgroups[0] === subgroups[1] ? `${subgroups[0]}` : subgroups.join('–')) : '';
  const shown = used.map((name) => (name === 'subgroups' ? `subgroups of ${lanes}` : name));
  const limit = (name: string) => limits[name] ?? 0;
  return [
    [
      'adapter',
      `${nameOf(adapter)}${from ? ` (${from})` : ''}${software ? ', computes on the processor' : ''}`,
    ],
    ['driver', driver || 'unknown'],
    ['features', shown.join(', ') || 'none of shader-f16, subgroups, timestamp-query'],
    [
      'limits',
      [
        `${bytes(limit('maxStorageBufferBindingSize'))} a tensor`,
        `${limit('maxStorageBuffersPerShaderStage')} tensors a kernel`,
        `${bytes(limit('maxComputeWorkgroupStorageSize'))} shared`,
        `${count(limit('maxComputeInvocationsPerWorkgroup'))} threads a workgroup`,
      ].join(', '),
    ],
  ];
}

/** The table in as many columns as fit, read downwards; then what is wrong, at length. */
function parityLines(parity: readonly OpParity[], style: Style, columns: number): string[] {
  if (parity.length === 0) return [];
  const { bold, dim, red } = style;
  const heading = ['op', 'error', 'ulp'];
  const cells = parity.map(({ op, relative, ulp, ok, problem }) => {
    const paint = ok ? (text: string) => text : red;
    if (problem !== null) return [paint(op), paint('fails'), ''];
    return [paint(op), paint(exponential(relative)), paint(ulp === null ? '–' : decimals(ulp))];
  });
  const plain = { bold: (text: string) => text };
  const [first, ...lines] = table([heading, ...cells], plain);
  const width = Math.max(widthOf(first!), ...lines.map(widthOf));
  const across = Math.max(1, Math.min(3, Math.floor((columns + GAP.length) / (width + GAP.length))));
  const down = Math.ceil(lines.length / across);
  const padded = (line: string) => line + ' '.repeat(width - widthOf(line));
  const join = (parts: string[]) => parts.map(padded).join(GAP).trimEnd();
  const wrong = parity.filter(({ ok }) => !ok);
  return [
    '',
    bold('webgpu beside the float64 reference'),
    dim('error: largest difference relative to the largest value; ulp: in float32 steps'),
    bold(join(Array.from({ length: across }, () => first!))),
    ...Array.from({ length: down }, (_, y) =>
      join(Array.from({ length: across }, (_, x) => lines[x * down + y] ?? '')),
    ),
    ...wrong.slice(0, MOST_WRONG).map(({ op, relative, tolerance, problem }) => {
      const off = `off by ${exponential(relative)}, allowed ${exponential(tolerance)}`;
      return `${red(op)}: ${problem ?? off}`;
    }),
    ...(wrong.length > MOST_WRONG ? [`and ${wrong.length - MOST_WRONG} more`] : []),
  ];
}

function exponential(value: number | null): string {
  if (value === null) return 'NaN';
  return value === 0 ? '0' : value.toExponential(0);
}

function decimals(value: number): string {
  return value < 9.95 ? value.toFixed(1) : count(Math.round(value));
}

function bytes(value: number): string {
  if (value >= 2 ** 30) return `${(value / 2 ** 30).toFixed(1)} GiB`;
  return value >= 2 ** 20 ? `${Math.round(value / 2 ** 20)} MiB` : `${Math.round(value / 1024)} KiB`;
}
