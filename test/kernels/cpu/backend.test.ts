import { afterAll, describe, expect, it } from 'vitest';
import { DeviceError, StateError, UsageError } from '../../../src/base/errors.ts';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import { sizeClass } from '../../../src/kernels/cpu/memory.ts';

const backend = await cpu({ threads: 3 });
afterAll(() => backend.close());

describe('cpu backend', () => {
  it('uploads, computes and downloads', async () => {
    const n = 100_003;
    const values = Float32Array.from({ length: n }, (_, i) => i % 977);
    const x = backend.allocate(n, 'float');
    const y = backend.allocate(n, 'float');
    backend.upload(x, values);
    backend.run('affine', [{ buffer: x, shape: [n] }], [{ buffer: y, shape: [n] }], { scale: 2, offset: -1 });
    const result = await backend.download(y, n);
    expect(result).toEqual(values.map((v) => 2 * v - 1));
    backend.free(x);
    backend.free(y);
  });

  it('runs many jobs in a row without losing pieces', async () => {
    const n = 70_000;
    const x = backend.allocate(n, 'float');
    backend.upload(x, new Float32Array(n));
    const operand = { buffer: x, shape: [n] };
    for (let i = 0; i < 3000; i++) backend.run('affine', [operand], [operand], { scale: 1, offset: 1 });
    expect(new Set(await backend.download(x, n))).toEqual(new Set([3000]));
    backend.free(x);
  });

  it('keeps int32 apart from float', async () => {
    const x = backend.allocate(3, 'int32');
    backend.upload(x, [1, -2, 2_000_000_000]);
    expect(await backend.download(x, 3)).toEqual(Int32Array.of(1, -2, 2_000_000_000));
    backend.free(x);
  });

  it('counts live buffers and bytes, and refuses freed ones', () => {
    const before = backend.memory();
    const x = backend.allocate(10, 'float');
    expect(backend.memory()).toEqual({ buffers: before.buffers + 1, bytes: before.bytes + 40 });
    backend.free(x);
    expect(backend.memory()).toEqual(before);
    expect(() => backend.free(x)).toThrow(StateError);
    expect(() => backend.upload(x, new Float32Array(10))).toThrow(/after it was freed/);
  });

  it('refuses the wrong number of values, buffers of others, and use after close', async () => {
    const other = await cpu({ threads: 1 });
    const x = other.allocate(4, 'float');
    expect(() => other.upload(x, [1, 2])).toThrow(/2 values for a buffer of 4/);
    expect(() => backend.free(x)).toThrow(/another backend/);
    await other.close();
    expect(() => other.allocate(4, 'float')).toThrow(StateError);
  });

  it('says how much was asked for when memory runs out', () => {
    expect(() => backend.allocate(1.5e9, 'float')).toThrow(DeviceError);
    expect(() => backend.allocate(1.5e9, 'float')).toThrow(/6000000000 bytes/);
  });

  it('gives a freed block out again', async () => {
    const big = 3_000_000;
    for (let i = 0; i < 2000; i++) backend.free(backend.allocate(big, 'float'));
    expect(backend.memory().bytes).toBeLessThan(4 * big);
  });

  it('refuses senseless thread counts', async () => {
    await expect(cpu({ threads: 0 })).rejects.toThrow(UsageError);
    await expect(cpu({ threads: 1.5 })).rejects.toThrow(UsageError);
  });

  it('rounds sizes up by at most a quarter', () => {
    for (let bytes = 1; bytes < 100_000; bytes += 37) {
      const size = sizeClass(bytes);
      expect(size).toBeGreaterThanOrEqual(bytes);
      expect(size % 64).toBe(0);
      expect(size).toBeLessThanOrEqual(Math.max(64 + bytes, 1.25 * bytes));
      expect(sizeClass(size)).toBe(size);
    }
  });
});
