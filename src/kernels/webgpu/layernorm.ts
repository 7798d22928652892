import type { Shape } from '../backend.ts';
import { SCALAR, VECTOR } from './channel.ts';
import { grid, groups, sizeOf, type WebgpuKernel } from './kernel.ts';

type Defines = Readonly<Record<string, string | number>>;

/** Workgroups of backward: enough to fill the device, few enough to add up. */
const MOST_BLOCKS = 256;
/** Rows that one workgroup takes one after the other rather than leaving a second dispatch to add up. */
const FEW_ROWS = 4;

interface Kernels {
  readonly forward: Defines;
  readonly backward: Defines;
  readonly parameters: Defines;
}

const definesCache = new Map<number, Kernels>();

/** What the kernels are written with, for each length of rows. */
function definesOf(size: number): Kernels {
  let defines = definesCache.get(size);
  if (!defines) {
    const vector = size % 4 === 0;
    const width = vector ? size / 4 : size;
    const workgroup = width <= 256 ? 64 : 256;
    const type = (binding: number) => (vector ? `vec4<T${binding}>` : `T${binding}`);
    const types = (...names: string[]) =>
      Object.fromEntries(names.map((name, binding) => [`T_${name}`, type(binding)]));
    const common = {
      ...(vector ? VECTOR : SCALAR),
      WORKGROUP: workgroup,
      ITEMS: groups(width, workgroup),
    };
    defines = {
      forward: { ...common, ...types('X', 'GAMMA', 'BETA', 'Y') },
      backward: { ...common, ...types('X', 'DY', 'GAMMA', 'MEAN', 'VARIANCE', 'DX', 'PRODUCTS', 'SUMS') },
      parameters: { VALUE: common.VALUE, ...types('PRODUCTS', 'SUMS', 'DGAMMA', 'DBETA') },
    };
    definesCache.set(size, defines);
  }
  return defines;
}

/** Rows, floats and Values a row. */
function layoutOf(shape: Shape): [rows: number, size: number, width: number] {
  const size = shape[shape.length - 1]!;
  return [sizeOf(shape) / size, size, size % 4 === 0 ? size / 4 : size];
}

export const layerNorm: WebgpuKernel<'layerNorm'> = (gpu, inputs, outputs, { epsilon }) => {
  const [rows, size, width] = layoutOf(inputs[0]!.shape);
  gpu.dispatch({
    shader: 'layernorm',
    defines: definesOf(size).forward,
    inputs,
    outputs,
    integers: [rows, width, size],
    floats: [epsilon],
    workgroups: grid(rows, 1),
  });
};

/** One dispatch for a few rows, else a second that adds up the gradients of the parameters. */
export const layerNormBackward: WebgpuKernel<'layerNormBackward'> = (
  gpu,
  inputs,
  [dx, dgamma, dbeta],
  { epsilon },
) => {
  const [rows, size, width] = layoutOf(inputs[0]!.shape);
  const { backward, parameters } = definesOf(size);
  const chunk = rows <= FEW_ROWS ? rows : groups(rows, MOST_BLOCKS);
  const blocks = groups(rows, chunk);
  const products = blocks === 1 ? dgamma! : gpu.temporary(blocks * size);
  const sums = blocks === 1 ? dbeta! : gpu.temporary(blocks * size);
  gpu.dispatch({
    shader: 'layernorm-backward',
    defines: backward,
    inputs,
    outputs: [dx!, products, sums],
    integers: [rows, width, size, blocks, chunk],
    floats: [epsilon],
    workgroups: grid(blocks, 1),
  });
  if (blocks === 1) return;
  gpu.dispatch({
    shader: 'layernorm-parameters',
    defines: parameters,
    inputs: [products, sums],
    outputs: [dgamma!, dbeta!],
    integers: [width, blocks],
    workgroups: [groups(width, 16), 2, 1],
  });
};
