import { DataError, formatShape, UsageError } from '../base/errors.ts';
import { readBytes, writeFileAtomic } from './files.ts';
import { byCodeUnits } from './recording.ts';
import { parseStrictJson } from './strict-json.ts';

/**
 * The safetensors format (https://github.com/huggingface/safetensors#format): eight bytes of header length
 * (little-endian), a JSON header `{name: {dtype, shape, data_offsets: [begin, end]}}` with an optional
 * `__metadata__` of strings, then the tensors' bytes, little-endian, in C order, with no gap.
 */

/** Typed array by dtype; F16, BF16 hold the raw 16 bits, BOOL one byte an element. */
const ARRAYS = {
  F64: Float64Array,
  F32: Float32Array,
  F16: Uint16Array,
  BF16: Uint16Array,
  I64: BigInt64Array,
  I32: Int32Array,
  I16: Int16Array,
  I8: Int8Array,
  U64: BigUint64Array,
  U32: Uint32Array,
  U16: Uint16Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
} as const;

export type Dtype = keyof typeof ARRAYS;
/** Over plain or shared memory. */
export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

export interface StoredTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface TensorFile {
  /** In the order of their data. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The reference implementation's limit on the header. */
const MAX_HEADER = 100_000_000;

/**
 * Writes tensors as one safetensors file, all or nothing.
 * @throws UsageError `safetensors/…` for tensors that do not fit the format · DataError `file/…`
 */
export function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): void {
  writeFileAtomic(path, encodeSafetensors(tensors, metadata));
}

/** @throws DataError `safetensors/…`, `file/…` */
export function readSafetensors(path: string): TensorFile {
  return decodeSafetensors(readBytes(path), path);
}

/**
 * The bytes of a safetensors file. Tensors are laid out by falling element size, then by name, so that every
 * one is aligned and the same tensors give the same bytes.
 * @throws UsageError `safetensors/name`, `safetensors/shape`
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array {
  const size = (tensor: StoredTensor) => ARRAYS[tensor.dtype].BYTES_PER_ELEMENT;
  const order = [...tensors].sort(([a, x], [b, y]) => size(y) - size(x) || byCodeUnits(a, b));
  const entries: [string, unknown][] = [];
  const keys = Object.keys(metadata).sort(byCodeUnits);
  if (keys.length > 0)
    entries.push(['__metadata__', Object.fromEntries(keys.map((key) => [key, metadata[key]]))]);
  let at = 0;
  for (const [name, { dtype, shape, data }] of order) {
    if (name === '__metadata__') {
      throw new UsageError('safetensors/name', 'no tensor may be called __metadata__');
    }
    if (!(data instanceof ARRAYS[dtype]) || elements(shape) !== data.length) {
      const what = `${dtype} ${formatShape(shape)} with ${data.length} elements in a ${data.constructor.name}`;
      throw new UsageError('safetensors/shape', `tensor "${name}" does not fit itself: ${what}`);
    }
    entries.push([name, { dtype, shape, data_offsets: [at, at + data.byteLength] }]);
    at += data.byteLength;
  }
  // Not an object literal: `Object.fromEntries` keeps a tensor called "__proto__" an ordinary key.
  let header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const padded = new Uint8Array(Math.ceil(header.length / 8) * 8).fill(0x20);
  padded.set(header);
  header = padded;

  const bytes = new Uint8Array(8 + header.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  let to = 8 + header.length;
  for (const [, { data }] of order) {
    bytes.set(
      littleEndian(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), data.BYTES_PER_ELEMENT),
      to,
    );
    to += data.byteLength;
  }
  return bytes;
}

/**
 * Reads what `encodeSafetensors` or any other writer of the format made, and nothing else: a header that is
 * no JSON, has a name twice, or whose tensors overlap, leave a hole or do not end with the file is refused.
 *
 * @param where for messages
 * @throws DataError `safetensors/truncated`, `…/header-too-large`, `…/not-json`, `…/duplicate-name`,
 *   `…/header`, `…/dtype`, `…/shape`, `…/size`, `…/overlap`, `…/hole`, `…/trailing`
 */
