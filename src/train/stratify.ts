import { DataError, UsageError } from '../base/errors.ts';
import { Draws, STREAMS } from './draws.ts';
import { byCodeUnits, type RecordingEntry } from './recording.ts';
import { PARTS, type Part, type Split, splitOf } from './split.ts';

/** 80/20, and a fifth of the 80 for validation. */
export const DEFAULT_FRACTIONS: Readonly<Record<Part, number>> = { train: 0.64, validation: 0.16, test: 0.2 };

export interface MakeSplitOptions {
  readonly seed: number;
  /** Share of the recordings by part; sums to 1. */
  readonly fractions?: Readonly<Record<Part, number>>;
  /** Class names by label, for messages. */
  readonly classes?: readonly string[];
}

/** Recordings that stay together, and what they add to each stratum. */
interface Group {
  readonly name: string;
  readonly ids: readonly string[];
  /** Class labels in the group. */
  readonly labels: ReadonlySet<number>;
  /** [stratum, amount] pairs. */
  readonly adds: readonly (readonly [number, number])[];
}

/**
 * Divides recordings into train, validation and test so that all recordings of a group are on one side and
 * every (site, label) pair, and the number of groups of every site, keep their shares.
 *
 * The wanted division minimises χ² = Σ (count − target)² / target over strata and parts. Groups are taken
 * largest first (in seeded order among equals), each to the part that raises χ² least; then single groups
 * move while that lowers χ². Same recordings, same seed: same split, whatever the order of the input.
 *
 * @throws DataError `split/too-few-groups` when a class has not a group for each part
 * @throws UsageError `split/fractions`
 */
export function makeSplit(recordings: readonly RecordingEntry[], options: MakeSplitOptions): Split {
  const fractions = options.fractions ?? DEFAULT_FRACTIONS;
  checkFractions(fractions);
  const { groups, totals } = gather(recordings);
  checkGroups(recordings, groups, options.classes);
  const order = new Draws(options.seed, STREAMS.split).shuffle(groups);
  order.sort((a, b) => b.ids.length - a.ids.length);

  const board = new Board(totals, fractions);
  for (const group of order) board.place(group, board.best(group));
  giveEveryPartEveryClass(order, board);
  refine(order, board);

  const idsOf = (part: Part) =>
    order.filter((group) => board.partOf.get(group) === part).flatMap(({ ids }) => ids);
  return splitOf(
    { train: idsOf('train'), validation: idsOf('validation'), test: idsOf('test') },
    options.seed,
  );
}

function checkFractions(fractions: Readonly<Record<Part, number>>): void {
  const values = PARTS.map((part) => fractions[part]);
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.every((value) => value > 0) && Math.abs(sum - 1) < 1e-9) return;
  const message = `the parts' shares are ${values.join(', ')}`;
  throw new UsageError('split/fractions', message, 'Each must be above 0, and together they must make 1');
}

function gather(recordings: readonly RecordingEntry[]): { groups: Group[]; totals: number[] } {
  const members = new Map<string, RecordingEntry[]>();
  for (const recording of recordings) {
    const list = members.get(recording.group);
    if (list) list.push(recording);
    else members.set(recording.group, [recording]);
  }
  const strata = new Map<string, number>();
  const totals: number[] = [];
  const groups = [...members].map(([name, list]): Group => {
    const adds = new Map<number, number>();
    const add = (key: string) => {
      const stratum = strata.get(key) ?? strata.size;
      strata.set(key, stratum);
      totals[stratum] = (totals[stratum] ?? 0) + 1;
      adds.set(stratum, (adds.get(stratum) ?? 0) + 1);
    };
    for (const { site, label } of list) add(`recordings ${label} ${site}`);
    for (const site of new Set(list.map((recording) => recording.site))) add(`groups ${site}`);
    return {
      name,
      ids: list.map((recording) => recording.id).sort(byCodeUnits),
      labels: new Set(list.map((recording) => recording.label)),
      adds: [...adds],
    };
  });
  return { groups: groups.sort((a, b) => byCodeUnits(a.name, b.name)), totals };
}

