import { describe, expect, it } from 'vitest';
import { ShapeError, StateError } from '../../../src/base/errors.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';

describe('reference backend', () => {
  it('counts live buffers and bytes', async () => {
    const backend = reference();
    const a = backend.allocate(3, 'float');
    const b = backend.allocate(5, 'int32');
    expect(backend.memory()).toEqual({ buffers: 2, bytes: 44 });
    backend.free(a);
    expect(backend.memory()).toEqual({ buffers: 1, bytes: 20 });
    backend.free(b);
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
  });

  it('starts buffers as NaN and downloads copies', async () => {
    const backend = reference();
    const buffer = backend.allocate(2, 'float');
    expect(Array.from(await backend.download(buffer, 2))).toEqual([Number.NaN, Number.NaN]);
    backend.upload(buffer, [1, 2]);
    const copy = await backend.download(buffer, 1);
    backend.upload(buffer, [3, 4]);
    expect(Array.from(copy)).toEqual([1]);
  });

  it('refuses wrong counts and shapes that do not fit', async () => {
    const backend = reference();
    const buffer = backend.allocate(2, 'float');
    expect(() => backend.upload(buffer, [1])).toThrow(ShapeError);
    await expect(backend.download(buffer, 3)).rejects.toThrow(ShapeError);
    const operand = { buffer, shape: [3] };
    expect(() => backend.run('neg', [operand], [operand], {})).toThrow(/neg: shape \[3\] in a buffer of 2/);
  });

  it('refuses freed and foreign buffers', async () => {
    const backend = reference();
    const buffer = backend.allocate(2, 'float');
    backend.free(buffer);
    expect(() => backend.free(buffer)).toThrow(StateError);
    expect(() => backend.upload(buffer, [1, 2])).toThrow(/freed/);
    await expect(backend.download(buffer, 1)).rejects.toThrow(StateError);
    const operand = { buffer, shape: [2] };
    expect(() => backend.run('neg', [operand], [operand], {})).toThrow(/neg: .*freed/);
    expect(() => backend.free(reference().allocate(1, 'float'))).toThrow(/another backend/);
  });

  it('holds nothing after close', async () => {
    const backend = reference();
    const buffer = backend.allocate(4, 'float');
    await backend.close();
    expect(backend.memory()).toEqual({ buffers: 0, bytes: 0 });
    expect(() => backend.allocate(1, 'float')).toThrow(StateError);
    expect(() => backend.upload(buffer, [1, 2, 3, 4])).toThrow(StateError);
  });
});
