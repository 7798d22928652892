import Benchmark from 'benchmark';
import type { Contestant } from './harness.ts';

/** Calls of `body`, timed by benchmark.js in its deferred mode. */
export function timed(name: string, body: () => unknown, close?: () => Promise<void> | void): Contestant {
  const turn = (seconds: number) =>
    new Promise<number[]>((resolve, reject) => {
      new Benchmark(name, {
        defer: true,
        minSamples: 5,
        maxTime: seconds,
        fn: (deferred: { resolve(): void }) => {
          Promise.resolve(body()).then(() => deferred.resolve(), reject);
        },
        onComplete: (event: { target: Benchmark }) => resolve(event.target.stats.sample),
        onError: (event: { target: { error?: unknown } }) => reject(event.target.error),
      }).run({ async: true });
    });
  return close ? { name, turn, close } : { name, turn };
}
