import { keyOf } from '../../base/philox.ts';
import type { BlockAttributes, Pair } from '../ops.ts';
import { SCALAR, takeStatistics, tilingOf, VECTOR } from './channel.ts';
import { grid, groups, type View, type WebgpuKernel } from './kernel.ts';

/** How a row of windows is read and written: one window at a time, or four of width 1 or 2 side by side. */
type Layout = 'scalar' | 'vector1' | 'vector2';

const ROWS = {
  scalar: {
    ...SCALAR,
    INDEX: 'u32',
    MASK: 'bool',
    DROPPED: 'halves[unit & 3u] < params.threshold',
    LOAD: 'for (var v = 0u; v < PW; v++) { row[v] = f32(x[at + v]); }',
  },
  vector1: {
    ...VECTOR,
    INDEX: 'vec4u',
    MASK: 'vec4<bool>',
    DROPPED: 'halves < vec4u(params.threshold)',
    LOAD: 'row[0] = vec4f(x[at]);',
  },
  vector2: {
    ...VECTOR,
    INDEX: 'vec4u',
    MASK: 'vec4<bool>',
    DROPPED: 'halves < vec4u(params.threshold)',
    LOAD: `let a = vec4f(x[at]);
  let b = vec4f(x[at + 1u]);
  row[0] = vec4f(a.xz, b.xz);
  row[1] = vec4f(a.yw, b.yw);`,
  },
};

const STORE = {
  // The last window of a row may be incomplete.
  scalar: `for (var v = 0u; v < PW; v++) {
    if (window.column * PW + v < params.stride) { dx[at + v] = $T(row[v]); }
  }`,
  vector1: 'dx[at] = $T(row[0]);',
  vector2: `dx[at] = $T(vec4f(row[0].x, row[1].x, row[0].y, row[1].y));
  dx[at + 1u] = $T(vec4f(row[0].z, row[1].z, row[0].w, row[1].w));`,
};

type Kernel = 'forward' | 'sums' | 'backward' | 'single';
type Defines = Readonly<Record<string, string | number>>;

const definesCache = new Map<string, Record<Kernel, Defines>>();

/** What the kernels are written with, for each layout and size of windows. */
function definesOf(layout: Layout, [ph, pw]: Pair): Record<Kernel, Defines> {
  const key = `${layout},${ph},${pw}`;
  let defines = definesCache.get(key);
  if (!defines) {
    const type = (binding: number) => (layout === 'scalar' ? `T${binding}` : `vec4<T${binding}>`);
    const common = { ...ROWS[layout], PH: ph, PW: pw, X: type(0) };
    const withDx = (binding: number) => ({
      ...common,
      DY: type(1),
      DX: type(binding),
      STORE: STORE[layout].replaceAll('$T', type(binding)),
    });
    defines = {
      forward: { ...common, Y: type(4) },
      sums: { ...common, DY: type(1) },
      backward: withDx(3),
      single: withDx(6),
    };
    definesCache.set(key, defines);
  }
  return defines;
}

const YES = { SINGLE: 1 };
const NO = { SINGLE: 0 };
/** Values of x that an invocation reads, where there are that many. */
const READS = 32;

/** Everything that follows from the shapes; `whole` for kernels that visit incomplete windows at the edges too. */
function planOf(x: View, y: View, a: BlockAttributes) {
  const { pool, dropout, epsilon } = a;
  const [N, channels, height, width] = x.shape as [number, number, number, number];
  const [, , rows, columns] = y.shape as [number, number, number, number];
  const side = columns % 4 === 0 && width === columns * pool[1] && pool[1] <= 2 ? 4 : 1;
  const layout: Layout = side === 1 ? 'scalar' : pool[1] === 1 ? 'vector1' : 'vector2';
  const tiling = tilingOf(x.shape);
  const size = N * height * width;
  const single = size / side <= tiling.tile / (tiling.kind === 'vector' ? 4 : 1);
  const [key0, key1] = keyOf(dropout.seed);
  const parametersFor = (whole: boolean) => {
    const lines = whole ? groups(height, pool[0]) : rows;
    const across = whole ? groups(width / side, pool[1]) : columns / side;
    const windows = N * lines * across;
    const perRun = Math.max(READS, 8 * pool[0] * pool[1]);
    const blocks = single ? 1 : groups(windows * side * pool[0] * pool[1], 256 * perRun);
    return {
      blocks,
      integers: [
        ...[channels, tiling.tiles, (height * width) / side, size / side, size, tiling.tile],
        ...[height, width / side, rows, columns / side, lines, across, windows, blocks],
        ...[
          Math.round(dropout.p * 65536),
          dropout.perChannel ? 1 : 0,
          dropout.step,
          dropout.stream,
          key0,
          key1,
        ],
      ],
      floats: [epsilon, 1 / (1 - dropout.p)],
      workgroups: grid(channels * blocks, 1),
    };
  };
  return { tiling, single, channels, defines: definesOf(layout, pool), parametersFor };
}

/** One dispatch where a channel is one tile, else two: statistics of tiles, then all of y. */
export const batchNormBlock: WebgpuKernel<'batchNormBlock'> = (
  gpu,
  [x, gamma, beta],
  [y, mean, variance],
  attributes,
) => {
  const { tiling, single, defines, parametersFor } = planOf(x!, y!, attributes);
  const partials = single ? gpu.temporary(2) : takeStatistics(gpu, x!, tiling);
  const { integers, floats, workgroups } = parametersFor(false);
  gpu.dispatch({
    shader: 'batchnormblock',
    defines: defines.forward,
    constants: single ? YES : NO,
    inputs: [x!, gamma!, beta!, partials],
    outputs: [y!, mean!, variance!],
    integers,
    floats,
    workgroups,
  });
};

/** One dispatch where a channel is one tile and the device binds nine buffers, else two: sums, then dx. */
export const batchNormBlockBackward: WebgpuKernel<'batchNormBlockBackward'> = (
  gpu,
  inputs,
  outputs,
  attributes,
) => {
  const { single, channels, defines, parametersFor } = planOf(inputs[0]!, inputs[1]!, attributes);
  const { blocks, integers, floats, workgroups } = parametersFor(true);
  if (single && gpu.limits.maxStorageBuffersPerShaderStage >= 9) {
    gpu.dispatch({
      shader: 'batchnormblock-backward-single',
      defines: defines.single,
      inputs,
      outputs,
      integers,
      floats,
      workgroups,
    });
    return;
  }
  const sums = gpu.temporary(4 * channels * (blocks + 1));
  gpu.dispatch({
    shader: 'batchnormblock-backward-sums',
    defines: defines.sums,
    inputs,
    outputs: [sums],
    integers,
    floats,
    workgroups,
  });
  gpu.dispatch({
    shader: 'batchnormblock-backward',
    defines: defines.backward,
    inputs: [inputs[0]!, inputs[1]!, sums],
    outputs,
    integers,
    floats,
    workgroups,
  });
};
