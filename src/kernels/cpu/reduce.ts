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

function reduce(machine: Machine, op: Reduction, x: View, y: View, axes: readonly number[]): void {
  const count = sizeOf(x.shape);
  const outputs = sizeOf(y.shape);
  if (count === 0) {
    fill(machine, y.address, outputs, op === 'sum' ? 0 : -Infinity);
    return;
  }
  const kept = stridesOf(x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)));
  const into = kept.map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const walk = collapse({ sizes: x.shape, strides: [stridesOf(x.shape), into] });
  const isKept = walk.strides[1]!.map((stride) => stride !== 0);
  const last = walk.sizes.length - 1;
  const lastSize = walk.sizes[last]!;
  const keptWalk = part(walk, (axis) => isKept[axis]! && axis !== last);
  const reducedWalk = part(walk, (axis) => !isKept[axis]! && axis !== last);
  const walks = { kept: walkArguments(op, keptWalk), reduced: walkArguments(op, reducedWalk) };
  const rows = sizeOf(reducedWalk.sizes);
  if (isKept[last]) {
    const blocks = Math.ceil(lastSize / COLUMNS);
    const jobs = (outputs / lastSize) * blocks;
    const unitSize = Math.min(COLUMNS, lastSize);
    split(machine, op, 'Columns', {
      x,
      y,
      outputs,
      jobs,
      units: rows,
      unitSize,
      tail: [lastSize, blocks],
      walks,
    });
  } else {
    const segment = Math.min(SEGMENT, lastSize);
    const segments = Math.ceil(lastSize / segment);
    const tail = [lastSize, segment, segments];
    split(machine, op, 'Runs', {
      x,
      y,
      outputs,
      jobs: outputs,
      units: rows * segments,
      unitSize: segment,
      tail,
      walks,
    });
  }
}

interface Plan {
  readonly x: View;
  readonly y: View;
  readonly outputs: number;
  /** Independent jobs before any is split. */
  readonly jobs: number;
  /** Parts that a job consists of and can be split between. */
  readonly units: number;
  /** Elements a unit. */
  readonly unitSize: number;
  readonly tail: readonly number[];
  readonly walks: { readonly kept: readonly number[]; readonly reduced: readonly number[] };
}

/** Launches the jobs, each in one piece of work or split into several with a second job to fold their results. */
function split(machine: Machine, op: Reduction, layout: 'Runs' | 'Columns', plan: Plan): void {
  const { x, y, outputs, jobs, units, unitSize, tail, walks } = plan;
  const work = sizeOf(x.shape);
  const wanted = jobs >= ENOUGH_JOBS ? 1 : Math.min(units, Math.ceil((units * unitSize) / SPLIT));
  const perSplit = Math.ceil(units / wanted);
  const splits = Math.ceil(units / perSplit);
  const target = splits === 1 ? y.address : machine.temporary(8 * outputs * splits);
  const perPiece = Math.max(1, Math.floor(CHUNK / (perSplit * unitSize)));
  const integers = new Array<number>(REDUCED).fill(0);
  const head = [target, x.address, jobs * splits, perPiece, splits, units, perSplit, ...tail];
  integers.splice(0, head.length, ...head);
  integers.splice(KEPT, walks.kept.length, ...walks.kept);
  integers.push(...walks.reduced);
  machine.launch(`${op}${layout}Kernel`, pieces(jobs * splits, perPiece), integers, [], { work });
  if (splits > 1) machine.launch(`${op}FoldKernel`, 1, [y.address, target, outputs, splits]);
}

export const sum: CpuKernel<'sum'> = (machine, [x], [y], { axes }) => reduce(machine, 'sum', x!, y!, axes);

/** NaN if any is NaN; −Infinity where there is nothing. */
export const max: CpuKernel<'max'> = (machine, [x], [y], { axes }) => reduce(machine, 'max', x!, y!, axes);
