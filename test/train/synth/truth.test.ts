/** What can be measured in the sound is what the truth says. */
import { describe, expect, it } from 'vitest';
import {
  type SyntheticRecording,
  type SynthOptions,
  segmentsOf,
  synthDataset,
} from '../../../src/train/synth/index.ts';
import { argmax, bandShare, db, power, smooth, TAU, wholeBeats } from './measure.ts';

/** Nothing but the heart: the noise is 100 dB below it. */
const CLEAN = { recordings: 24, seconds: 12, seed: 4, snrDb: 100, stethoscope: 'flat' } as const;

/** Those that do not clip, without their DC offset. */
function make(options: Partial<SynthOptions> = {}): readonly SyntheticRecording[] {
  return synthDataset({ ...CLEAN, ...options })
    .recordings.filter(({ truth }) => truth.recorder.peak <= 1)
    .map((each) => ({ ...each, samples: each.samples.map((value) => value - each.truth.recorder.dc) }));
}

const envelopes = new WeakMap<SyntheticRecording, Float64Array>();

/** Loudness over 20 ms. */
function envelopeOf(recording: SyntheticRecording): Float64Array {
  const known = envelopes.get(recording) ?? smooth(recording.samples, recording.sampleRate, 0.02);
  envelopes.set(recording, known);
  return known;
}

/** Where S1 and S2 are loudest, seconds. */
function loudest(recording: SyntheticRecording, [onset, end]: readonly [number, number]) {
  const { sampleRate } = recording;
  const envelope = envelopeOf(recording);
  const [from, to] = [Math.floor((onset - 0.06) * sampleRate), Math.ceil((end + 0.06) * sampleRate)];
  return argmax(envelope, from, to) / sampleRate;
}

/** Samples of a part of a span of time. */
function cut({ samples, sampleRate }: SyntheticRecording, begin: number, end: number): Float32Array {
  return samples.subarray(Math.ceil(begin * sampleRate), Math.floor(end * sampleRate));
}

