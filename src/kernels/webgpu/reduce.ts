import type { Shape } from '../backend.ts';
import { type Gpu, grid, groups, sizeOf, type View, type WebgpuKernel } from './kernel.ts';

type Reduction = 'sum' | 'max';

/** What the two kernels are written with: the types of a value of one or four floats, and the operation. */
function definesOf(op: Reduction, vector: boolean): Readonly<Record<string, string>> {
  const combine = (isNan: string) => (op === 'sum' ? 'a + b' : `select(b, a, (a > b) | ${isNan}(a))`);
  return {
    VALUE: vector ? 'vec4f' : 'f32',
    BITS: vector ? 'vec4u' : 'u32',
    BOOL: vector ? 'vec4<bool>' : 'bool',
    X: vector ? 'vec4<T0>' : 'T0',
    Y: vector ? 'vec4<T1>' : 'T1',
    COMBINE: combine('isNan'),
    COMBINE1: combine('isNan1'),
    FOLD: vector ? 'combine1(combine1(value.x, value.y), combine1(value.z, value.w))' : 'value',
  };
}

const DEFINES = {
  sum: { scalar: definesOf('sum', false), vector: definesOf('sum', true) },
  max: { scalar: definesOf('max', false), vector: definesOf('max', true) },
};
const IDENTITY = { sum: 0, max: Number.NEGATIVE_INFINITY };

/** Workgroups that fill the device. */
const ENOUGH = 512;
/** Loads of one invocation, one after the other, that are worth a second dispatch. */
const LONG = 32;

/** A reduction as [outer, R0, inner, R1]: R0 and R1 are reduced, the others kept. */
type Form = readonly [outer: number, r0: number, inner: number, r1: number];

/**
 * Neighbouring axes of the same kind as one, those of length 1 left out: alternating lengths, the last one kept
 * (it may be 1).
 */
function alternating(shape: Shape, axes: readonly number[]): number[] {
  const lengths = [1];
  for (let axis = 0; axis < shape.length; axis++) {
    if (shape[axis] === 1) continue;
    const kept = lengths.length % 2 === 1;
    if (axes.includes(axis) !== kept) lengths[lengths.length - 1]! *= shape[axis]!;
    else lengths.push(shape[axis]!);
  }
  if (lengths.length % 2 === 0) lengths.push(1);
  return lengths;
}

function reduction(op: Reduction): WebgpuKernel<Reduction> {
  return (gpu, [x], [y], { axes }) => {
    if (sizeOf(y!.shape) === 0) return;
    const lengths = alternating(x!.shape, axes);
    let from = x!;
    // [kept, reduced, kept] or [kept, reduced, kept, reduced, 1] is one reduction; what is longer loses its last
    // reduced axis first.
    while (lengths.length > 5 || (lengths.length === 5 && lengths[4]! > 1)) {
      const inner = lengths.pop()!;
      const reduced = lengths.pop()!;
      const outer = lengths.reduce((product, length) => product * length, 1);
      const to = gpu.temporary(outer * inner);
      reduce(gpu, op, from, to, [outer, reduced, inner, 1]);
      lengths[lengths.length - 1]! *= inner;
      from = to;
    }
    const [outer = 1, r0 = 1, inner = 1, r1 = 1] = lengths;
    if (lengths.length === 1) reduce(gpu, op, from, y!, [1, 1, outer, 1]);
    else if (r1 === 1 && inner === 1) reduce(gpu, op, from, y!, [1, 1, outer, r0]);
    else reduce(gpu, op, from, y!, [outer, r0, inner, r1]);
  };
}

function reduce(gpu: Gpu, op: Reduction, x: View, y: View, form: Form): void {
  if (form[3] === 1) reduceColumns(gpu, op, x, y, form);
  else reduceRows(gpu, op, x, y, form);
}

/** How many ranges `length` loads of an invocation are cut into, where there are `workgroups` without that. */
function splitsFor(length: number, workgroups: number): number {
  if (length <= LONG || workgroups >= ENOUGH / 2) return 1;
  return Math.min(groups(length, LONG / 2), groups(ENOUGH, workgroups));
}

function reduceRows(gpu: Gpu, op: Reduction, x: View, y: View, [outer, r0, inner, r1]: Form): void {
  const vector = r1 % 4 === 0;
  const run = vector ? r1 / 4 : r1;
  const length = r0 * run;
  const lanes = length > 128 ? 256 : length > 32 ? 64 : length > 8 ? 16 : 4;
  const outputs = outer * inner;
  const splits = splitsFor(groups(length, lanes), groups(outputs * lanes, 256));
  const partial = splits > 1 ? gpu.temporary(outputs * splits) : y;
  gpu.dispatch({
    shader: 'reduce-rows',
    defines: DEFINES[op][vector ? 'vector' : 'scalar'],
    constants: { LANES: lanes },
    inputs: [x],
    outputs: [partial],
    integers: [
      outputs * splits,
      splits,
      length,
      groups(length, splits),
      run,
      inner,
      inner * run,
      length * inner,
    ],
    floats: [IDENTITY[op]],
    workgroups: grid(outputs * splits, 256 / lanes),
  });
  if (splits > 1) reduceRows(gpu, op, partial, y, [1, 1, outputs, splits]);
}

function reduceColumns(gpu: Gpu, op: Reduction, x: View, y: View, [outer, rows, inner]: Form): void {
  const vector = inner % 4 === 0;
  const columns = vector ? inner / 4 : inner;
  const width = rows < 16 ? 256 : columns > 16 ? 32 : columns > 4 ? 16 : 4;
  const tiles = groups(columns, width);
  const splits = splitsFor(groups(rows * width, 256), outer * tiles);
  const partial = splits > 1 ? gpu.temporary(outer * splits * inner) : y;
  gpu.dispatch({
    shader: 'reduce-columns',
    defines: DEFINES[op][vector ? 'vector' : 'scalar'],
    constants: { COLUMNS: width },
    inputs: [x],
    outputs: [partial],
    integers: [outer, rows, columns, splits, groups(rows, splits)],
    floats: [IDENTITY[op]],
    workgroups: grid(outer * splits * tiles, 1),
  });
  if (splits > 1) reduceColumns(gpu, op, partial, y, [outer, splits, inner, 1]);
}

export const sum = reduction('sum');
export const max = reduction('max');
