import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeWav16 } from '../../../src/dsp/index.ts';
import { scanDataset } from '../../../src/train/dataset.ts';
import { inspectDataset } from '../../../src/train/inspect/inspect.ts';
import { Interruption } from '../../../src/train/interruption.ts';
import { synthDataset } from '../../../src/train/synth/index.ts';
import { mapAt } from '../../../src/train/workers/map.ts';
import { TASKS } from '../../../src/train/workers/tasks.ts';
import { write } from '../../cli/support.ts';
import { temporaryFolder } from '../temporary.ts';
import { bundleWorker } from '../workers-bundle.ts';
import { codes, noises, one } from './found.ts';
import { datasetOf, floatWav, hearts, held, noise, RATE } from './sounds.ts';

describe('counts', () => {
  it('are by class, site, location, sex and age', async () => {
    const recordings = noises(12, (i) => ({
      site: i < 8 ? 'a' : 'b',
      label: i % 2,
      group: `g${i >> 1}`,
      ...(i < 4 ? { sex: 'female' as const, location: 'AV', age: 20 + i } : {}),
      ...(i === 11 ? { sqi: 0 } : { sqi: 1 }),
    }));
    const { counts } = await inspectDataset(datasetOf(recordings));
    expect(counts.total).toEqual({ name: 'all', recordings: 12, byClass: [6, 6], subjects: 6, seconds: 24 });
    expect(counts.bySite).toEqual([
      { name: 'a', recordings: 8, byClass: [4, 4], subjects: 4, seconds: 16 },
      { name: 'b', recordings: 4, byClass: [2, 2], subjects: 2, seconds: 8 },
    ]);
    expect(counts.bySex.map(({ name, recordings: n }) => [name, n])).toEqual([
      ['female', 4],
      ['not said', 8],
    ]);
    expect(counts.byAge.map(({ name }) => name)).toEqual(['20–29', 'not said']);
    expect(counts.byLocation.map(({ name }) => name)).toEqual(['AV', 'not said']);
    expect(counts.byQuality.map(({ name, recordings: n }) => [name, n])).toEqual([
      ['good', 11],
      ['too noisy', 1],
    ]);
    expect(counts.recordingsPerSubject).toMatchObject({ count: 6, min: 2, max: 2 });
    expect(counts.subjectsOfSeveralClasses).toEqual(['g0', 'g1', 'g2', 'g3', 'g4', 'g5']);
    expect(counts.patients).toBeNull();
  });
});

describe('shortcuts', () => {
  it('say how far the site alone gets, on subjects that were not seen', async () => {
    // at a 80 % are abnormal, at b 20 %
    const recordings = noises(100, (i) => ({
      site: i < 50 ? 'a' : 'b',
      label: (i % 5 === 0) === i < 50 ? 0 : 1,
    }));
    const inspection = await inspectDataset(datasetOf(recordings));
    expect(inspection.shortcuts[0]).toEqual({
      fact: 'site',
      macc: 0.8,
      auc: expect.closeTo(0.8, 1),
      rule: '"abnormal" at a, else "normal"',
      values: 2,
    });
    expect(one(inspection, 'shortcut-site')).toMatchObject({ severity: 'serious' });
    expect(one(inspection, 'shortcut-site')!.text).toContain(
      'only recognises the stethoscope (the site) gets MAcc 0.80',
    );
  });

  it('gain nothing from a fact that is different for everybody', async () => {
    const recordings = noises(60, (i) => ({ site: `site ${i}`, label: i % 2 }));
    const { shortcuts } = await inspectDataset(datasetOf(recordings));
    expect(shortcuts.find(({ fact }) => fact === 'site')).toMatchObject({ macc: 0.5, values: 60 });
  });

  it('find that one class is louder', async () => {
    const recordings = noises(60, (i) => ({ label: i % 2 })).map((each) => ({
      ...each,
      samples: each.samples.map((x) => x * (each.label === 1 ? 1 : 0.3)),
    }));
    const { shortcuts } = await inspectDataset(datasetOf(recordings));
    expect(shortcuts[0]).toMatchObject({ fact: 'level', macc: 1 });
  });

  it('of the sound are judged on the recordings that can be read', async () => {
    const recordings = noises(60, (i) => ({ label: i % 2 })).map((each) => ({
      ...each,
      sampleRate: each.label === 1 ? 4000 : RATE,
    }));
    const gone = { id: 'gone', path: '/nowhere/gone.wav', site: 's', group: 'gone', label: 0 };
    const { shortcuts, unreadable } = await inspectDataset(datasetOf([...recordings, gone]));
    expect(unreadable).toHaveLength(1);
    expect(shortcuts.filter(({ macc }) => macc === 1).map(({ fact }) => fact)).toEqual([
      'duration',
      'sample rate',
    ]);
    const whole = await inspectDataset(datasetOf(recordings));
    expect(shortcuts.map(({ fact }) => fact).sort()).toEqual(whole.shortcuts.map(({ fact }) => fact).sort());
  });

  it('of the sound are none where recordings of one class alone can be read', async () => {
    const recordings = noises(10, (i) => ({ label: 0, site: `s${i % 2}` }));
    const gone = [0, 1, 2].map((i) => ({
      id: `gone ${i}`,
      path: '/nowhere/gone.wav',
      site: `s${i % 2}`,
      group: `gone ${i}`,
      label: 1,
    }));
    const { shortcuts } = await inspectDataset(datasetOf([...recordings, ...gone]));
    expect(shortcuts.map(({ fact }) => fact)).toEqual(['site']);
  });

  it('count what the source leaves out as a value of its own', async () => {
    const recordings = noises(60, (i) => ({ label: i % 2, ...(i % 2 ? { sex: 'female' as const } : {}) }));
    const { shortcuts } = await inspectDataset(datasetOf(recordings));
    expect(shortcuts[0]).toMatchObject({ fact: 'sex', macc: 1, values: 2 });
  });

  it('are means of recalls over three classes', async () => {
    const recordings = noises(30, (i) => ({ site: `s${i % 3}`, label: i % 3 }));
    const inspection = await inspectDataset(datasetOf(recordings, ['none', 'some', 'much']));
    expect(inspection.shortcuts[0]).toMatchObject({ fact: 'site', macc: 1, auc: null });
    expect(inspection.counts.total.byClass).toEqual([10, 10, 10]);
    expect(inspection.sound.byClass.map(({ name }) => name)).toEqual(['none', 'some', 'much']);
    expect(codes(inspection)).toContain('one-class-sites');
  });

  it('are none where there is one class or one site', async () => {
    const single = await inspectDataset(datasetOf(noises(6, () => ({ label: 1 }))));
    expect(single.shortcuts).toEqual([]);
    expect(one(single, 'one-class')).toMatchObject({ severity: 'serious' });
    const here = await inspectDataset(datasetOf(noises(6, (i) => ({ label: i % 2 }))));
    expect(here.shortcuts.map(({ fact }) => fact)).not.toContain('site');
  });
});

