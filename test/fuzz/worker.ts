/** The worker of `npm run fuzz`: reads damaged files until it is told to stop or finds something. */
import { parentPort, workerData } from 'node:worker_threads';
import { findingOf } from './check.ts';
import { Mutator } from './mutate.ts';
import { TARGETS } from './targets.ts';

interface Job {
  readonly target: string;
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** [inputs done, bytes of the input under way]; the watch in the main thread looks at the first. */
  readonly progress: Int32Array;
  /** The input under way, for when this thread never comes back. */
  readonly current: Uint8Array;
}

const { target: name, seed, first, count, progress, current } = workerData as Job;
const target = TARGETS.find((each) => each.name === name)!;
const mutator = new Mutator(seed, target);
for (let n = first; n < first + count; n++) {
  const input = mutator.input(n);
  current.set(input);
  Atomics.store(progress, 1, input.length);
  const finding = findingOf(target, input);
  if (finding) parentPort!.postMessage({ ...finding, n, input });
  Atomics.add(progress, 0, 1);
}
