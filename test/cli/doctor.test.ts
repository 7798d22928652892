/** What `doctor` says of a GPU. What it says without one is in judging.test.ts. */
import { describe, expect, test, vi } from 'vitest';
import type { OpParity } from '../../src/cli/doctor-gpu.ts';
import { doctorLines } from '../../src/cli/doctor-lines.ts';
import type { DoctorReport } from '../../src/cli/doctor-run.ts';
import { describe as describeFacts } from '../../src/kernels/webgpu/device.ts';
import { table } from '../../src/tensor/ops/table.ts';
import { ulpError } from '../../src/tensor/parity.ts';
import { describeGpu } from '../support/gpu.ts';
import { json, pcg } from './support.ts';

vi.setConfig({ testTimeout: 240_000 });

describe('errors in float32 steps', () => {
  const ulp = (got: number[], expected: number[]) =>
    ulpError(Float32Array.from(got), Float64Array.from(expected));

  test('count from one float32 number to the next', () => {
    expect(ulp([1, 2, -3], [1, 2, -3])).toBe(0);
    expect(ulp([1 + 2 ** -23], [1])).toBe(1);
    expect(ulp([1], [1 + 2 ** -24])).toBe(0.5);
    expect(ulp([-8 + 2 ** -19], [-8])).toBe(2);
    expect(ulp([2 ** -140 + 2 ** -149], [2 ** -140])).toBe(1);
  });

  test('of what is near 0 are measured by what is typical', () => {
    expect(ulp([1, 1e-8], [1, 0])).toBeLessThan(1);
    expect(ulp([1, 2 ** -20], [1, 0])).toBeGreaterThan(8);
  });

  test('of what is not a number are not a number', () => {
    expect(ulp([Number.NaN], [Number.NaN])).toBe(0);
    expect(ulp([Infinity, 1], [Infinity, 1])).toBe(0);
    expect(ulp([Number.NaN, 5], [1, 1])).toBeNaN();
    expect(ulp([1], [Number.NaN])).toBeNaN();
    expect(ulp([1], [Infinity])).toBe(Infinity);
  });
});

describe('the report', () => {
  const good: OpParity = { op: 'add', relative: 4e-8, ulp: 0.5, tolerance: 1e-6, ok: true, problem: null };
  const adapter = describeFacts({
    info: { vendor: 'nvidia', architecture: 'hopper', device: 'h100', description: 'NVIDIA: 570' },
    features: ['shader-f16'],
    limits: {},
  });
  const report = (parity: OpParity[], change: Partial<DoctorReport> = {}): DoctorReport => ({
    engine: '1.2.3',
    node: '20.0.0',
    system: 'linux',
    processor: 'p',
    cores: 2,
    memory: { totalBytes: 2 ** 33, freeBytes: 2 ** 32, limitBytes: null },
    cpu: { ok: true, threads: 2, ops: 12, worst: { op: 'add', error: 1e-7 } },
    webgpu: { ok: parity.every(({ ok }) => ok), reason: null, adapter, parity },
    device: { name: 'webgpu', ok: true, reason: 'there is a GPU' },
    ...change,
  });
  const io = (columns: number) =>
    ({ stdout: { write: () => {}, columns }, env: {} }) as unknown as Parameters<typeof doctorLines>[1];

  test.each([60, 80, 100, 140])('fits %i columns, every op in it once', (columns) => {
    const parity = Object.keys(table).map((op) => ({ ...good, op }));
    const lines = doctorLines(report(parity), io(columns));
    const below = lines.slice(lines.findIndex((line) => line.startsWith('op ')));
    expect(Math.max(...below.map((line) => line.length))).toBeLessThanOrEqual(columns);
    const names = below.slice(1).flatMap((line) => line.match(/[a-z]\w*(?= )/gi)!);
    expect(names.filter((name) => name in table).sort()).toEqual(Object.keys(table).sort());
  });

  test('says of every op that is wrong what is wrong', () => {
    const wrong: OpParity[] = [
      { ...good, op: 'sum', relative: 1e-3, ok: false },
      { ...good, op: 'exp', relative: null, ulp: null, ok: false },
      { ...good, op: 'matmul', ok: false, problem: 'webgpu: the device was lost' },
    ];
    const text = doctorLines(report([good, ...wrong]), io(100)).join('\n');
    expect(text).toContain('sum: off by 1e-3, allowed 1e-6');
    expect(text).toContain('exp: off by NaN');
    expect(text).toContain('matmul: webgpu: the device was lost');
  });

  test('warns of a device that auto takes and that does not compute rightly', () => {
    const device = { name: 'webgpu', ok: false, reason: 'there is a GPU' } as const;
    const text = doctorLines(report([{ ...good, ok: false }], { device }), io(100)).join('\n');
    expect(text).toContain('auto takes webgpu (there is a GPU), which does not work; use --device cpu');
  });
});

await describeGpu('doctor on webgpu', () => {
  test('compares every op with the reference', async () => {
    const outcome = await pcg(['doctor', '--json']);
    const { webgpu, device } = json(outcome) as unknown as DoctorReport;
    expect(webgpu.parity.filter(({ ok }) => !ok)).toEqual([]);
    expect(webgpu).toMatchObject({ ok: true, reason: null });
    const ops = Object.keys(table).filter((op) => op !== 'reshape');
    expect(webgpu.parity.map(({ op }) => op)).toEqual(ops);
    for (const { relative, tolerance, ulp } of webgpu.parity) {
      expect(relative).toBeLessThanOrEqual(tolerance);
      expect(ulp).toBeGreaterThanOrEqual(0);
    }
    expect(webgpu.adapter!.limits.maxStorageBufferBindingSize).toBeGreaterThan(1e6);
    expect(device.name).toBe(webgpu.adapter!.software ? 'cpu' : 'webgpu');
    expect([outcome.code, device.ok]).toEqual([0, true]);
  });
});
