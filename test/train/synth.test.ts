import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { applySplit } from '../../src/train/apply-split.ts';
import { rocAuc } from '../../src/train/auc.ts';
import { countBySite, requireTwoClasses } from '../../src/train/recording.ts';
import { makeSplit } from '../../src/train/stratify.ts';
import { SYNTH_RATE, synthDataset } from '../../src/train/synth/index.ts';
import { errorOf } from './temporary.ts';

const hashOf = (samples: Float32Array) =>
  createHash('sha256').update(new Uint8Array(samples.buffer)).digest('hex');

describe('synthDataset', () => {
  const dataset = synthDataset({ recordings: 90, seconds: 4, seed: 1 });
  const { recordings, classes } = dataset;

  it('has sound of the length asked for, within range, and silence nowhere', () => {
    expect(recordings).toHaveLength(90);
    for (const { samples } of recordings) {
      expect(samples.length).toBe(4 * SYNTH_RATE);
      const peak = samples.reduce((highest, value) => Math.max(highest, Math.abs(value)), 0);
      expect(peak).toBeGreaterThan(0.1);
      expect(peak).toBeLessThanOrEqual(1);
    }
  });

  it('has the same bits everywhere', () => {
    expect(hashOf(recordings[0]!.samples)).toMatchInlineSnapshot(
      `"fa61790fc6e5feb899af6c1c5c31152e510e9c265789c8ed7429e917c310d571"`,
    );
  });

  it('has recordings that depend on seed and number, not on how many there are', () => {
    const few = synthDataset({ recordings: 7, seconds: 4, seed: 1 }).recordings;
    expect(few.map(({ samples, ...rest }) => [rest, hashOf(samples)])).toEqual(
      recordings.slice(0, 7).map(({ samples, ...rest }) => [rest, hashOf(samples)]),
    );
    const other = synthDataset({ recordings: 1, seconds: 4, seed: 2 }).recordings[0]!;
    expect(hashOf(other.samples)).not.toBe(hashOf(few[0]!.samples));
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

  it('refuses numbers that make no sense', () => {
    for (const bad of [
      { recordings: 0 },
      { recordings: 1.5 },
      { seconds: 0.5 },
      { seconds: Number.NaN },
      { seed: -1 },
    ]) {
      expect(errorOf(() => synthDataset({ recordings: 2, seconds: 2, seed: 1, ...bad })).code).toBe(
        'synth/options',
      );
    }
  });
});

function rms(samples: Float32Array): number {
  return Math.sqrt(samples.reduce((sum, value) => sum + value * value, 0) / samples.length);
}

function differences(samples: Float32Array): Float32Array {
  return samples.map((value, i) => value - (samples[i - 1] ?? 0));
}
