/** Attention and its gradient: `wgsl/attention.wgsl`, `wgsl/attention-backward.wgsl`. */
import { grid, groups, type WebgpuKernel } from './kernel.ts';

/** Queries or keys, and columns, a workgroup. */
const TILE = 32;
const COLUMNS = 64;
/** Up to this many keys, working out a query's statistics again costs less than a second dispatch. */
const FEW_KEYS = 64;

type Defines = Readonly<Record<string, string>>;

/** For rows that consist of whole vectors, and for others. */
function variants(inputs: readonly string[], outputs: readonly string[]): readonly [Defines, Defines] {
  const make = (whole: boolean): Defines => {
    const defines: Record<string, string> = {};
    [...inputs, ...outputs].forEach((_, i) => {
      defines[`ITEM_${i}`] = whole ? `vec4<T${i}>` : `T${i}`;
    });
    for (const name of inputs) {
      defines[`LOAD_${name.toUpperCase()}`] = whole
        ? `vec4f(${name}[at / 4u])`
        : `vec4f(${[0, 1, 2, 3].map((i) => `f32(${name}[at + ${i}u])`).join(', ')})`;
    }
    outputs.forEach((name, i) => {
      const type = `T${inputs.length + i}`;
      defines[`STORE_${name.toUpperCase()}`] = whole
        ? `${name}[at / 4u] = vec4<${type}>(value);`
        : `for (var i = 0u; i < min(4u, width - n); i++) { ${name}[at + i] = ${type}(value[i]); }`;
    });
    return defines;
  };
  return [make(false), make(true)];
}

const FORWARD = variants(['q', 'k', 'v'], ['y']);
const BACKWARD = variants(['q', 'k', 'v', 'g'], ['dq', 'dk', 'dv']);

export const attention: WebgpuKernel<'attention'> = (gpu, inputs, [y], { scale }) => {
  const [batches, queries, d] = inputs[0]!.shape as [number, number, number];
  const [, keys, e] = inputs[2]!.shape as [number, number, number];
  const [queryTiles, columnTiles] = [groups(queries, TILE), groups(e, COLUMNS)];
  gpu.dispatch({
    shader: 'attention',
    defines: FORWARD[isWhole(d, e)],
    inputs,
    outputs: [y!],
    integers: [batches, queries, keys, d, e, queryTiles, columnTiles],
    floats: [scale],
    workgroups: grid(batches * queryTiles * columnTiles, 1),
  });
};

export const attentionBackward: WebgpuKernel<'attentionBackward'> = (gpu, inputs, outputs, { scale }) => {
  const [batches, queries, d] = inputs[0]!.shape as [number, number, number];
  const [, keys, e] = inputs[2]!.shape as [number, number, number];
  const [queryTiles, keyTiles] = [groups(queries, TILE), groups(keys, TILE)];
  const [queryColumns, keyColumns] = [groups(d, COLUMNS), groups(Math.max(d, e), COLUMNS)];
  const ofQueries = batches * queryTiles * queryColumns;
  const ofKeys = batches * keyTiles * keyColumns;
  const statistics = gpu.temporary(4 * batches * queries);
  const launch = (first: number, count: number, stored: 0 | 1) =>
    gpu.dispatch({
      shader: 'attention-backward',
      defines: BACKWARD[isWhole(d, e)],
      inputs,
      outputs: [...outputs, statistics],
      integers: [
        ...[batches, queries, keys, d, e, queryTiles, queryColumns, keyTiles, keyColumns],
        ...[first, stored],
      ],
      floats: [scale],
      workgroups: grid(count, 1),
    });
  if (keys <= FEW_KEYS) {
    launch(0, ofQueries + ofKeys, 0);
  } else {
    launch(0, ofQueries, 1);
    launch(ofQueries, ofKeys, 1);
  }
};

function isWhole(d: number, e: number): 0 | 1 {
  return d % 4 === 0 && e % 4 === 0 ? 1 : 0;
}
