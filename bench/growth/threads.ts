/** What more threads bring. */
import { availableParallelism } from 'node:os';
import { defaultFeatureSettings } from 'pcg-engine/dsp';
import { loadExamples, scanDataset } from 'pcg-engine/train';
import { batchOf, Ours } from '../network.ts';
import type { Answer, Bench } from '../question.ts';
import { digits } from '../text.ts';
import { medians } from './measure.ts';
import { dataSets } from './sounds.ts';

const BATCH = 32;
const RECORDINGS = 400;
const SECONDS = 22;

/** All counts up to 4, then doubled, and the last. */
export function threadCounts(most: number): number[] {
  const counts = [1, 2, 3, 4, ...Array.from({ length: 10 }, (_, i) => 8 << i)];
  return [...counts.filter((count) => count < most), most];
}

export async function threadGrowth(bench: Bench): Promise<Answer> {
  const counts = threadCounts(availableParallelism());
  const [root] = dataSets(bench.scratch, [RECORDINGS], SECONDS);
  const { recordings } = scanDataset(root!);
  const batch = batchOf(BATCH);
  const networks: Ours[] = [];
  try {
    for (const threads of counts) networks.push(await Ours.start('pcg-lite', threads));
    const times = await medians(
      [
        ...networks.map((network) => () => network.train(batch)),
        ...networks.map((network) => () => network.infer(batch)),
        ...counts.map((threads) => () => loadExamples(recordings, defaultFeatureSettings, { threads })),
      ],
      bench,
    );
    return threadAnswer(counts, [
      { name: `training step, batch ${BATCH}`, times: times.slice(0, counts.length) },
      { name: `inference, batch ${BATCH}`, times: times.slice(counts.length, 2 * counts.length) },
      { name: `features of ${RECORDINGS} recordings`, times: times.slice(2 * counts.length) },
    ]);
  } finally {
    for (const network of networks) await network.close();
  }
}

/** @param tasks milliseconds for each count of threads, of which the first is 1 */
export function threadAnswer(
  counts: readonly number[],
  tasks: readonly { readonly name: string; readonly times: readonly number[] }[],
): Answer {
  const most = counts.at(-1)!;
  return {
    title: `Threads: 1 to ${most}, pcg-lite`,
    grid: {
      head: ['threads', ...tasks.flatMap(({ name }) => [`${name}, ms`, 'efficiency'])],
      rows: counts.map((count, i) => [
        String(count),
        ...tasks.flatMap(({ times }) => [
          digits(times[i]!),
          `${((100 * times[0]!) / (count * times[i]!)).toFixed(0)} %`,
        ]),
      ]),
    },
    plots: [
      {
        file: 'growth-threads',
        alt: `How many times as fast as with one thread: ${tasks
          .map(({ name, times }) => `${name} ${(times[0]! / times.at(-1)!).toFixed(2)} times with ${most}`)
          .join('; ')}.`,
        x: { label: 'threads', log: false },
        y: { label: 'times as fast as with one thread', log: false },
        series: [
          ...tasks.map(({ name, times }) => ({
            name,
            points: counts.map((count, i) => [count, times[0]! / times[i]!] as const),
          })),
          { name: 'ideal', points: counts.map((count) => [count, count] as const) },
        ],
      },
    ],
    notes: [
      'Efficiency: time with one thread divided by threads × time with them. Extraction starts its threads in every pass; ' +
        'with one it runs in the thread that asks.',
    ],
  };
}