function checkGroups(
  recordings: readonly RecordingEntry[],
  groups: readonly Group[],
  classes: readonly string[] | undefined,
): void {
  for (const label of new Set(recordings.map((recording) => recording.label))) {
    const count = groups.filter((group) => group.labels.has(label)).length;
    if (count >= PARTS.length) continue;
    const message = `class "${classes?.[label] ?? label}" has recordings of ${count} ${count === 1 ? 'subject' : 'subjects'} only`;
    const hint = `A split into ${PARTS.join(', ')} needs at least ${PARTS.length} subjects of every class`;
    throw new DataError('split/too-few-groups', message, hint);
  }
}

/** Where groups are, how full that makes each stratum of each part, and what a change would cost. */
class Board {
  readonly partOf = new Map<Group, Part>();
  readonly #counts: Record<Part, number[]>;
  readonly #targets: Record<Part, number[]>;

  constructor(totals: readonly number[], fractions: Readonly<Record<Part, number>>) {
    const zeros = () => totals.map(() => 0);
    const targets = (part: Part) => totals.map((total) => total * fractions[part]);
    this.#counts = { train: zeros(), validation: zeros(), test: zeros() };
    this.#targets = { train: targets('train'), validation: targets('validation'), test: targets('test') };
  }

  place(group: Group, part: Part): void {
    const from = this.partOf.get(group);
    for (const [stratum, amount] of group.adds) {
      if (from) this.#counts[from][stratum]! -= amount;
      this.#counts[part][stratum]! += amount;
    }
    this.partOf.set(group, part);
  }

  /** How much χ² rises when `group`, not counted there yet, comes to `part`. Σ count is fixed, so that
   * (count − target)² / target may be replaced by count² / target. */
  costOfAdding(group: Group, part: Part): number {
    let cost = 0;
    for (const [stratum, amount] of group.adds) {
      cost += (amount * (2 * this.#counts[part][stratum]! + amount)) / this.#targets[part][stratum]!;
    }
    return cost;
  }

  /** How much χ² falls when `group` leaves the part it is in. */
  gainOfRemoving(group: Group): number {
    const part = this.partOf.get(group)!;
    let gain = 0;
    for (const [stratum, amount] of group.adds) {
      gain += (amount * (2 * this.#counts[part][stratum]! - amount)) / this.#targets[part][stratum]!;
    }
    return gain;
  }

  best(group: Group): Part {
    let best: Part = PARTS[0];
    for (const part of PARTS)
      if (this.costOfAdding(group, part) < this.costOfAdding(group, best)) best = part;
    return best;
  }

  /** Whether the part would still have every class of `group` without it. */
  canSpare(group: Group, groups: readonly Group[]): boolean {
    const part = this.partOf.get(group);
    return [...group.labels].every((label) =>
      groups.some((other) => other !== group && this.partOf.get(other) === part && other.labels.has(label)),
    );
  }
}

/** Small data sets can leave a part without a class; the cheapest group that its part can spare moves in. */
function giveEveryPartEveryClass(groups: readonly Group[], board: Board): void {
  const labels = [...new Set(groups.flatMap((group) => [...group.labels]))].sort((a, b) => a - b);
  for (const label of labels) {
    for (const part of PARTS) {
      if (groups.some((group) => board.partOf.get(group) === part && group.labels.has(label))) continue;
      let best: Group | undefined;
      let least = Number.POSITIVE_INFINITY;
      for (const group of groups) {
        if (!group.labels.has(label) || !board.canSpare(group, groups)) continue;
        const change = board.costOfAdding(group, part) - board.gainOfRemoving(group);
        if (change >= least) continue;
        best = group;
        least = change;
      }
      if (!best) {
        const message = `no way to give ${part} a subject of class ${label} without taking a class from another part`;
        throw new DataError('split/too-few-groups', message, 'Add subjects, or give a split of your own');
      }
      board.place(best, part);
    }
  }
}

/** Moves single groups while that lowers χ² clearly; never so that a part loses a class. */
function refine(groups: readonly Group[], board: Board): void {
  for (let round = 0; round < 20; round++) {
    let moved = false;
    for (const group of groups) {
      const gain = board.gainOfRemoving(group);
      for (const part of PARTS) {
        if (part === board.partOf.get(group)) continue;
        if (board.costOfAdding(group, part) >= gain - 1e-9 || !board.canSpare(group, groups)) continue;
        board.place(group, part);
        moved = true;
        break;
      }
    }
    if (!moved) return;
  }
}
