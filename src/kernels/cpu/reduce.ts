import type { Shape } from '../backend.ts';
import { fill } from './fill.ts';
import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { collapse, stridesOf, type Walk, walkArguments } from './strides.ts';

/** Elements that make a piece. */
const CHUNK = 16384;
/** Elements of one output that make a job of their own, where outputs are few. */
const SPLIT = 32768;
/** From this many independent outputs on, none is split. */
const ENOUGH_JOBS = 32;
/** Longest contiguous run summed in one go. */
const SEGMENT = 8192;
/** Columns reduced side by side; COLUMNS in wasm/reduce.ts. */
const COLUMNS = 16;
/** First arguments of the walks: KEPT and REDUCED in wasm/reduce.ts. */
const KEPT = 16;
const REDUCED = 48;

type Reduction = 'sum' | 'max';

/** The axes of `walk` of which `keep` is true. */
function part(walk: Walk, keep: (axis: number) => boolean): Walk {
  const pick = (values: readonly number[]) => values.filter((_, axis) => keep(axis));
  return { sizes: pick(walk.sizes), strides: [pick(walk.strides[0]!)] };
}

/** All that a reduction's launches need besides addresses. */
interface Plan {
  readonly kernel: string;
  readonly pieces: number;
  /** Partial results an output; 1: the kernel writes outputs themselves. */
  readonly splits: number;
  readonly outputs: number;
  readonly work: number;
  /** The first two, where to write and x, are filled in for each launch. */
  readonly integers: number[];
}

/** Plans by op, shape and axes: making one takes longer than a small reduction, and a model asks for the same few. */
const plans = new Map<string, Plan>();
const MAX_PLANS = 256;

function reduce(machine: Machine, op: Reduction, x: View, y: View, axes: readonly number[]): void {
  if (sizeOf(x.shape) === 0) {
    fill(machine, y.address, sizeOf(y.shape), op === 'sum' ? 0 : -Infinity);
    return;
  }
  const key = `${op} ${x.shape.join()} ${axes.join()}`;
  let plan = plans.get(key);
  if (!plan) {
    if (plans.size === MAX_PLANS) plans.clear();
    plan = planReduction(op, x.shape, axes);
    plans.set(key, plan);
  }
  const { kernel, splits, outputs, integers, work } = plan;
  const target = splits === 1 ? y.address : machine.temporary(8 * outputs * splits);
  integers[0] = target;
  integers[1] = x.address;
  machine.launch(kernel, plan.pieces, integers, [], { work });
  if (splits > 1) machine.launch(`${op}FoldKernel`, 1, [y.address, target, outputs, splits]);
}

function planReduction(op: Reduction, shape: Shape, axes: readonly number[]): Plan {
  const outputs = sizeOf(shape.filter((_, axis) => !axes.includes(axis)));
  const kept = stridesOf(shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
  const into = kept.map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const walk = collapse({ sizes: shape, strides: [stridesOf(shape), into] });
  const isKept = walk.strides[1]!.map((stride) => stride !== 0);
  const last = walk.sizes.length - 1;
  const lastSize = walk.sizes[last]!;
  const keptWalk = part(walk, (axis) => isKept[axis]! && axis !== last);
  const reducedWalk = part(walk, (axis) => !isKept[axis]! && axis !== last);
  const walks = { kept: walkArguments(op, keptWalk), reduced: walkArguments(op, reducedWalk) };
  const rows = sizeOf(reducedWalk.sizes);
  const work = sizeOf(shape);
  if (isKept[last]) {
    const blocks = Math.ceil(lastSize / COLUMNS);
    const jobs = (outputs / lastSize) * blocks;
    const unitSize = Math.min(COLUMNS, lastSize);
    const tail = [lastSize, blocks];
    return split(`${op}ColumnsKernel`, { outputs, jobs, units: rows, unitSize, tail, walks, work });
  }
  const segment = Math.min(SEGMENT, lastSize);
  const segments = Math.ceil(lastSize / segment);
  const tail = [lastSize, segment, segments];
  const units = rows * segments;
  return split(`${op}RunsKernel`, { outputs, jobs: outputs, units, unitSize: segment, tail, walks, work });
}

interface Jobs {
  readonly outputs: number;
  /** Independent jobs before any is split. */
  readonly jobs: number;
  /** Parts that a job consists of and can be split between. */
  readonly units: number;
  /** Elements a unit. */
  readonly unitSize: number;
  readonly tail: readonly number[];
  readonly walks: { readonly kept: readonly number[]; readonly reduced: readonly number[] };
  readonly work: number;
}

/** Each job in one piece of work, or split into several with a second launch to fold their results. */
function split(kernel: string, { outputs, jobs, units, unitSize, tail, walks, work }: Jobs): Plan {
  const wanted = jobs >= ENOUGH_JOBS ? 1 : Math.min(units, Math.ceil((units * unitSize) / SPLIT));
  const perSplit = Math.ceil(units / wanted);
  const splits = Math.ceil(units / perSplit);
  const perPiece = Math.max(1, Math.floor(CHUNK / (perSplit * unitSize)));
  const integers = new Array<number>(REDUCED).fill(0);
  const head = [0, 0, jobs * splits, perPiece, splits, units, perSplit, ...tail];
  integers.splice(0, head.length, ...head);
  integers.splice(KEPT, walks.kept.length, ...walks.kept);
  integers.push(...walks.reduced);
  return { kernel, pieces: pieces(jobs * splits, perPiece), splits, outputs, work, integers };
}

export const sum: CpuKernel<'sum'> = (machine, [x], [y], { axes }) => reduce(machine, 'sum', x!, y!, axes);

/** NaN if any is NaN; −Infinity where there is nothing. */
export const max: CpuKernel<'max'> = (machine, [x], [y], { axes }) => reduce(machine, 'max', x!, y!, axes);
