/** Attention pooling: `wgsl/attention-pool*.wgsl`, one dispatch forward, two backward. */
import { type Gpu, grid, groups, sizeOf, type View, type WebgpuKernel } from './kernel.ts';

/** Workgroups that a device should have at least: images are split where there are fewer. */
const WORKGROUPS = 128;
/** Of a chunk of positions of `attention-pool-backward`, in vec4s. */
const CHUNK = 16;
/** Hidden units of a tile. */
const UNITS = 32;

type Defines = Readonly<Record<string, string>>;

/** Rows as whole vec4s or value by value; `weights` and `dx` are the numbers of their bindings. */
function definesFor(weights: number, dx: number): { readonly wide: Defines; readonly narrow: Defines } {
  const of = (wide: boolean) => {
    const vector = (binding: number) => (wide ? `vec4<T${binding}>` : `T${binding}`);
    return {
      WIDE: String(wide),
      VECTOR: wide ? 'vec4f' : 'f32',
      FIRST: wide ? 'rest' : 'rest.x',
      VECTOR_OF_X: vector(0),
      VECTOR_OF_WEIGHTS: vector(weights),
      VECTOR_OF_DX: vector(dx),
    };
  };
  return { wide: of(true), narrow: of(false) };
}

const FORWARD = definesFor(6, 0);
const FORWARD_DIRECT = definesFor(4, 0);
const BACKWARD = definesFor(5, 6);
const BACKWARD_DIRECT = definesFor(3, 4);

/** The power of two from `count` on, but within limits that are powers of two. */
function powerFrom(count: number, least: number, most: number): number {
  let power = least;
  while (power < most && power < count) power *= 2;
  return power;
}

/** The sizes that all kernels start their parameters with, and how many vec4s a row has. */
function sizesOf(x: View, heads: number) {
  const [n, f, p] = x.shape as [number, number, number];
  const vectors = groups(p, 4);
  const wide = p % 4 === 0;
  const rows = wide ? ('wide' as const) : ('narrow' as const);
  return { n, f, vectors, rows, sizes: [n, f, p, vectors, wide ? vectors : p, heads] };
}

export const attentionPool: WebgpuKernel<'attentionPool'> = (gpu, inputs, outputs) => {
  const [x, ...parameters] = inputs;
  const direct = parameters.length === 2;
  const [heads, k] = parameters[parameters.length - 2]!.shape as [number, number];
  const { n, vectors, rows, sizes } = sizesOf(x!, heads);
  gpu.dispatch({
    shader: direct ? 'attention-pool-direct' : 'attention-pool',
    defines: (direct ? FORWARD_DIRECT : FORWARD)[rows],
    inputs,
    outputs,
    integers: [
      ...sizes,
      powerFrom(vectors / 4, 1, 8),
      powerFrom(vectors, 1, 16),
      direct ? powerFrom(vectors, 8, 64) : k,
    ],
    workgroups: grid(n, 1),
  });
};

export const attentionPoolBackward: WebgpuKernel<'attentionPoolBackward'> = (gpu, inputs, outputs) =>
  inputs.length === 4 ? backwardDirect(gpu, inputs, outputs) : backward(gpu, inputs, outputs);

/** `count` rounds in as many parts as `n` images need to be enough workgroups. */
function split(count: number, n: number): { readonly parts: number; readonly perPart: number } {
  const perPart = groups(count, Math.min(count, groups(WORKGROUPS, n)));
  return { parts: groups(count, perPart), perPart };
}

function backward(gpu: Gpu, inputs: readonly View[], [dx, ...gradients]: readonly View[]): void {
  const [heads, k] = inputs[4]!.shape as [number, number];
  const { n, f, vectors, rows, sizes } = sizesOf(inputs[0]!, heads);
  const chunks = groups(vectors, CHUNK);
  const { parts, perPart } = split(chunks, n);
  const entries = groups(k, UNITS) * (f + heads + 1) * UNITS;
  const partial = entries / 4 + heads;
  const saved = gpu.temporary(4 * n * parts * (partial + heads * vectors));
  gpu.dispatch({
    shader: 'attention-pool-backward',
    defines: BACKWARD[rows],
    inputs,
    outputs: [dx!, saved],
    integers: [...sizes, powerFrom(vectors, 8, 64), k, parts, perPart, groups(vectors, chunks), partial],
    workgroups: grid(n * parts, 1),
  });
  gpu.dispatch({
    shader: 'attention-pool-weights',
    inputs: [saved],
    outputs: gradients,
    integers: [n, parts, 4 * partial, entries, f, heads, k],
    workgroups: grid(entries + heads, 32),
  });
}

function backwardDirect(gpu: Gpu, inputs: readonly View[], [dx, ...gradients]: readonly View[]): void {
  const heads = inputs[2]!.shape[0]!;
  const { n, f, vectors, rows, sizes } = sizesOf(inputs[0]!, heads);
  const team = powerFrom(vectors, 1, 16);
  const fours = groups(f, 4);
  const { parts, perPart } = split(groups(fours, 256 / team), n);
  const saved = gpu.temporary(4 * heads * (n * (fours + 1) + n * parts * vectors));
  gpu.dispatch({
    shader: 'attention-pool-backward-direct',
    defines: BACKWARD_DIRECT[rows],
    inputs,
    outputs: [dx!, saved],
    integers: [...sizes, powerFrom(vectors, 8, 64), team, parts, perPart, fours],
    workgroups: grid(n * parts, 1),
  });
  gpu.dispatch({
    shader: 'attention-pool-weights-direct',
    inputs: [saved],
    outputs: gradients,
    integers: [n, f, heads, 4 * fours],
    workgroups: grid(sizeOf(gradients[0]!.shape) + heads, 32),
  });
}
