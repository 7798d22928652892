import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeSafetensors,
  encodeSafetensors,
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from '../../src/train/safetensors.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

const golden = join(import.meta.dirname, '../golden/train/python.safetensors');

/** A file with this header text and so many bytes of data. */
function fileOf(header: string, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('reading', () => {
  it('agrees with what the Python package wrote', () => {
    const { tensors, metadata } = readSafetensors(golden);
    expect(metadata).toEqual({ format: 'pcg', note: 'it\'s "quoted"' });
    const values = Object.fromEntries(
      [...tensors].map(([name, { dtype, shape, data }]) => [name, [dtype, shape, [...data]]]),
    );
    expect(values).toEqual({
      'conv.weight': ['F32', [2, 1, 3, 3], Array.from({ length: 18 }, (_, i) => i / 4 - 2)],
      'conv.bias': ['F32', [2], [1.5, -0.25]],
      scale: ['F64', [], [3.25]],
      half: ['F16', [2], [0x3c00, 0xc000]],
      count: ['I64', [1], [1099511627777n]],
      order: ['I32', [1, 2], [3, -1]],
      mask: ['BOOL', [3], [1, 0, 1]],
      bytes: ['U8', [2], [1, 255]],
      empty: ['F32', [0, 4], []],
      ünïcode: ['I16', [1], [7]],
    });
  });

  it('and writes the same bytes from it, but for the order within one element size', () => {
    const { tensors, metadata } = readSafetensors(golden);
    const again = decodeSafetensors(encodeSafetensors(tensors, metadata), 'again');
    expect(again.metadata).toEqual(metadata);
    expect(new Map([...again.tensors].sort())).toEqual(new Map([...tensors].sort()));
    expect(encodeSafetensors(tensors, metadata).length).toBe(readFileSync(golden).length);
  });

  it('does not depend on where in memory the bytes are', () => {
    const bytes = encodeSafetensors(
      new Map([['x', { dtype: 'F64', shape: [2], data: new Float64Array([1, 2]) }]]),
    );
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeSafetensors(shifted.subarray(3), 'x').tensors.get('x')!.data).toEqual(
      new Float64Array([1, 2]),
    );
  });

  const twoTensors = (a: object, b: object) => JSON.stringify({ a, b });
  it.each([
    ['truncated', new Uint8Array(7), '7 bytes'],
    [
      'truncated',
      fileOf('{"a":1}').subarray(0, 12),
      'byte 12: the file ends within its header, which goes to byte 15',
    ],
    ['truncated', fileOf(JSON.stringify({ a: f32(0, 8) }), 4), 'within tensor "a"'],
    ['header-too-large', new Uint8Array(8).fill(0xff), 'byte 0: header of 18446744073709551615 bytes'],
    ['not-json', fileOf('{"a":'), 'byte 8'],
    ['not-json', fileOf('[1]'), 'byte 8'],
    ['not-json', fileOf(' {}'), 'byte 8'],
    ['not-json', new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff]), 'UTF-8'],
    [
      'duplicate-name',
      fileOf('{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{}}'),
      'byte 61: the name "a"',
    ],
    [
      'duplicate-name',
      fileOf('{"a":{"dtype":"U8","dtype":"I8","shape":[0],"data_offsets":[0,0]}}'),
      '"dtype"',
    ],
    ['header', fileOf('{"a":3}'), 'tensor "a"'],
    ['header', fileOf('{"__metadata__":{"n":1}}'), '__metadata__'],
    ['header', fileOf('{"a":{"dtype":"U8","shape":[1]}}'), 'data_offsets missing'],
    ['header', fileOf('{"a":{"dtype":"U8","shape":[1],"data_offsets":[1,0]}}'), '[1,0]'],
    ['dtype', fileOf('{"a":{"dtype":"F31","shape":[1],"data_offsets":[0,4]}}', 4), '"F31"'],
    ['dtype', fileOf('{"a":{"dtype":"constructor","shape":[1],"data_offsets":[0,4]}}', 4), '"constructor"'],
    ['shape', fileOf('{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}', 1), '[-1]'],
    [
      'shape',
      fileOf('{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,1]}}', 1),
      '4294967296',
    ],
    [
      'size',
      fileOf(JSON.stringify({ a: f32(0, 8, [3]) }), 8),
      'F32 [3] takes 12 bytes, data_offsets [0,8] give 8',
    ],
    ['overlap', fileOf(twoTensors(f32(0, 8), f32(4, 12)), 12), 'tensor "b" begins within'],
    ['hole', fileOf(twoTensors(f32(0, 4), f32(8, 12)), 12), '4 bytes before tensor "b"'],
    ['hole', fileOf(JSON.stringify({ a: f32(4, 8) }), 8), '4 bytes before tensor "a"'],
    ['trailing', fileOf(JSON.stringify({ a: f32(0, 4) }), 6), '2 bytes after'],
  ])('refuses %s (%#)', (code, bytes, part) => {
    const error = errorOf(() => decodeSafetensors(bytes, 'w.safetensors'));
    expect(error.code).toBe(`safetensors/${code}`);
    expect(error.message).toContain('w.safetensors: ');
    expect(error.message).toContain(part);
    expect(error.exitCode).toBe(3);
  });

  it('gives a typed error or the whole, whatever bytes change', () => {
    const bytes = readFileSync(golden);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
        const damaged = Uint8Array.from(bytes.subarray(0, length));
        if (at < length) damaged[at] = value;
        if (length < bytes.length)
          expect(errorOf(() => decodeSafetensors(damaged, 'f')).code).toMatch(/^safetensors\//);
        else {
          try {
            decodeSafetensors(damaged, 'f');
          } catch (error) {
            expect((error as { code: string }).code).toMatch(/^safetensors\//);
          }
        }
      }),
      { numRuns: 500, seed: 1 },
    );
  });
});

