import { describe, expect, it } from 'vitest';
import { applySplit } from '../../../src/train/apply-split.ts';
import { rocAuc } from '../../../src/train/auc.ts';
import { countBySite, requireTwoClasses } from '../../../src/train/recording.ts';
import { makeSplit } from '../../../src/train/stratify.ts';
import { SYNTH_CLASSES, type SynthOptions, synthDataset } from '../../../src/train/synth/index.ts';
import { hashOf } from '../../support/hash.ts';
import { errorOf } from '../temporary.ts';

const rms = (samples: Float32Array) =>
  Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);

const differences = (samples: Float32Array) => samples.map((value, i) => value - (samples[i - 1] ?? 0));

describe('synthDataset', () => {
  const dataset = synthDataset({ recordings: 90, seconds: 4, seed: 1 });
  const { recordings, classes } = dataset;

  it('has sound of the length asked for, within range, and silence nowhere', () => {
    expect(recordings).toHaveLength(90);
    for (const { samples, sampleRate } of recordings) {
      expect(sampleRate).toBe(2000);
      expect(samples.length).toBe(4 * 2000);
      const peak = samples.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
      expect(peak).toBeGreaterThan(0.1);
      expect(peak).toBeLessThanOrEqual(1);
    }
  });

  it('has the same bits everywhere', () => {
    expect(hashOf(recordings[0]!.samples)).toBe(
      '08ae7d544c39d9fac2e04471a6f327e0cf12eb108922b268daa3195a35e291f6',
    );
    expect(hashOf(...recordings.map(({ samples }) => samples))).toBe(
      '1135536b4902f5daeb9ae888f10f5454737a10fdbfa32bd336078a155344c2dc',
    );
  });

  it('has recordings that depend on seed and number, not on how many there are', () => {
    const few = synthDataset({ recordings: 7, seconds: 4, seed: 1 }).recordings;
    expect(few).toEqual(recordings.slice(0, 7));
    const other = synthDataset({ recordings: 1, seconds: 4, seed: 2 }).recordings[0]!;
    expect(hashOf(other.samples)).not.toBe(hashOf(few[0]!.samples));
  });

  it('keeps the heart where only the rate of samples, the noise or the stethoscope changes', () => {
    const beats = (options: Partial<SynthOptions>) =>
      synthDataset({ recordings: 3, seconds: 4, seed: 1, ...options }).recordings.map(({ truth }) => [
        truth.beats,
        truth.murmur,
        truth.respiration,
      ]);
    const before = beats({});
    expect(beats({ sampleRate: 4000 })).toEqual(before);
    expect(beats({ snrDb: 3, stethoscope: 'flat' })).toEqual(before);
    expect(beats({ heartRate: 120 })).not.toEqual(before);
  });

  it('mixes classes at every site, and several recordings of a subject', () => {
    requireTwoClasses(dataset);
    const counts = [...countBySite(recordings, classes).values()];
    expect(counts).toHaveLength(3);
    for (const [normal, abnormal] of counts) {
      expect(normal).toBeGreaterThan(4);
      expect(abnormal).toBeGreaterThan(4);
    }
    const groups = new Map<string, Set<string>>();
    for (const { group, site, label } of recordings) {
      groups.set(group, (groups.get(group) ?? new Set()).add(`${site} ${label}`));
    }
    expect(groups.size).toBeLessThan(60);
    for (const kinds of groups.values()) expect(kinds.size).toBe(1);
  });

  it('has as many sites as asked for, each with its own stethoscope, noise and share of abnormal', () => {
    const six = synthDataset({ recordings: 200, seconds: 1, seed: 1, sites: 6 }).recordings;
    const sites = [...new Set(six.map(({ site }) => site))].sort();
    expect(sites).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => `synthetic-${letter}`));
    const share = sites.map((name) => {
      const there = six.filter(({ site }) => site === name);
      expect(new Set(there.map(({ truth }) => truth.stethoscope)).size).toBe(1);
      return there.filter(({ label }) => label === 1).length / there.length;
    });
    expect(Math.max(...share) - Math.min(...share)).toBeGreaterThan(0.3);
    const one = synthDataset({ recordings: 9, seconds: 1, seed: 1, sites: 1 }).recordings;
    expect(new Set(one.map(({ site }) => site))).toEqual(new Set(['synthetic-a']));
  });

  it('labels after the murmur', () => {
    for (const { label, truth } of recordings) expect(label === 1).toBe(truth.murmur?.innocent === false);
    const innocent = synthDataset({ recordings: 240, seconds: 1, seed: 1 }).recordings.filter(
      ({ truth }) => truth.murmur?.innocent,
    );
    expect(innocent.length).toBeGreaterThan(5);
    for (const { truth } of innocent)
      expect(truth.murmur).toMatchObject({ phase: 'systolic', shape: 'diamond' });
    const three = synthDataset({ recordings: 100, seconds: 1, seed: 1, classes: 3 });
    expect(three.classes).toEqual(['absent', 'diastolic', 'systolic']);
    expect(three.classes).toBe(SYNTH_CLASSES[3]);
    for (const { label, truth } of three.recordings)
      expect(three.classes[label]).toBe(truth.murmur?.phase ?? 'absent');
    for (const counts of countBySite(three.recordings, three.classes).values())
      expect(Math.min(...counts)).toBeGreaterThan(0);
  });

  it('gives every murmur the timing, shape and grade that were asked for', () => {
    const asked = { timing: 'late', shape: 'plateau', grade: 6 } as const;
    const murmurs = synthDataset({ recordings: 40, seconds: 1, seed: 1, ...asked })
      .recordings.map(({ truth }) => truth.murmur)
      .filter((murmur) => murmur && !murmur.innocent);
    expect(murmurs.length).toBeGreaterThan(10);
    for (const murmur of murmurs) expect(murmur).toMatchObject(asked);
  });

  it('has all classes at every site in a small set', () => {
    for (const classes of [2, 3] as const) {
      const small = synthDataset({ recordings: 36, seconds: 1, seed: 1, classes });
      const counts = [...countBySite(small.recordings, small.classes).values()];
      expect(counts).toHaveLength(3);
      for (const [healthy, ...rest] of counts) {
        expect(healthy).toBeGreaterThan(1);
        expect(rest.reduce((sum, value) => sum + value, 0)).toBeGreaterThan(1);
      }
      for (let label = 0; label < classes; label++)
        expect(counts.reduce((sum, perClass) => sum + perClass[label]!, 0)).toBeGreaterThan(2);
    }
  });

  it('can be split', () => {
    const applied = applySplit(makeSplit(recordings, { seed: 1 }), recordings);
    expect(applied.train.length + applied.validation.length + applied.test.length).toBe(90);
  });

  it('is neither silent about the class nor given away by loudness', () => {
    // Energy between beats is what a murmur adds; overall level must not tell the class.
    const positive = recordings.map(({ label }) => label === 1);
    const level = rocAuc(
      positive,
      recordings.map(({ samples }) => rms(samples)),
    )!;
    expect(Math.abs(level - 0.5)).toBeLessThan(0.15);
    const rough = rocAuc(
      positive,
      recordings.map(({ samples }) => rms(differences(samples)) / rms(samples)),
    )!;
    expect(rough).toBeGreaterThan(0.52);
    expect(rough).toBeLessThan(0.95);
  });

  it.each([
    [{ recordings: 0 }, 'recordings is 0'],
    [{ recordings: 1.5 }, 'recordings is 1.5'],
    [{ seconds: 0.5 }, 'seconds is 0.5'],
    [{ seconds: Number.NaN }, 'seconds is NaN'],
    [{ seed: -1 }, 'seed is -1'],
    [{ sampleRate: 1000 }, 'rate is 1000'],
    [{ sampleRate: 2000.5 }, 'rate is 2000.5'],
    [{ classes: 4 }, 'classes is 4'],
    [{ sites: 7 }, 'sites is 7'],
    [{ heartRate: 20 }, 'heart rate is 20'],
    [{ snrDb: Number.POSITIVE_INFINITY }, 'SNR is Infinity'],
    [{ stethoscope: 'horn' }, 'stethoscope is horn'],
    [{ timing: 'never' }, 'timing is never'],
    [{ shape: 'square' }, 'shape is square'],
    [{ grade: 7 }, 'grade is 7'],
  ])('refuses %o', (bad, words) => {
    const error = errorOf(() => synthDataset({ recordings: 2, seconds: 2, seed: 1, ...bad } as SynthOptions));
    expect(error.code).toBe('synth/options');
    expect(error.message).toContain(words);
    expect(error.message).toMatch(/It must be/);
  });
});
