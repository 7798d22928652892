import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Buffer } from '../../../src/kernels/backend.ts';
import { cpu } from '../../../src/kernels/cpu/backend.ts';
import type { Machine } from '../../../src/kernels/cpu/machine.ts';
import type { Conv2dAttributes } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { closeMachines, difference, type Input, noise, runOn } from './compare.ts';

const backend = await cpu({ threads: 2 });
const truth = reference();
afterAll(async () => {
  await backend.close();
  await closeMachines();
});

const SAME: Conv2dAttributes = { stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1], groups: 1 };
/** Tiles of 4×4 and of 2×2, the direct kernel, and one channel each: every packed form there is. */
const layers = [
  { what: 'tiles of 4×4', x: [1, 8, 16, 32], weight: [12, 8, 3, 3], attributes: SAME },
  { what: 'tiles of 2×2', x: [1, 8, 4, 8], weight: [12, 8, 3, 3], attributes: SAME },
  { what: 'direct', x: [2, 3, 9, 11], weight: [5, 3, 3, 3], attributes: SAME },
  {
    what: 'direct, strided',
    x: [2, 3, 9, 11],
    weight: [5, 3, 3, 3],
    attributes: { ...SAME, stride: [2, 3] as const },
  },
  { what: 'depthwise', x: [1, 6, 9, 11], weight: [6, 1, 3, 3], attributes: { ...SAME, groups: 6 } },
] as const;
type Shape4 = readonly [number, number, number, number];

/** Forward and input gradient with the weight in `buffer`, on backend and, with `values`, on reference. */
async function expectSame(layer: (typeof layers)[number], buffer: Buffer, values: Input): Promise<void> {
  const { attributes } = layer;
  const [n, c, height, width] = layer.x as Shape4;
  const outC = layer.weight[0];
  const x = noise(layer.x, 11);
  const y = [n, outC, ...[height, width].map((size, i) => Math.ceil(size / attributes.stride[i]!))];
  const dy = noise(y, 12);
  const grad = { ...attributes, inputSize: [height, width] as const };
  const expected = [
    ...(await runOn(truth, 'conv2d', [x, values], [y], { ...attributes, relu: false })),
    ...(await runOn(truth, 'conv2dInputGrad', [dy, values], [[n, c, height, width]], grad)),
  ];
  const inputs = [x, dy].map(({ shape, values }) => {
    const buffer = backend.allocate(values.length, 'float');
    backend.upload(buffer, values);
    return { buffer, shape };
  });
  const weight = { buffer, shape: layer.weight };
  // Twice packed, then kept: all three must agree.
  const found: Float64Array[][] = [];
  for (let turn = 0; turn < 3; turn++) {
    const outputs = [y, layer.x].map((shape) => {
      const size = shape.reduce((a, b) => a * b);
      return { buffer: backend.allocate(size, 'float'), shape };
    });
    backend.run('conv2d', [inputs[0]!, weight], [outputs[0]!], { ...attributes, relu: false });
    backend.run('conv2dInputGrad', [inputs[1]!, weight], [outputs[1]!], grad);
    const values = [];
    for (const { buffer } of outputs)
      values.push(Float64Array.from(await backend.download(buffer, buffer.count)));
    found.push(values);
    for (const { buffer } of outputs) backend.free(buffer);
  }
  for (const { buffer } of inputs) backend.free(buffer);
  for (const values of found) expect(values).toEqual(found[0]);
  found[0]!.forEach((values, i) => {
    expect(difference(values, expected[i]!)).toBeLessThan(3e-6);
  });
}

const { machine } = backend as unknown as { readonly machine: Machine };
const { heap } = machine;