function concatenate(pieces: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

describe('beats', () => {
  const recordings = make({ grade: 1 });

  it('are heard where the truth has them, and nowhere else', () => {
    for (const recording of recordings) {
      const { sampleRate, truth } = recording;
      const envelope = envelopeOf(recording);
      const threshold = 0.12 * envelope[argmax(envelope, 0, envelope.length)]!;
      // Stretches above the threshold, joined over gaps of 40 ms.
      const heard: [number, number][] = [];
      for (let i = 0; i < envelope.length; i++) {
        if (envelope[i]! < threshold) continue;
        const last = heard.at(-1);
        if (last && (i - last[1]) / sampleRate < 0.04) last[1] = i;
        else heard.push([i, i]);
      }
      const times = heard.map(([from, to]) => (from + to) / 2 / sampleRate);
      const promised = truth.beats.flatMap(({ s1, s2 }) => [s1, s2]);
      const holds = ([onset, end]: readonly [number, number], time: number) => time > onset && time < end;
      for (const sound of promised)
        if (sound[0] > 0 && sound[1] < truth.seconds)
          expect(times.filter((time) => holds(sound, time))).toHaveLength(1);
      for (const time of times)
        if (time > 0.1 && time < truth.seconds - 0.1)
          expect(promised.filter((sound) => holds(sound, time))).toHaveLength(1);
    }
  });

  it('have sounds that are loudest, and nearly all, within their begin and end', () => {
    for (const recording of recordings) {
      for (const { s1, s2 } of wholeBeats(recording)) {
        for (const [onset, end] of [s1, s2]) {
          const peak = loudest(recording, [onset, end]);
          expect(peak).toBeGreaterThan(onset + 0.01);
          expect(peak).toBeLessThan(end - 0.01);
          const within = power(cut(recording, onset, end)) * (end - onset);
          const around = power(cut(recording, onset - 0.03, end + 0.03)) * (end - onset + 0.06);
          expect(within / around).toBeGreaterThan(0.99);
        }
      }
    }
  });

  it('come at the rate that the truth gives', () => {
    for (const recording of recordings) {
      const beats = wholeBeats(recording);
      const times = beats.map(({ s1 }) => loudest(recording, s1));
      const measured = (60 * (times.length - 1)) / (times.at(-1)! - times[0]!);
      const told = mean(beats.slice(0, -1).map(({ interval }) => interval));
      expect(Math.abs(measured / (60 / told) - 1)).toBeLessThan(0.005);
      expect(Math.abs(measured / recording.truth.heartRate.mean - 1)).toBeLessThan(0.03);
    }
    for (const { truth } of make({ heartRate: 110, recordings: 6 }))
      expect(Math.abs(truth.heartRate.mean - 110)).toBeLessThan(3);
  });

  it.each([
    [50, 0.381],
    [75, 0.3285],
    [120, 0.234],
  ])('have a systole after Weissler: at %d a minute %d s', (heartRate, systole) => {
    for (const { truth } of make({ heartRate, recordings: 6, seconds: 30 })) {
      const measured = mean(truth.beats.map(({ s1, s2 }) => s2[0] - s1[0]));
      expect(Math.abs(measured - systole)).toBeLessThan(0.006);
    }
  });

  it('are parted into four states without a gap', () => {
    for (const { truth } of recordings) {
      const segments = segmentsOf(truth);
      expect(segments[0]!.start).toBe(0);
      expect(segments.at(-1)!.end).toBe(truth.seconds);
      for (let i = 1; i < segments.length; i++) {
        expect(segments[i]!.start).toBeCloseTo(segments[i - 1]!.end, 9);
        expect(segments[i]!.state).toBe((segments[i - 1]!.state % 4) + 1);
      }
    }
  });
});

describe('breath', () => {
  it('shortens and lengthens beats by the share that the truth gives, and so do Mayer waves', () => {
    for (const recording of make({ recordings: 4, seconds: 150, grade: 1 })) {
      const { truth } = recording;
      const times = wholeBeats(recording).map(({ s1 }) => loudest(recording, s1));
      const intervals = times.slice(1).map((time, i) => time - times[i]!);
      const usual = mean(intervals);
      /** Amplitude of a wave of `hz` in the length of beats, as a share. */
      const amplitude = (hz: number, phase: number) =>
        (2 / intervals.length) *
        intervals.reduce(
          (sum, value, i) => sum + (value / usual - 1) * Math.sin(TAU * hz * times[i]! + phase),
          0,
        );
      const { perMinute, phase } = truth.respiration;
      expect(Math.abs(amplitude(perMinute / 60, phase) + truth.heartRate.respiratoryDepth)).toBeLessThan(
        0.006,
      );
      const { mayerHz, mayerDepth } = truth.heartRate;
      const slow = Math.hypot(amplitude(mayerHz, 0), amplitude(mayerHz, TAU / 4));
      expect(Math.abs(slow - mayerDepth)).toBeLessThan(0.006);
    }
  });

  it('parts A2 and P2 when breathing in', () => {
    for (const { truth } of make({ recordings: 6, seconds: 30 })) {
      const { perMinute, phase } = truth.respiration;
      const volume = (time: number) => Math.sin((TAU * perMinute * time) / 60 + phase);
      const length = (chosen: (v: number) => boolean) =>
        mean(truth.beats.filter(({ s1 }) => chosen(volume(s1[0]))).map(({ s2 }) => s2[1] - s2[0]));
      expect(length((v) => v > 0.3) - length((v) => v < -0.3)).toBeGreaterThan(0.005);
    }
  });
});

describe('murmurs', () => {
  /** Middle half of what is between the sounds, by phase. */
  const middles = (recording: SyntheticRecording) => {
    const between = (pick: (beat: SyntheticRecording['truth']['beats'][number]) => [number, number]) =>
      concatenate(
        wholeBeats(recording).map((beat) => {
          const [begin, end] = pick(beat);
          const length = end - begin;
          return cut(recording, begin + 0.25 * length, end - 0.25 * length);
        }),
      );
    return {
      systolic: between(({ s1, s2 }) => [s1[1], s2[0]]),
      diastolic: between(({ s1, s2, interval }) => [s2[1], s1[0] + interval]),
    };
  };
  /** Highest sample of S1, the median of all beats. */
  const s1Peak = (recording: SyntheticRecording) =>
    median(
      wholeBeats(recording).map(({ s1 }) =>
        cut(recording, ...s1).reduce((highest, value) => Math.max(highest, Math.abs(value)), 0),
      ),
    );

  it('are in the phase, and in the band, that the truth names', () => {
    const phases = { systolic: 0, diastolic: 0 };
    const shares: number[] = [];
    for (const recording of make({ grade: 5, timing: 'holo', shape: 'plateau' })) {
      const { murmur } = recording.truth;
      if (!murmur || murmur.innocent) continue;
      const heard = middles(recording);
      const [with_, without] = [
        murmur.phase,
        murmur.phase === 'systolic' ? 'diastolic' : 'systolic',
      ] as const;
      phases[with_] += 1;
      const quiet = power(heard[without]);
      const loud = heard[with_];
      expect(db(power(loud) / quiet)).toBeGreaterThan(40);
      const [low, high] = murmur.band;
      // As in the test of `bandNoise`; pieces this short blur the edges.
      shares.push(bandShare(loud, 2000, low, high));
      expect(shares.at(-1)).toBeGreaterThan(0.65);
      expect(bandShare(loud, 2000, 0.6 * low, 1.6 * high)).toBeGreaterThan(0.93);
    }
    expect(mean(shares)).toBeGreaterThan(0.74);
    expect(mean(shares)).toBeLessThan(0.86);
    expect(phases.systolic).toBeGreaterThan(2);
    expect(phases.diastolic).toBeGreaterThan(2);
  });

  it('are as loud against S1 as the truth says, and 6 dB louder a grade', () => {
    const levels = new Map<string, number>();
    for (const grade of [3, 5] as const) {
      for (const recording of make({ grade, timing: 'holo', shape: 'plateau' })) {
        const { murmur } = recording.truth;
        if (!murmur || murmur.innocent) continue;
        const rms = power(middles(recording)[murmur.phase]);
        const level = db(rms / s1Peak(recording) ** 2);
        // S1 is M1, whose peak is meant, and T1, which adds up to it as their phases will.
        expect(level - murmur.levelDb).toBeGreaterThan(-4);
        expect(level - murmur.levelDb).toBeLessThan(2.5);
        expect(Math.abs(murmur.levelDb - (6 * grade - 42))).toBeLessThanOrEqual(2);
        const before = levels.get(recording.id);
        if (before !== undefined) expect(Math.abs(level - before - 12)).toBeLessThan(0.5);
        levels.set(recording.id, level);
      }
    }
    expect(levels.size).toBeGreaterThan(5);
  });

  it('are absent where the truth has none', () => {
    let checked = 0;
    for (const recording of make()) {
      if (recording.truth.murmur) continue;
      checked += 1;
      const { systolic, diastolic } = middles(recording);
      for (const x of [systolic, diastolic]) {
        const level = db(power(x) / s1Peak(recording) ** 2);
        expect(level).toBeLessThan(-55);
      }
    }
    expect(checked).toBeGreaterThan(5);
  });

  it.each([
    ['crescendo', [0.2, 0.55, 0.85]],
    ['decrescendo', [0.85, 0.55, 0.2]],
    ['diamond', [0.4, 0.85, 0.4]],
    ['plateau', [0.9, 1, 0.9]],
  ] as const)('have the shape %s', (shape, want) => {
    for (const recording of make({ grade: 6, timing: 'holo', shape, seconds: 30, recordings: 10 })) {
      const { murmur } = recording.truth;
      if (!murmur || murmur.innocent) continue;
      const thirds = want.map((_, third) =>
        Math.sqrt(
          power(
            concatenate(
              wholeBeats(recording).map(({ s1, s2, interval }) => {
                const [begin, end] = murmur.phase === 'systolic' ? [s1[1], s2[0]] : [s2[1], s1[0] + interval];
                // Not to the edges, where the tails of the heart sounds are.
                const at = (share: number) => begin + (0.1 + 0.8 * share) * (end - begin);
                return cut(recording, at(third / 3), at((third + 1) / 3));
              }),
            ),
          ),
        ),
      );
      const scale = mean(thirds) / mean([...want]);
      for (const [i, value] of thirds.entries())
        expect(Math.abs(value / scale - want[i]!)).toBeLessThan(0.17);
    }
  });

  it.each([
    ['early', 0.5, 1],
    ['late', 0, 0.5],
  ] as const)('that are %s leave the other half alone', (timing, from, to) => {
    for (const recording of make({ grade: 6, timing, shape: 'plateau' })) {
      const { murmur } = recording.truth;
      if (!murmur || murmur.innocent) continue;
      const half = (a: number, b: number) =>
        power(
          concatenate(
            wholeBeats(recording).map(({ s1, s2, interval }) => {
              const [begin, end] = murmur.phase === 'systolic' ? [s1[1], s2[0]] : [s2[1], s1[0] + interval];
              const at = (share: number) => begin + (0.15 + 0.7 * share) * (end - begin);
              return cut(recording, at(a) + 0.004, at(b) - 0.004);
            }),
          ),
        );
      expect(db(half(1 - to, 1 - from) / half(from, to))).toBeGreaterThan(35);
    }
  });
});
