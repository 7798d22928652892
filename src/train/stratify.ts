import { DataError, UsageError } from '../base/errors.ts';
import { Draws, STREAMS } from './draws.ts';
import { byCodeUnits, printable, type RecordingEntry } from './recording.ts';
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

/**
 * Divides recordings into train, validation and test so that all recordings of a group are on one side and
 * every (site, label) pair, and the number of groups of every site, keep their shares; see `divide`. It does not know of recordings that are there twice under two names: give it what
 * `divisible` returns, as `runTraining` does.
 *
 * @throws DataError `split/too-few-groups` when a class has not a group for each part
 * @throws UsageError `split/fractions`, `split/seed`
 */
export function makeSplit(recordings: readonly RecordingEntry[], options: MakeSplitOptions): Split {
  const { seed, fractions = DEFAULT_FRACTIONS, classes } = options;
  checkFractions(fractions);
  const shares = PARTS.map((part) => ({ name: part, share: fractions[part] }));
  const [train, validation, test] = divide(recordings, shares, { seed, ...(classes ? { classes } : {}) });
  const parts = { train: train!, validation: validation!, test: test! };
  return splitOf(parts, seed, { how: 'stratified', fractions });
}

function checkFractions(fractions: Readonly<Record<Part, number>>): void {
  const values = PARTS.map((part) => fractions[part]);
  const sum = values.reduce((total, value) => total + value, 0);
  if (values.every((value) => value > 0) && Math.abs(sum - 1) < 1e-9) return;
  const message = `the parts' shares are ${values.join(', ')}`;
  throw new UsageError('split/fractions', message, 'Each must be above 0, and together they must make 1');
}

/** A part to divide into: what messages call it, and its share of the recordings, above 0. All shares sum to 1. */
export interface Share {
  readonly name: string;
  readonly share: number;
}

export interface DivideOptions {
  readonly seed: number;
  /** Number of the division, where one seed makes several; default 0. */
  readonly step?: number;
  /** Class names by label, for messages. */
  readonly classes?: readonly string[];
  /** What messages begin with, where it is not clear what is divided. */
  readonly where?: string;
  /** What messages call the parts; default: their names. */
  readonly into?: string;
}

/**
 * Divides recordings into any number of parts so that all recordings of a group are in one part, every part
 * has every class, and every (site, label) pair, and the number of groups of every site, keep their shares.
 *
 * The wanted division minimises χ² = Σ (count − target)² / target over strata and parts. Groups are taken
 * largest first (in seeded order among equals), each to the part that raises χ² least; then single groups
 * move while that lowers χ². Same recordings, same seed: same division, whatever the order of the input.
 *
 * @returns ids by part, in the order of `shares`
 * @throws DataError `split/too-few-groups` when a class has not a group for each part · UsageError `split/seed`
 */
export function divide(
  recordings: readonly RecordingEntry[],
  shares: readonly Share[],
  options: DivideOptions,
): string[][] {
  const { seed, step = 0 } = options;
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new UsageError('split/seed', `the seed is ${seed}`, 'Give a whole number from 0 on');
  }
  const { groups, totals } = gather(recordings);
  checkGroups(recordings, groups, shares, options);
  const order = new Draws(seed, STREAMS.split, step).shuffle(groups);
  order.sort((a, b) => b.ids.length - a.ids.length);

  const board = new Board(totals, shares);
  for (const group of order) board.place(group, board.best(group));
  giveEveryPartEveryClass(order, board, shares, options);
  refine(order, board);

  return shares.map((_, part) =>
    order.filter((group) => board.partOf.get(group) === part).flatMap(({ ids }) => ids),
  );
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

function gather(recordings: readonly RecordingEntry[]): { groups: Group[]; totals: number[] } {
  const members = new Map<string, RecordingEntry[]>();
  // Sums of costs are taken in the order of the strata, and their last bits must not depend on the input's order.
  for (const recording of [...recordings].sort((a, b) => byCodeUnits(a.id, b.id))) {
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
      ids: list.map((recording) => recording.id),
      labels: new Set(list.map((recording) => recording.label)),
      adds: [...adds],
    };
  });
  return { groups: groups.sort((a, b) => byCodeUnits(a.name, b.name)), totals };
}

const place = (where: string | undefined) => (where === undefined ? '' : `${where}: `);
const nameOf = (label: number, classes: readonly string[]) => `"${classes[label] ?? label}"`;

function checkGroups(
  recordings: readonly RecordingEntry[],
  groups: readonly Group[],
  shares: readonly Share[],
  { classes = [], where, into = shares.map(({ name }) => name).join(', ') }: DivideOptions,
): void {
  for (const label of new Set(recordings.map((recording) => recording.label))) {
    const count = groups.filter((group) => group.labels.has(label)).length;
    if (count >= shares.length) continue;
    const subjects = count === 1 ? '1 subject' : `${count} subjects`;
    const message = `${place(where)}class ${nameOf(label, classes)} has recordings of ${subjects} only`;
    const hint = `A split into ${into} needs at least ${shares.length} subjects of every class`;
    throw new DataError('split/too-few-groups', printable(message), hint);
  }
}

/** Where groups are, how full that makes each stratum of each part, and what a change would cost. */
class Board {
  /** By index into the shares. */
  readonly partOf = new Map<Group, number>();
  /** How many parts there are. */
  readonly parts: number;
  /** By part and stratum. */
  readonly #counts: readonly number[][];
  readonly #targets: readonly number[][];

  constructor(totals: readonly number[], shares: readonly Share[]) {
    this.parts = shares.length;
    this.#counts = shares.map(() => totals.map(() => 0));
    this.#targets = shares.map(({ share }) => totals.map((total) => total * share));
  }

  place(group: Group, part: number): void {
    const from = this.partOf.get(group);
    for (const [stratum, amount] of group.adds) {
      if (from !== undefined) this.#counts[from]![stratum]! -= amount;
      this.#counts[part]![stratum]! += amount;
    }
    this.partOf.set(group, part);
  }

  /** How much χ² rises when `group`, not counted there yet, comes to `part`. Σ count is fixed, so that
   * (count − target)² / target may be replaced by count² / target. */
  costOfAdding(group: Group, part: number): number {
    const counts = this.#counts[part]!;
    const targets = this.#targets[part]!;
    let cost = 0;
    for (const [stratum, amount] of group.adds) {
      cost += (amount * (2 * counts[stratum]! + amount)) / targets[stratum]!;
    }
    return cost;
  }

  /** How much χ² falls when `group` leaves the part it is in. */
  gainOfRemoving(group: Group): number {
    const part = this.partOf.get(group)!;
    let gain = 0;
    for (const [stratum, amount] of group.adds) {
      gain += (amount * (2 * this.#counts[part]![stratum]! - amount)) / this.#targets[part]![stratum]!;
    }
    return gain;
  }

  best(group: Group): number {
    let best = 0;
    for (let part = 1; part < this.parts; part++)
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
function giveEveryPartEveryClass(
  groups: readonly Group[],
  board: Board,
  shares: readonly Share[],
  { classes = [], where }: DivideOptions,
): void {
  const labels = [...new Set(groups.flatMap((group) => [...group.labels]))].sort((a, b) => a - b);
  for (const label of labels) {
    for (const [part, { name }] of shares.entries()) {
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
        const subject = `a subject of class ${nameOf(label, classes)}`;
        const message = `${place(where)}no way to give ${name} ${subject} without taking a class from another part`;
        throw new DataError(
          'split/too-few-groups',
          printable(message),
          'Add subjects, or give a split of your own',
        );
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
      for (let part = 0; part < board.parts; part++) {
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