describe('packed weights', () => {
  let used = 0;
  // Threads keep their scratch from job to job: let it grow before anything is counted.
  beforeAll(() => {
    machine.launch('fillKernel', 1, [0, 0], [0], { scratch: 1 << 20 });
  });
  beforeEach(() => {
    used = heap.bytesInUse;
  });

  it.each(layers)('follow an upload: $what', async (layer) => {
    const buffer = backend.allocate(noise(layer.weight).values.length, 'float');
    for (let seed = 1; seed <= 3; seed++) {
      const values = noise(layer.weight, seed);
      backend.upload(buffer, values.values);
      await expectSame(layer, buffer, values);
    }
    backend.free(buffer);
    expect(heap.bytesInUse).toBe(used);
  });

  it.each(layers)('follow an op that writes them: $what', async (layer) => {
    const values = noise(layer.weight, 4);
    const size = values.values.length;
    const buffer = backend.allocate(size, 'float');
    backend.upload(buffer, values.values);
    await expectSame(layer, buffer, values);
    const operand = { buffer, shape: layer.weight };
    backend.run('affine', [operand], [operand], { scale: -2, offset: 0.5 });
    const changed = Float32Array.from(values.values, (v) => -2 * v + 0.5);
    await expectSame(layer, buffer, { shape: layer.weight, values: changed });
    backend.free(buffer);
    expect(heap.bytesInUse).toBe(used);
  });

  it.each(layers)('follow what happens to the buffer they are a view of: $what', async (layer) => {
    const size = noise(layer.weight).values.length;
    const start = Math.ceil(size / 64) * 64;
    const whole = backend.allocate(start + size, 'float');
    const both = (seed: number) => noise([start + size], seed).values as Float32Array;
    const part = (values: Float32Array, from: number) => {
      return { shape: layer.weight, values: values.slice(from, from + size) };
    };
    backend.upload(whole, both(5));
    const views = [0, start].map((from) => backend.view(whole, from, size));
    await expectSame(layer, views[0]!, part(both(5), 0));
    await expectSame(layer, views[1]!, part(both(5), start));
    // The whole is written, by upload and by an optimiser's step; then one of the views.
    backend.upload(whole, both(6));
    await expectSame(layer, views[1]!, part(both(6), start));
    const other = [7, 8].map((seed) => {
      const buffer = backend.allocate(start + size, 'float');
      backend.upload(buffer, both(seed));
      return { buffer, shape: [start + size] };
    });
    const spare = { buffer: backend.allocate(start + size, 'float'), shape: [start + size] };
    const sgd = { learningRate: 0.5, momentum: 0, weightDecay: 0, nesterov: false };
    const operand = { buffer: whole, shape: [start + size] };
    backend.run('sgdStep', [operand, other[0]!, other[1]!], [operand, spare], sgd);
    const stepped = Float32Array.from(both(6), (v, i) => v - 0.5 * both(7)[i]!);
    await expectSame(layer, views[1]!, part(stepped, start));
    backend.upload(views[1]!, part(both(9), 0).values);
    await expectSame(layer, views[1]!, part(both(9), 0));
    for (const buffer of [whole, spare.buffer, ...other.map((o) => o.buffer)]) backend.free(buffer);
    expect(heap.bytesInUse).toBe(used);
  });

  it.each(layers)('are not those of a buffer that had the address before: $what', async (layer) => {
    const addresses = new Set<number>();
    for (let seed = 10; seed < 14; seed++) {
      const values = noise(layer.weight, seed);
      const buffer = backend.allocate(values.values.length, 'float');
      addresses.add((buffer as unknown as { readonly address: number }).address);
      backend.upload(buffer, values.values);
      await expectSame(layer, buffer, values);
      backend.free(buffer);
    }
    expect(addresses.size).toBeLessThan(4);
    expect(heap.bytesInUse).toBe(used);
  });

  it('are packed once for a weight that stays, and take no memory for one that does not', () => {
    const launch = machine.launch;
    let packs = 0;
    machine.launch = function (this: Machine, kernel, ...rest) {
      if (kernel.endsWith('Pack')) packs++;
      launch.call(this, kernel, ...rest);
    };
    const allocate = (shape: readonly number[]) => {
      const { values } = noise(shape);
      const buffer = backend.allocate(values.length, 'float');
      backend.upload(buffer, values);
      return { buffer, shape };
    };
    const [x, y, weight] = [allocate([1, 8, 16, 32]), allocate([1, 12, 16, 32]), allocate([12, 8, 3, 3])];
    const full = heap.bytesInUse;
    const convolve = () => backend.run('conv2d', [x, weight], [y], { ...SAME, relu: true });
    convolve();
    expect(packs).toBe(1);
    expect(heap.bytesInUse).toBe(full);
    convolve();
    expect(packs).toBe(2);
    const kept = heap.bytesInUse;
    expect(kept).toBeGreaterThan(full);
    for (let i = 0; i < 10; i++) convolve();
    expect(packs).toBe(2);
    expect(heap.bytesInUse).toBe(kept);
    // New values for each use, as in training.
    for (let i = 0; i < 10; i++) {
      backend.upload(weight.buffer, noise(weight.shape, i).values);
      expect(heap.bytesInUse).toBe(full);
      convolve();
      expect(heap.bytesInUse).toBe(full);
    }
    expect(packs).toBe(12);
    machine.launch = launch;
    for (const { buffer } of [x, y, weight]) backend.free(buffer);
    expect(heap.bytesInUse).toBe(used);
  });
});
