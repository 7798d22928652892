import type { Effort, Row } from './harness.ts';
import type { Peers } from './peers/find.ts';

/** What a question may use. A peer that is not there is the reason why, for the table. */
export interface Bench extends Effort, Omit<Peers, 'close' | 'versions'> {
  /** --peers all: every peer, batch and size, as long as it takes; otherwise what fits into minutes. */
  readonly all: boolean;
  /** A data set given with --data, for questions about real recordings. */
  readonly data: string | null;
  /** A folder that is removed at the end. */
  readonly scratch: string;
}

/** A goal and what it takes to reach it, judged on the rows of its table. */
export interface Goal {
  readonly text: string;
  /** null where it could not be judged, since a peer is missing. */
  readonly met: boolean | null;
}

/** A table of anything but turns: figures as text, with the unit in the head. */
export interface Grid {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A picture of measured points, drawn by plot.ts into docs/benchmarks/`file`.svg. */
export interface Plot {
  readonly file: string;
  /** What it shows, for those who do not see it. */
  readonly alt: string;
  readonly x: { readonly label: string; readonly log: boolean };
  readonly y: { readonly label: string; readonly log: boolean };
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
    /** A fitted line y = factor·x^exponent, dashed below the smallest x that was fitted. */
    readonly fit?: { readonly factor: number; readonly exponent: number; readonly from?: number };
  }[];
}

/** A line of the table at the top of the page, and bars of the picture beside it. Smaller is better. */
export interface Glance {
  readonly what: string;
  readonly unit: 'ms' | 'bytes';
  readonly ours: number;
  readonly others: readonly {
    readonly name: string;
    readonly value: number;
    /** How many times ours: paired where turns were taken, else the quotient of the two. */
    readonly times: number;
  }[];
}

/** One table: of contestants that took turns, or of anything else. */
export interface Answer {
  readonly title: string;
  /**
   * What differs between answers whose contestants have the same names, such as `batch 8, 1 thread`: on the page these
   * are the rows of one table, and the contestants are its columns.
   */
  readonly setting?: string;
  /** Where our time goes. */
  readonly profile?: string;
  /** What of this belongs at the top of the page. */
  readonly glance?: readonly Glance[];
  readonly rows?: readonly Row[];
  readonly grid?: Grid;
  readonly plots?: readonly Plot[];
  readonly goals?: readonly Goal[];
  readonly notes?: readonly string[];
}

/** One file of bench/: a question with one table for every setting. */
export interface Question {
  readonly name: string;
  readonly title: string;
  /** What exactly is timed on each side, for the reader of the table. */
  readonly method: string;
  run(bench: Bench): AsyncIterable<Answer>;
}

/** `pcg-engine` in at most `limit` times the time of the first row whose name starts with `peer`. */
export function ratioGoal(rows: readonly Row[], peer: string, limit: number, text: string): Goal {
  const ratio = rows.find((row) => row.name.startsWith(peer))?.ratio;
  return { text, met: ratio ? ratio[0] <= limit : null };
}

/**
 * What stands at the top of the page of rows whose first is ours; nothing where it is missing. Who is missing there, and is in
 * the rows of a `weaker` setting (fewer threads), stands with that.
 */
export function glanceOf(what: string, rows: readonly Row[], weaker: readonly Row[] = []): Glance[] {
  const [ours, ...others] = rows;
  const mine = ours?.median;
  if (mine === undefined) return [];
  const present = others.flatMap(({ name, median, ratio }) => {
    if (median !== undefined && ratio) return [{ name, value: median, times: 1 / ratio[0] }];
    const value = weaker.find((row) => row.name === name)?.median;
    return value === undefined ? [] : [{ name: `${name}, 1 thread`, value, times: value / mine }];
  });
  return [{ what, unit: 'ms', ours: mine, others: present }];
}

/** Fewer and shorter turns, for settings beside the one that a question is about. */
export function lighter({ rounds, seconds }: Effort): Effort {
  return { rounds: Math.min(rounds, 3), seconds: seconds / 2 };
}

/** `1 thread`, `2 threads`. */
export function threadsOf(count: number): string {
  return `${count} thread${count > 1 ? 's' : ''}`;
}
