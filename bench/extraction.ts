import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { normalValues } from 'pcg-engine';
import { defaultFeatureSettings, type FeatureSettings, writeWav16 } from 'pcg-engine/dsp';
import { FeatureCache, loadExamples, type RecordingEntry, scanDataset } from 'pcg-engine/train';
import { type Contestant, contest, type Missing, type Row } from './harness.ts';
import { Python } from './peers/python.ts';
import { type Bench, type Goal, glanceOf, type Question, ratioGoal } from './question.ts';

/** librosa has nothing against spikes, and so both sides leave them in where they are compared. */
const settings: FeatureSettings = { ...defaultFeatureSettings, removeSpikes: false };
/** Made-up recordings: as many, and as long, as the average of CinC 2016. */
const MADE_UP = { recordings: 200, seconds: 22 };
/** Recordings whose features are compared before anything is timed. */
const COMPARED = 12;
/** Largest difference of standardised features: librosa transforms in float32. */
const TOLERANCE = 0.02;

/** Noise of changing loudness, in files. */
function madeUp(scratch: string): RecordingEntry[] {
  const folder = join(scratch, 'recordings');
  mkdirSync(folder, { recursive: true });
  return Array.from({ length: MADE_UP.recordings }, (_, i) => {
    const path = join(folder, `${i}.wav`);
    const noise = normalValues(MADE_UP.seconds * 2000, { seed: 7, stream: i });
    const sound = Float32Array.from(noise, (v, k) =>
      Math.max(-1, Math.min(1, 0.1 * v * (1 + ((k >> 9) % 4)))),
    );
    writeFileSync(path, writeWav16(sound, 2000));
    return { id: String(i), path, site: 's', group: String(i), label: 0 };
  });
}

/** Whole passes, each from the files to the features of all. */
function passes(name: string, pass: () => Promise<unknown>): Contestant {
  const turn = async (seconds: number) => {
    const times: number[] = [];
    const end = performance.now() + 1e3 * seconds;
    do {
      const start = performance.now();
      await pass();
      times.push((performance.now() - start) / 1e3);
    } while (performance.now() < end);
    return times;
  };
  return { name, turn };
}

/** Why the peer's features are not ours; null where they are. */
async function disagreement(peer: Python, recordings: readonly RecordingEntry[], scratch: string) {
  const some = recordings.slice(0, COMPARED);
  const list = writeList(scratch, 'some.txt', some);
  const output = join(scratch, 'features.f32');
  const lengths = await peer.ask<number[]>({ command: 'features', list, settings, output });
  const bytes = readFileSync(output);
  const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const { examples } = await loadExamples(some, settings, { threads: 1 });
  let at = 0;
  let worst = 0;
  for (const [i, { data }] of examples.entries()) {
    if (data.length !== lengths[i]) return `gives ${lengths[i]} values of ${some[i]!.id}, not ${data.length}`;
    for (const value of data) worst = Math.max(worst, Math.abs(value - theirs[at++]!));
  }
  return worst <= TOLERANCE ? null : `gives other features, off by ${worst}`;
}

function writeList(scratch: string, name: string, recordings: readonly RecordingEntry[]): string {
  const path = join(scratch, name);
  writeFileSync(path, recordings.map((each) => each.path).join('\n'));
  return path;
}

function within(rows: readonly Row[], name: string, limit: number, text: string): Goal {
  const median = rows.find((row) => row.name.startsWith(name))?.median;
  return { text, met: median === undefined ? null : median < 1e3 * limit };
}

async function* answers(bench: Bench) {
  const { data, scratch } = bench;
  const dataset = data === null ? null : scanDataset(data);
  const recordings = dataset?.recordings ?? madeUp(scratch);
  const peer = bench.pythonPath
    ? await Python.start(bench.pythonPath, 'bench/peers/extraction.py')
    : 'no Python given (--peers python=…)';
  const name =
    typeof peer === 'string' ? 'librosa' : `librosa ${peer.versions.librosa}, SciPy ${peer.versions.scipy}`;
  const wrong = typeof peer === 'string' ? peer : await disagreement(peer, recordings, scratch);
  const list = writeList(scratch, 'all.txt', recordings);
  const load = (features: FeatureSettings, threads: number, cache?: FeatureCache) =>
    loadExamples(recordings, features, { threads, cache });
  try {
    for (const threads of [1, 2].filter((count) => count <= availableParallelism())) {
      const folder = join(scratch, `cache-${threads}`);
      const theirs: Contestant | Missing =
        typeof peer === 'string' || wrong !== null
          ? { name, missing: wrong! }
          : {
              name,
              turn: (seconds) =>
                peer.ask<number[]>({ command: 'time', list, settings, processes: threads, seconds }),
            };
      const everything = `pcg-engine, ${data === null ? '' : 'found, '}hashed, spikes removed`;
      const { seconds } = await load(defaultFeatureSettings, threads, new FeatureCache(folder));
      const rows = await contest(
        [
          passes('pcg-engine', () => load(settings, threads)),
          theirs,
          passes(everything, async () => {
            if (data !== null) scanDataset(data);
            rmSync(join(scratch, 'cold'), { recursive: true, force: true });
            return load(defaultFeatureSettings, threads, new FeatureCache(join(scratch, 'cold')));
          }),
          passes('pcg-engine, known from an earlier run', async () => {
            if (data !== null) scanDataset(data);
            return load(defaultFeatureSettings, threads, new FeatureCache(folder));
          }),
        ],
        dataset ? bench : { ...bench, rounds: Math.min(bench.rounds, 3) },
      );
      const what = dataset ? 'CinC 2016' : 'made-up noise';
      const hours = (seconds / 3600).toFixed(1);
      const unit = threads === 1 ? 'thread or process' : 'threads or processes';
      yield {
        title: `${recordings.length} recordings of ${what}, ${hours} h, ${threads} ${unit}`,
        rows,
        ...(threads === 2
          ? { glance: glanceOf(`Features of ${hours} h of recordings, 2 threads`, rows.slice(0, 2)) }
          : {}),
        goals: [
          ratioGoal(rows, 'librosa', 0.2, 'five times as fast as librosa'),
          ...(dataset && threads === 2
            ? [
                within(rows, everything, 60, 'cold in under 60 s'),
                within(rows, 'pcg-engine, known', 3, 'from the cache in under 3 s'),
              ]
            : []),
        ],
      };
    }
  } finally {
    if (typeof peer !== 'string') peer.close();
  }
}

export const extractionQuestion: Question = {
  name: 'extraction',
  title: 'Features of a data set',
  method:
    'From WAV files (16 bits, mono, 2 kHz) to standardised log-mels: 2nd-order Butterworth band-pass of 20–900 Hz forward ' +
    'and backward, RMS, n_fft 256, hop 50, 64 Slaney bands over 20–900 Hz, in decibels, each band to mean 0 and deviation 1. ' +
    `The same by soundfile, SciPy and librosa; features of ${COMPARED} recordings agree within ${TOLERANCE} of a ` +
    'standard deviation (librosa transforms in float32). Neither side removes spikes in the first two rows. Ours starts its ' +
    'threads in every pass, hashes files and samples, and has all features in one process in the end; theirs are made by ' +
    'processes that are up already, and stay there. The files are in the page cache. Third row: our defaults with an empty ' +
    'cache that is filled on the way, from looking for the files on; last row: with that cache full.',
  run: answers,
};
