/** Taking turns: every contestant runs a while, then the next, round after round (A B A B …). */

/** Somebody who can be timed. */
export interface Contestant {
  readonly name: string;
  /** Runs for about `seconds` and resolves to the seconds of each run. */
  turn(seconds: number): Promise<number[]>;
  close?(): Promise<void> | void;
}

/** Somebody who could not be: named in the table with the reason, never dropped. */
export interface Missing {
  readonly name: string;
  readonly missing: string;
}

export interface Row {
  readonly name: string;
  readonly missing?: string;
  /** All milliseconds: median and the quantiles asked for (the 10th and 90th percentile) of all runs. */
  readonly median?: number;
  readonly low?: number;
  readonly high?: number;
  readonly runs?: number;
  /** The first contestant's time divided by this one's, paired within each round: median, least, most. */
  readonly ratio?: readonly [number, number, number];
}

export interface Effort {
  readonly rounds: number;
  /** Seconds a turn. */
  readonly seconds: number;
  /** Which quantiles stand beside the median. */
  readonly spread?: readonly [low: number, high: number];
  /** Milliseconds before each turn; 50 if not given. */
  readonly pause?: number;
}

/** Lets everybody take turns, closes them, and compares. The first is the one the others are compared with. */
export async function contest(
  contestants: readonly (Contestant | Missing)[],
  { rounds, seconds, spread = [0.1, 0.9], pause = 50 }: Effort,
): Promise<Row[]> {
  const present = contestants.filter((c): c is Contestant => 'turn' in c);
  const samples = new Map(present.map((c) => [c, [] as number[]]));
  const medians = new Map(present.map((c) => [c, [] as number[]]));
  try {
    for (let round = 0; round < rounds; round++) {
      for (const contestant of present) {
        // Threads that spin after their last job have gone to sleep by then.
        await new Promise((resolve) => setTimeout(resolve, pause));
        const times = await contestant.turn(seconds);
        samples.get(contestant)!.push(...times);
        medians.get(contestant)!.push(quantile(times, 0.5));
      }
    }
  } finally {
    for (const contestant of present) await contestant.close?.();
  }
  const first = contestants[0]!;
  return contestants.map((contestant) => {
    if (!('turn' in contestant)) return contestant;
    const times = samples.get(contestant)!.map((second) => 1e3 * second);
    const row = {
      name: contestant.name,
      median: quantile(times, 0.5),
      low: quantile(times, spread[0]),
      high: quantile(times, spread[1]),
      runs: times.length,
    };
    if (contestant === first || !('turn' in first)) return row;
    const ratios = medians.get(contestant)!.map((median, round) => medians.get(first)![round]! / median);
    return { ...row, ratio: [quantile(ratios, 0.5), Math.min(...ratios), Math.max(...ratios)] as const };
  });
}

/** Linear between the two nearest order statistics. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at - Math.floor(at));
}