describe('sound', () => {
  const [heart] = hearts(1, 10);
  const planted = {
    fine: (x: Float32Array) => x,
    clipped: (x: Float32Array) => x.map((v) => Math.max(-0.1, Math.min(0.1, 2 * v))),
    offset: (x: Float32Array) => x.map((v) => v / 2 + 0.05),
    quiet: (x: Float32Array) => x.map((v) => v / 500),
    silent: (x: Float32Array) => x.map((v, i) => (i < x.length / 2 ? v : 0)),
    flat: (x: Float32Array) => x.map(() => 0.125),
  };

  it('lists what was planted, and names it', async () => {
    const base = hearts(6, 10);
    const recordings = Object.entries(planted).map(([name, change], i) =>
      held(name, Float32Array.from(change(base[i]!.samples))),
    );
    const inspection = await inspectDataset(datasetOf(recordings));
    for (const [code, names] of [
      ['clipped', ['clipped']],
      ['dc-offset', ['flat', 'offset']],
      ['quiet', ['quiet']],
      ['silent', ['flat', 'silent']],
      ['flat', ['flat']],
    ] as const)
      expect(one(inspection, code)?.examples, code).toEqual(names);
    const soundOf = (name: string) => inspection.recordings.find(({ record }) => record === name)!.sound!;
    expect(soundOf('silent').silentPercent).toBeGreaterThanOrEqual(50);
    const shifted = recordings.find(({ id }) => id === 'offset')!.samples;
    const mean = shifted.reduce((sum, x) => sum + x, 0) / shifted.length;
    expect(mean).toBeGreaterThan(0.04);
    expect(soundOf('offset').dcPercent).toBeCloseTo(100 * mean, 3);
    expect(soundOf('flat')).toMatchObject({ rmsDb: null, dcPercent: 12.5, silentPercent: 100 });
    expect(inspection.sound.outliers.find(({ what }) => what === 'quietest')!.records[0]!.record).toBe(
      'quiet',
    );
  });

  it('counts durations in bins that hold them all', async () => {
    const recordings = [1, 2, 2, 3, 30].map((seconds, i) =>
      held(`r${i}`, noise(seconds * RATE, 0.3, i), { label: i % 2 }),
    );
    const { sound } = await inspectDataset(datasetOf(recordings));
    const { byClass, from } = sound.durations;
    expect(byClass.flat().reduce((sum, n) => sum + n, 0)).toBe(5);
    expect(from).toHaveLength(byClass[0]!.length);
    expect(sound.total.seconds).toMatchObject({ min: 1, median: 2, max: 30 });
  });

  it('is heard at its own rate where it lives in memory', async () => {
    const inspection = await inspectDataset(
      synthDataset({ recordings: 2, seconds: 5, sampleRate: 4000, seed: 1 }),
    );
    for (const { sound } of inspection.recordings)
      expect(sound).toMatchObject({ sampleRate: 4000, seconds: 5 });
  });

  it('takes the worst channel, and samples that are no numbers as none', async () => {
    const samples = heart!.samples.slice();
    samples[100] = Number.NaN;
    samples[200] = Number.POSITIVE_INFINITY;
    const inspection = await inspectDataset(datasetOf([held('bad', samples)]));
    expect(inspection.recordings[0]!.sound).toMatchObject({ notFinite: 2 });
    expect(Number.isFinite(inspection.recordings[0]!.sound!.rmsDb)).toBe(true);
    expect(one(inspection, 'not-finite')).toMatchObject({ severity: 'serious', examples: ['bad'] });
  });
});

