/** Matrix products: which of the kernels `wgsl/matmul*.wgsl` suits a shape, and how many workgroups it gets. */
import { type Gpu, grid, groups, sizeOf, type View, type WebgpuKernel } from './kernel.ts';

/** Up to this k a product is as good as an outer product; up to this m or n it is narrow. */
const SHORT = 8;
/** Workgroups that keep a large device busy. */
const ENOUGH = 128;
/** Values of k that are worth a part of their own, and a second dispatch that adds parts up. */
const LEAST_PART = 512;
/** Workgroups that parts are made for: several a processor hide each other's loads. */
const MOST_PARTS = 4 * ENOUGH;

type Defines = Readonly<Record<string, string | number>>;

/** op(a) is [m, k], op(b) is [k, n], in each of `batches`. */
interface Product {
  readonly a: View;
  readonly b: View;
  readonly y: View;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batches: number;
  /** Elements from one matrix to the next; 0 if there is only one. */
  readonly strideA: number;
  readonly strideB: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export const matmul: WebgpuKernel<'matmul'> = (gpu, [a, b], [y], { transposeA, transposeB }) => {
  let m = y!.shape[y!.shape.length - 2]!;
  const n = y!.shape[y!.shape.length - 1]!;
  const k = a!.shape[a!.shape.length - (transposeA ? 2 : 1)]!;
  let batches = sizeOf(y!.shape.slice(0, -2));
  if (m * n * batches === 0) return;
  const sharedB = b!.shape.length === 2;
  if (sharedB && !transposeA && a!.shape.length > 2) {
    // One b for all rows of a: the batches of a lie one after the other and are simply more rows.
    m *= batches;
    batches = 1;
  }
  const strideA = a!.shape.length === 2 ? 0 : m * k;
  const strideB = sharedB ? 0 : k * n;
  const product = { a: a!, b: b!, y: y!, m, n, k, batches, strideA, strideB, transposeA, transposeB };
  if (k <= SHORT) outer(gpu, product);
  else if (n <= SHORT && n <= m) narrow(gpu, product, false);
  else if (m <= SHORT) narrow(gpu, product, true);
  else tiled(gpu, product);
};

// ---- Tiles ----------------------------------------------------------------------------------------------------

interface Tiling {
  readonly tile: number;
  readonly fragments: number;
}

/** From large to small: the first that leaves enough workgroups is taken. */
const TILINGS: readonly Tiling[] = [
  { tile: 128, fragments: 2 },
  { tile: 64, fragments: 1 },
  { tile: 32, fragments: 1 },
];

function tiled(gpu: Gpu, product: Product): void {
  const { a, b, y, m, n, k, batches, strideA, strideB, transposeA, transposeB } = product;
  const tilesOf = (tile: number) => batches * groups(m, tile) * groups(n, tile);
  const { tile, fragments } =
    TILINGS.find(({ tile: t }) => Math.min(m, n) > t / 2 && tilesOf(t) >= ENOUGH) ?? TILINGS[2]!;
  const tiles = tilesOf(tile);
  const room = tiles < ENOUGH ? Math.floor(MOST_PARTS / tiles) : 1;
  const wanted = Math.max(1, Math.min(room, Math.floor(k / LEAST_PART)));
  const partK = 4 * groups(k, 4 * wanted);
  const parts = groups(k, partK);
  const count = batches * m * n;
  const to = parts === 1 ? y : gpu.temporary(parts * count);
  const whole = n % 4 === 0 && (transposeA ? m : k) % 4 === 0 && (transposeB ? k : n) % 4 === 0;
  gpu.dispatch({
    shader: 'matmul',
    defines: tileDefines(tile, fragments, whole),
    inputs: [a, b],
    outputs: [to],
    integers: [
      ...[m, n, k, groups(m, tile), groups(n, tile), batches, strideA, strideB, parts, partK],
      ...[transposeA ? 0 : 1, transposeB ? 1 : 0],
    ],
    workgroups: grid(tiles * parts, 1),
  });
  if (parts === 1) return;
  gpu.dispatch({
    shader: 'matmul-fold',
    inputs: [to],
    outputs: [y],
    integers: [count, parts],
    workgroups: grid(count, 64),
  });
}

function tileDefines(tile: number, fragments: number, whole: boolean): Defines {
  return remembered('tile', tile + (whole ? 1 : 0), () => ({
    TILE_M: tile,
    TILE_N: tile,
    FRAGMENTS_M: fragments,
    FRAGMENTS_N: fragments,
    ITEM_A: item(0, whole),
    ITEM_B: item(1, whole),
    ITEM_Y: item(2, whole),
    LOAD_A: load('a', whole),
    LOAD_B: load('b', whole),
    STORE_Y: store(whole),
  }));
}

// ---- Short k --------------------------------------------------------------------------------------------------

function outer(gpu: Gpu, product: Product): void {
  const { a, b, y, m, n, k, batches, strideA, strideB, transposeA, transposeB } = product;
  const vectors = groups(n, 4);
  const rows = m * batches;
  const wholeB = !transposeB && n % 4 === 0;
  const wholeY = n % 4 === 0;
  const [rowA, kA] = transposeA ? [1, m] : [k, 1];
  const [kB, columnB] = transposeB ? [1, k] : [n, 1];
  gpu.dispatch({
    shader: 'matmul-outer',
    defines: remembered('outer', +wholeB * 2 + +wholeY, () => ({
      ITEM_B: item(1, wholeB),
      ITEM_Y: item(2, wholeY),
      LOAD_B: load('b', wholeB, 'params.columnB'),
      STORE_Y: store(wholeY),
    })),
    inputs: [a, b],
    outputs: [y],
    integers: [m, n, k, vectors, rows, strideA, strideB, rowA, kA, kB, columnB],
    workgroups: grid(rows * vectors, 256),
  });
}

// ---- Few rows or columns --------------------------------------------------------------------------------------

/** @param fewInA is it op(a) that has few rows, or op(b) that has few columns? */
function narrow(gpu: Gpu, product: Product, fewInA: boolean): void {
  const { a, b, y, m, n, k, batches, strideA, strideB, transposeA, transposeB } = product;
  const [few, many] = fewInA ? [a, b] : [b, a];
  const [rows, length] = fewInA ? [m, n] : [n, m];
  const strides = fewInA ? [strideA, strideB] : [strideB, strideA];
  const fewAlongK = fewInA ? !transposeA : transposeB;
  const manyAlongK = fewInA ? transposeB : !transposeA;
  const [fewRow, fewK] = fewAlongK ? [k, 1] : [1, rows];
  const [yRow, yLength] = fewInA ? [n, 1] : [1, n];
  const registers = powerOf2(rows);
  const wholeFew = manyAlongK && fewAlongK && k % 4 === 0;
  const wholeMany = (manyAlongK ? k : length) % 4 === 0;
  const lanes = manyAlongK ? lanesAlongK(k, length * batches) : lanesAcross(k, length, batches);
  const perBatch = groups(length, manyAlongK ? 256 / lanes : 4 * lanes);
  const key = registers * 4 + +wholeFew * 2 + +wholeMany;
  gpu.dispatch({
    shader: manyAlongK ? 'matmul-rows' : 'matmul-columns',
    defines: remembered('narrow', key, () => ({
      ROWS: registers,
      ITEM_A: item(0, wholeFew),
      ITEM_B: item(1, wholeMany),
      LOAD_A: load('few', wholeFew, 'next'),
      LOAD_B: load('many', wholeMany),
    })),
    inputs: [few, many],
    outputs: [y],
    integers: [rows, length, k, perBatch, batches, lanes, ...strides, fewRow, fewK, yRow, yLength],
    workgroups: grid(perBatch * batches, 1),
  });
}

/** Invocations that share one output: one for every vector of k, fewer where there are outputs enough. */
function lanesAlongK(k: number, outputs: number): number {
  let lanes = Math.min(256, powerOf2(groups(k, 4)));
  while (lanes > 8 && outputs * lanes > 4 * ENOUGH * 256) lanes /= 2;
  return lanes;
}

/** Invocations side by side along the long axis; the more, the fewer share one output. */
function lanesAcross(k: number, length: number, batches: number): number {
  const vectors = groups(length, 4);
  const wide = k <= 64 || batches * groups(vectors, 32) >= ENOUGH;
  return Math.min(powerOf2(vectors), wide ? 32 : 8);
}

// ---- Pieces of sources ----------------------------------------------------------------------------------------

const known = new Map<string, Defines>();

function remembered(kind: string, key: number, make: () => Defines): Defines {
  const name = kind + key;
  let defines = known.get(name);
  if (!defines) known.set(name, (defines = make()));
  return defines;
}

/** What a buffer is an array of: vectors, where every row consists of whole ones. */
function item(binding: number, whole: boolean): string {
  return whole ? `vec4<T${binding}>` : `T${binding}`;
}

/** Four values from element `at` on, `step` apart. */
function load(name: string, whole: boolean, step = '1u'): string {
  if (whole) return `vec4f(${name}[at / 4u])`;
  const values = [0, 1, 2, 3].map((i) => `f32(${name}[at + ${i}u * ${step}])`);
  return `vec4f(${values.join(', ')})`;
}

/** Stores `value` at element `at` of y, the columns from `n` on. */
function store(whole: boolean): string {
  if (whole) return 'y[at / 4u] = vec4<T2>(value);';
  return 'for (var i = 0u; i < min(4u, params.n - n); i++) { y[at + i] = T2(value[i]); }';
}

/** The smallest power of two that is not less. */
function powerOf2(count: number): number {
  let power = 1;
  while (power < count) power *= 2;
  return power;
}