describe('writing', () => {
  const tensors = new Map<string, StoredTensor>([
    ['b', { dtype: 'F32', shape: [2], data: new Float32Array([1, 2]) }],
    ['a', { dtype: 'F32', shape: [1, 1], data: new Float32Array([3]) }],
    ['z', { dtype: 'F64', shape: [], data: new Float64Array([4]) }],
    ['0', { dtype: 'U8', shape: [1], data: new Uint8Array([5]) }],
    ['__proto__', { dtype: 'U8', shape: [1], data: new Uint8Array([6]) }],
  ]);

  it('lays tensors out by element size and name, aligned, whatever their order', () => {
    const bytes = encodeSafetensors(tensors, { k: 'v', a: 'b' });
    expect(encodeSafetensors(new Map([...tensors].reverse()), { a: 'b', k: 'v' })).toEqual(bytes);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const read = decodeSafetensors(bytes, 'x');
    expect([...read.tensors.keys()]).toEqual(['z', 'a', 'b', '0', '__proto__']);
    for (const [name, tensor] of tensors) expect(read.tensors.get(name)).toEqual(tensor);
  });

  it('takes views and shared memory', () => {
    const shared = new Float32Array(new SharedArrayBuffer(16), 4, 2);
    shared.set([1, 2]);
    const bytes = encodeSafetensors(new Map([['s', { dtype: 'F32', shape: [2], data: shared }]]));
    expect([...decodeSafetensors(bytes, 'x').tensors.get('s')!.data]).toEqual([1, 2]);
  });

  it('keeps every bit, NaN and −0 too', () => {
    const data = new Float32Array([Number.NaN, -0, Number.POSITIVE_INFINITY, 2 ** -149]);
    const bytes = encodeSafetensors(new Map([['x', { dtype: 'F32', shape: [4], data }]]));
    const read = decodeSafetensors(bytes, 'x').tensors.get('x')!.data;
    expect(new Uint8Array(read.buffer)).toEqual(new Uint8Array(data.buffer));
  });

  it('refuses tensors that do not fit themselves', () => {
    const one = (name: string, tensor: StoredTensor) =>
      errorOf(() => encodeSafetensors(new Map([[name, tensor]])));
    expect(one('x', { dtype: 'F32', shape: [3], data: new Float32Array(2) }).message).toContain(
      'F32 [3] with 2 elements',
    );
    expect(one('x', { dtype: 'F64', shape: [2], data: new Float32Array(2) }).code).toBe('safetensors/shape');
    expect(one('__metadata__', { dtype: 'U8', shape: [0], data: new Uint8Array() }).code).toBe(
      'safetensors/name',
    );
  });

  it('writes a file whole or not at all', () => {
    const folder = temporaryFolder({ taken: 'x' });
    writeSafetensors(join(folder, 'w.safetensors'), tensors);
    expect(readSafetensors(join(folder, 'w.safetensors')).tensors.size).toBe(5);
    expect(readdirSync(folder)).toEqual(['taken', 'w.safetensors']);
    const error = errorOf(() => writeSafetensors(join(folder, 'taken/w.safetensors'), tensors));
    expect(error.code).toBe('file/not-a-folder');
  });

  it('says what a missing file is called', () => {
    const error = errorOf(() => readSafetensors(join(temporaryFolder(), 'none.safetensors')));
    expect(error.code).toBe('file/not-found');
    expect(error.message).toContain('none.safetensors');
  });
});