describe('files', () => {
  const wav = (seed: number, seconds = 3) => writeWav16(noise(seconds * RATE, 0.4, seed), RATE);
  function folder(files: Readonly<Record<string, Uint8Array | string>>): string {
    const root = temporaryFolder();
    for (const [name, content] of Object.entries(files)) write(join(root, name), content);
    return root;
  }

  it('that cannot be read are listed with the reason and stop nothing', async () => {
    const root = folder({
      'normal/a.wav': wav(1),
      'normal/empty.wav': '',
      'normal/text.wav': 'this is not a recording at all',
      'abnormal/b.wav': wav(2),
      'abnormal/half.wav': wav(3).subarray(0, 30),
    });
    const inspection = await inspectDataset(scanDataset(root));
    expect(inspection.unreadable.map(({ record, code }) => [record, code])).toEqual([
      ['abnormal/half', expect.stringMatching(/^wav\//)],
      ['normal/empty', expect.stringMatching(/^wav\//)],
      ['normal/text', 'wav/not-a-wav'],
    ]);
    expect(inspection.findings[0]).toMatchObject({ code: 'unreadable', severity: 'serious', count: 3 });
    expect(inspection.recordings.map(({ sound }) => sound !== null)).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(inspection.counts.total).toMatchObject({ recordings: 5, seconds: 6 });
  });

  it('of which none can be read still give counts', async () => {
    const root = folder({ 'normal/a.wav': 'x', 'abnormal/b.wav': 'y' });
    const inspection = await inspectDataset(scanDataset(root));
    expect(inspection.sound.total).toMatchObject({ recordings: 0, seconds: null, rmsDb: null });
    expect(inspection.unreadable).toHaveLength(2);
    expect(inspection.shared.pairs).toEqual([]);
  });

  it('that are copies, by bytes or by samples, are sets with their subjects and labels', async () => {
    const bytes = wav(1);
    const other = new Uint8Array(bytes.length + 10);
    other.set(bytes);
    other.set(new TextEncoder().encode('note\u0002\u0000\u0000\u0000hi'), bytes.length);
    new DataView(other.buffer).setUint32(4, other.length - 8, true);
    const root = folder({
      'normal/a.wav': bytes,
      'normal/b.wav': bytes,
      'abnormal/c.wav': other,
      'normal/d.wav': wav(2),
    });
    const inspection = await inspectDataset(scanDataset(root));
    expect(inspection.copies).toEqual([
      expect.objectContaining({ kind: 'same-file', records: ['normal/a', 'normal/b'], classes: ['normal'] }),
      expect.objectContaining({
        kind: 'same-sound',
        records: ['abnormal/c', 'normal/a', 'normal/b'],
        classes: ['abnormal', 'normal'],
      }),
    ]);
    expect(inspection.shared).toMatchObject({
      pairs: [],
      clusters: [{ records: ['abnormal/c', 'normal/a', 'normal/b'] }],
    });
    expect(codes(inspection).slice(0, 2)).toEqual(['copies-with-different-labels', 'copies-across-subjects']);
  });

  it('that are flat as training hears them are said to be, whatever rounding or channels hide', async () => {
    const left = noise(3 * RATE, 0.3, 1);
    const root = folder({
      'normal/constant.wav': floatWav(new Float32Array(20000).fill(0.3)),
      'normal/mono.wav': floatWav(left),
      'abnormal/opposite.wav': floatWav(
        left,
        left.map((x) => -x),
      ),
      'abnormal/stereo.wav': floatWav(left, new Float32Array(3 * RATE).fill(0.2)),
    });
    const inspection = await inspectDataset(scanDataset(root));
    expect(one(inspection, 'flat')?.examples).toEqual(['abnormal/opposite', 'normal/constant']);
    expect(inspection.recordings.map(({ record, sound }) => [record, sound!.flat])).toEqual([
      ['abnormal/opposite', true],
      ['abnormal/stereo', false],
      ['normal/constant', true],
      ['normal/mono', false],
    ]);
    expect(inspection.recordings[2]!.sound!.rmsDb).toBeNull();
  });

  it('of floats beyond full scale are clipped where they are cut only', async () => {
    const wave = Float32Array.from({ length: 5 * RATE }, (_, i) => 3 * Math.sin(0.0617 * i));
    const root = folder({
      'normal/loud.wav': floatWav(wave),
      'abnormal/cut.wav': floatWav(wave.map((x) => Math.max(-1.5, Math.min(1.5, x)))),
      'abnormal/whole-numbers.wav': writeWav16(wave, RATE),
    });
    const inspection = await inspectDataset(scanDataset(root));
    expect(one(inspection, 'clipped')?.examples).toEqual(['abnormal/cut', 'abnormal/whole-numbers']);
    const loud = inspection.recordings.find(({ record }) => record === 'normal/loud')!.sound!;
    expect(loud).toMatchObject({ encoding: 'float 32', clippedPercent: 0, peakDb: expect.closeTo(9.54, 1) });
  });

  it('with headers that say otherwise are named', async () => {
    const root = folder({
      'normal/a.wav': wav(1),
      'normal/a.hea': 'a 1 2000 6000\na.wav 16+44 1 16 0 0 0 0 PCG\n',
      'normal/b.wav': wav(2),
      'normal/b.hea': 'b 1 4000 5999\nb.wav 16+44 1 16 0 0 0 0 PCG\n',
      'abnormal/c.wav': wav(3),
      'abnormal/c.hea': 'nonsense here\n',
      'abnormal/d.wav': wav(4),
    });
    const inspection = await inspectDataset(scanDataset(root));
    expect(inspection.headers).toEqual([
      { record: 'abnormal/c', message: expect.stringContaining('c.hea') },
      {
        record: 'normal/b',
        message:
          'its .hea says a rate of 4000 Hz where the sound has 2000 Hz and 5999 samples where the sound has 6000',
      },
    ]);
  });

  it('of several rates, too few samples or too short are pointed out', async () => {
    const root = folder({
      'normal/a.wav': wav(1),
      'normal/slow.wav': writeWav16(noise(3000, 0.3, 2), 1000),
      'abnormal/short.wav': wav(3, 0.5),
    });
    const inspection = await inspectDataset(scanDataset(root));
    expect(one(inspection, 'several-rates')!.text).toContain('2000 Hz (2), 1000 Hz (1)');
    expect(one(inspection, 'low-rate')!.examples).toEqual(['normal/slow']);
    expect(one(inspection, 'too-short')!.examples).toEqual(['abnormal/short']);
    expect(inspection.sound.total.encodings).toEqual([{ value: 'pcm 16', count: 3 }]);
  });
});

it('is the same for any number of threads and any order of the recordings', async () => {
  const recordings = [
    ...hearts(6, 6),
    held(
      'z',
      hearts(6, 6)[2]!.samples.map((x) => x / 3),
    ),
  ];
  const inspection = await inspectDataset(datasetOf(recordings));
  const backwards = await inspectDataset({
    ...datasetOf(recordings),
    recordings: datasetOf(recordings).recordings,
  });
  expect(JSON.stringify(backwards)).toBe(JSON.stringify(inspection));
  expect(JSON.stringify(inspection)).not.toMatch(/NaN|Infinity/);

  const items = recordings.map(({ id, path, samples }) => ({ id, path, samples }));
  const here = await mapAt({ tasks: TASKS, worker: null }, 'inspect', undefined, items);
  const there = await mapAt({ tasks: TASKS, worker: await bundleWorker() }, 'inspect', undefined, items, {
    threads: 2,
  });
  expect(there).toEqual(here);
  const pairs = [
    { a: items[2]!, b: items[6]!, offsets: [0] },
    { a: items[0]!, b: items[1]!, offsets: [0, 500] },
  ];
  const compared = await mapAt({ tasks: TASKS, worker: await bundleWorker() }, 'compare', undefined, pairs, {
    threads: 2,
  });
  expect(compared).toEqual(await mapAt({ tasks: TASKS, worker: null }, 'compare', undefined, pairs));
  expect(compared.map((outcome) => 'value' in outcome && outcome.value.length)).toEqual([1, 0]);
});

it('ends at once when it is interrupted', async () => {
  const controller = new AbortController();
  const work = inspectDataset(datasetOf(hearts(20, 10)), {
    signal: controller.signal,
    progress: () => controller.abort(),
  });
  await expect(work).rejects.toThrow(Interruption);
});
