/** How time and memory grow with the length of a recording and with their number. */
import { availableParallelism } from 'node:os';
import { cpu } from 'pcg-engine';
import { defaultFeatureSettings, FeatureExtractor } from 'pcg-engine/dsp';
import { loadExamples, loadModel, predictFiles, readSound, scanDataset } from 'pcg-engine/train';
import { CLI, ran, untrainedModel } from '../process.ts';
import type { Answer, Bench } from '../question.ts';
import { medians, memories } from './measure.ts';
import { threadsNamed } from './network.ts';
import type { Child } from './process.ts';
import { dataSets, longRecording } from './sounds.ts';
import { answerOf } from './table.ts';

export async function lengthGrowth(child: Child, bench: Bench): Promise<Answer> {
  const sizes = bench.all ? [5, 15, 60, 300, 900, 1800, 3600, 7200] : [5, 60, 300, 900];
  const paths = sizes.map((seconds) => longRecording(bench.scratch, seconds));
  const model = await untrainedModel(bench.scratch);
  const backend = await cpu({ threads: 1 });
  try {
    const loaded = loadModel(model, backend);
    const extractor = new FeatureExtractor(defaultFeatureSettings);
    const features = async (path: string) => {
      const { samples, sampleRate } = await readSound({ id: path, path }, defaultFeatureSettings);
      extractor.extract(samples, sampleRate);
    };
    const predict = async (path: string) => {
      for await (const result of predictFiles(loaded, [path])) {
        if ('error' in result) throw new Error(result.error.message);
      }
    };
    const times = await medians(
      [...paths.map((path) => () => features(path)), ...paths.map((path) => () => predict(path))],
      bench,
    );
    const n = sizes.length;
    const longest = ran([CLI, 'predict', model, paths.at(-1)!]);
    return answerOf({
      file: 'length',
      title: 'Length of a recording: 16 bits, mono, 2 kHz, 1 thread',
      axis: 'seconds of sound',
      one: 'second',
      sizes,
      curves: [
        { name: 'features', unit: 'ms', values: times.slice(0, n) },
        { name: 'predict', unit: 'ms', values: times.slice(n) },
        {
          name: 'features, process',
          unit: 'MB',
          values: await memories(
            child,
            paths.map((path, i) => ({ task: 'features', size: sizes[i]!, path })),
          ),
        },
        {
          name: 'predict, process',
          unit: 'MB',
          values: await memories(
            child,
            paths.map((path, i) => ({ task: 'predict', size: sizes[i]!, path, model })),
          ),
        },
      ],
      notes: [
        'Up to 32 windows (80 s of sound) are judged at once: from there on the memory for it stays the same.',
        `\`pcg-engine predict\` on the longest (${sizes.at(-1)} s of sound), the whole process: ${longest.seconds.toFixed(2)} s, ` +
          `${longest.peak.toFixed(0)} MB in all.`,
      ],
    });
  } finally {
    await backend.close();
  }
}

/** The average of CinC 2016. */
const SECONDS = 22;

export async function countGrowth(child: Child, bench: Bench): Promise<Answer> {
  const sizes = bench.all ? [25, 50, 100, 200, 400, 800] : [25, 100, 400, 800];
  const threads = availableParallelism();
  const roots = dataSets(bench.scratch, sizes, SECONDS);
  const sets = roots.map((root) => scanDataset(root).recordings);
  const times = await medians(
    [
      ...sets.map((recordings) => () => loadExamples(recordings, defaultFeatureSettings, { threads })),
      ...roots.map((root) => () => scanDataset(root)),
    ],
    bench,
  );
  return answerOf({
    file: 'recordings',
    title: `Number of recordings: ${SECONDS} s each, ${threadsNamed()}`,
    axis: 'recordings',
    one: 'recording',
    sizes,
    curves: [
      { name: 'features of all', unit: 'ms', values: times.slice(0, sizes.length) },
      { name: 'finding them', unit: 'ms', values: times.slice(sizes.length) },
      {
        name: 'features, process',
        unit: 'MB',
        values: await memories(
          child,
          roots.map((path, i) => ({ task: 'extract', size: sizes[i]!, path, threads })),
        ),
      },
    ],
    notes: [
      'Threads are started for every pass, and the process ends with the features of all recordings in memory, ' +
        `${((64 * 40 * SECONDS * 4) / 1e6).toFixed(2)} MB each.`,
    ],
  });
}
