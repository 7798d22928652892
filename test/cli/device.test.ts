import { describe, expect, test } from 'vitest';
import { DeviceError } from '../../src/base/errors.ts';
import { chooseAuto, openDevice } from '../../src/cli/device.ts';
import { probeGpu } from '../../src/cli/gpu-probe.ts';
import { describe as describeFacts, nameOf } from '../../src/kernels/webgpu/device.ts';
import { withoutGpu } from '../support/gpu.ts';
import { jsonError, pcg } from './support.ts';

const adapter = (info: Partial<GPUAdapterInfo>) => describeFacts({ info, features: [], limits: {} });
const nvidia = adapter({
  vendor: 'nvidia',
  architecture: 'hopper',
  device: 'nvidia-h100-80gb-hbm3',
  description: 'NVIDIA: 570.1',
});

describe('adapters', () => {
  test.each<[boolean, Partial<GPUAdapterInfo>]>([
    [false, { vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA: 570.1' }],
    [false, { vendor: 'apple', architecture: 'metal-3' }],
    [false, { vendor: 'intel', architecture: 'xe', description: 'Intel open-source Mesa driver: Mesa 25.0' }],
    [true, { vendor: 'mesa', architecture: 'software', description: 'llvmpipe: Mesa 25.0.7' }],
    [true, { vendor: 'google', architecture: 'swiftshader' }],
    [true, { vendor: 'microsoft', device: 'Microsoft Basic Render Driver' }],
    [true, { vendor: 'unheard-of', isFallbackAdapter: true }],
  ])('software is %s for %j', (software, info) => {
    expect(adapter(info).software).toBe(software);
  });

  test('have a name, whatever they tell of themselves', () => {
    expect(nameOf(nvidia)).toBe('nvidia-h100-80gb-hbm3');
    expect(nameOf(adapter({ vendor: 'apple', architecture: 'metal-3' }))).toBe('apple metal-3');
    expect(nameOf(adapter({}))).toBe('unnamed adapter');
  });
});

describe('auto', () => {
  test('takes a GPU', async () => {
    expect(await chooseAuto(async () => nvidia)).toEqual({ name: 'webgpu', why: 'there is a GPU' });
  });

  test('leaves software alone', async () => {
    const software = adapter({ device: 'llvmpipe', architecture: 'software' });
    const why = 'no GPU: only llvmpipe, which computes on the processor';
    expect(await chooseAuto(async () => software)).toEqual({ name: 'cpu', why });
  });

  test('says what stands against a GPU, in one clause', async () => {
    const missing = new DeviceError(
      'webgpu/missing',
      'webgpu: the package is not there',
      'Install it with npm',
    );
    const probe = () => Promise.reject(missing);
    expect(await chooseAuto(probe)).toEqual({ name: 'cpu', why: 'no GPU: the package is not there' });
  });

  test('takes cpu where there is no driver', async () => {
    const { backend, reason } = await withoutGpu(() => openDevice({ device: 'auto', threads: 1 }));
    await backend.close();
    expect(backend.name).toBe('cpu');
    expect(reason).toMatch(
      /^cpu, 1 thread \(no GPU: (no adapter|the optional package webgpu is not installed)/,
    );
  });

  test('does not drop a float16 that was asked for', async () => {
    const opened = withoutGpu(() => openDevice({ device: 'auto', storage: 'f16' }));
    await expect(opened).rejects.toMatchObject({ code: 'device/storage', exitCode: 4 });
  });
});

describe('a driver that does not behave', () => {
  test.each([
    ['hangs', 'new Promise(() => setInterval(() => {}, 1000))', 'no answer in 0.5 s'],
    ['crashes', 'process.kill(process.pid, "SIGSEGV")', 'ended by SIGSEGV'],
    ['ends the process', 'process.exit(3)', 'ended with 3'],
  ])('%s in a process of its own', async (_, look, reason) => {
    await expect(probeGpu(look, look.startsWith('new') ? 500 : 10_000)).rejects.toMatchObject({
      code: 'webgpu/broken',
      message: expect.stringContaining(reason),
      exitCode: 4,
    });
  });

  test.each([
    ['binding', 'webgpu/binding', 'libfoo.so is missing'],
    ['device', 'webgpu/device', 'libfoo.so is missing'],
    ['adapter', 'webgpu/no-adapter', 'Use --device cpu'],
  ])('without %s is told apart', async (problem, code, message) => {
    const look = `({ problem: '${problem}', reason: 'libfoo.so is missing' })`;
    await expect(probeGpu(look)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });
});

test('webgpu that was asked for and is not there exits 4 and says what to do', async () => {
  const outcome = await withoutGpu(() => pcg(['train', '--device', 'webgpu', '--json']));
  expect(outcome.code).toBe(4);
  expect(jsonError(outcome).code).toMatch(/^webgpu\/(no-adapter|missing)$/);
  expect(outcome.stderr).toContain('Use --device cpu');
});