export function decodeSafetensors(bytes: Uint8Array, where: string): TensorFile {
  const fail = (code: string, what: string, hint?: string) =>
    new DataError(`safetensors/${code}`, `${where}: ${what}`, hint);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8)
    throw fail('truncated', `${bytes.length} bytes, shorter than the 8-byte header length`);
  const length = view.getBigUint64(0, true);
  if (length > MAX_HEADER) {
    throw fail(
      'header-too-large',
      `byte 0: header of ${length} bytes, at most ${MAX_HEADER} allowed`,
      'This is no safetensors file',
    );
  }
  const start = 8 + Number(length);
  if (start > bytes.length) {
    throw fail(
      'truncated',
      `byte ${bytes.length}: the file ends within its header, which goes to byte ${start}`,
    );
  }
  if (bytes[8] !== 0x7b)
    throw fail('not-json', 'byte 8: the header does not begin with "{"', 'This is no safetensors file');
  const header = parseStrictJson(bytes.subarray(8, start), (problem, offset, what) =>
    fail(problem, `byte ${8 + offset}: ${what}`),
  );

  const metadata = readMetadata(header.__metadata__, fail);
  const entries = Object.entries(header)
    .filter(([name]) => name !== '__metadata__')
    .map(([name, entry]) => checkEntry(name, entry, fail))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);
  const tensors = new Map<string, StoredTensor>();
  let at = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin < at)
      throw fail('overlap', `byte ${start + begin}: tensor "${name}" begins within the one before`);
    if (begin > at)
      throw fail('hole', `byte ${start + at}: ${begin - at} bytes before tensor "${name}" belong to none`);
    if (start + end > bytes.length) {
      throw fail(
        'truncated',
        `byte ${bytes.length}: the file ends within tensor "${name}", which goes to byte ${start + end}`,
      );
    }
    const ArrayType = ARRAYS[dtype];
    // A copy of its own: aligned, and not Buffer's slice, which would share the memory of the whole file.
    const copy = new Uint8Array(bytes.subarray(start + begin, start + end));
    const own = littleEndian(copy, ArrayType.BYTES_PER_ELEMENT);
    tensors.set(name, { dtype, shape, data: new ArrayType(own.buffer as ArrayBuffer) });
    at = end;
  }
  if (start + at !== bytes.length) {
    throw fail('trailing', `byte ${start + at}: ${bytes.length - start - at} bytes after the last tensor`);
  }
  return { tensors, metadata };
}

type Fail = (code: string, what: string) => DataError;

function readMetadata(value: unknown, fail: Fail): Record<string, string> {
  if (value === undefined) return {};
  if (!isObject(value) || !Object.values(value).every((item) => typeof item === 'string')) {
    throw fail('header', 'the header\'s "__metadata__" is not a set of texts');
  }
  return value as Record<string, string>;
}

function checkEntry(name: string, value: unknown, fail: Fail) {
  if (!isObject(value)) throw fail('header', `tensor "${name}": not described by an object`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== 'string' || !Object.hasOwn(ARRAYS, dtype)) {
    throw fail(
      'dtype',
      `tensor "${name}": dtype ${JSON.stringify(dtype) ?? 'missing'}, known: ${Object.keys(ARRAYS).join(', ')}`,
    );
  }
  if (!isNaturals(shape) || !Number.isSafeInteger(elements(shape))) {
    throw fail(
      'shape',
      `tensor "${name}": shape ${JSON.stringify(shape) ?? 'missing'} is not a list of sizes`,
    );
  }
  if (!isNaturals(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw fail(
      'header',
      `tensor "${name}": data_offsets ${JSON.stringify(offsets) ?? 'missing'} are not [begin, end]`,
    );
  }
  const [begin, end] = offsets as [number, number];
  const expected = elements(shape) * ARRAYS[dtype as Dtype].BYTES_PER_ELEMENT;
  if (end - begin !== expected) {
    const what = `${dtype} ${formatShape(shape)} takes ${expected} bytes, data_offsets [${begin},${end}] give ${end - begin}`;
    throw fail('size', `tensor "${name}": ${what}`);
  }
  return { name, dtype: dtype as Dtype, shape, begin, end };
}

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function isNaturals(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const HOST_IS_LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes in little-endian order: as they are on all common hosts, else each element reversed in a copy. */
function littleEndian(bytes: Uint8Array, size: number): Uint8Array {
  if (HOST_IS_LITTLE || size === 1) return bytes;
  const swapped = bytes.slice();
  for (let at = 0; at < swapped.length; at += size) swapped.subarray(at, at + size).reverse();
  return swapped;
}
