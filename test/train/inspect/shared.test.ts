import { describe, expect, it } from 'vitest';
import { resample, writeWav16 } from '../../../src/dsp/index.ts';
import { findCandidates } from '../../../src/train/inspect/candidates.ts';
import { compare, prepare } from '../../../src/train/inspect/compare.ts';
import type { SoundFacts } from '../../../src/train/inspect/facts.ts';
import { fingerprint, WORDS } from '../../../src/train/inspect/fingerprint.ts';
import { inspectDataset } from '../../../src/train/inspect/inspect.ts';
import type { SharedPair } from '../../../src/train/inspect/inspection.ts';
import { propose } from '../../../src/train/inspect/shared.ts';
import { write } from '../../cli/support.ts';
import { temporaryFolder } from '../temporary.ts';
import {
  datasetOf,
  type Held,
  hearts,
  held,
  joinedSounds,
  noise,
  quantised,
  RATE,
  throughMulaw,
} from './sounds.ts';

const base = hearts(14, 14);
const sound = (i: number) => base[i]!.samples;

/** Pairs found in the base with `planted` added, but for those of the base alone. */
async function pairsWith(...planted: Held[]): Promise<readonly SharedPair[]> {
  const { shared } = await inspectDataset(datasetOf([...base, ...planted]));
  return shared.pairs;
}

describe('fingerprints', () => {
  it('are the same at half the level and with the polarity turned', () => {
    const { places, bits } = fingerprint(sound(0));
    expect(places.length).toBeGreaterThan(8);
    for (const factor of [0.5, -0.5]) {
      const other = fingerprint(sound(0).map((x) => factor * x));
      expect([...other.places]).toEqual([...places]);
      expect([...other.bits]).toEqual([...bits]);
    }
  });

  it('stand at the same samples of a cut sound', () => {
    const cut = 4321;
    const whole = new Set(fingerprint(sound(1)).places);
    const { places } = fingerprint(sound(1).slice(cut));
    const kept = [...places].filter((place) => whole.has(place + cut));
    expect(kept.length).toBeGreaterThan(0.8 * places.length);
  });

  it('keep places a quarter of a second apart', () => {
    const { places } = fingerprint(noise(20 * RATE, 0.5, 3));
    expect(places.length).toBeGreaterThan(20);
    for (let i = 1; i < places.length; i++) expect(places[i]! - places[i - 1]!).toBeGreaterThan(RATE / 4);
  });

  it('stand at the largest of a falling row of crests alone', () => {
    const falling = Float32Array.from({ length: 6 * RATE }, (_, i) => {
      const t = i / RATE - 2;
      return t < 0 ? 0 : 0.9 * Math.exp(-1.5 * t) * Math.sin(2 * Math.PI * 50 * t);
    });
    const { places } = fingerprint(falling);
    expect(places).toHaveLength(1);
    expect(places[0]! / RATE).toBeCloseTo(2, 1);
  });

  it('are empty for what is short or silent', () => {
    for (const samples of [new Float32Array(0), sound(0).slice(0, RATE), new Float32Array(10 * RATE)])
      expect(fingerprint(samples)).toEqual({ places: new Int32Array(0), bits: new Int32Array(0) });
  });

  it('differ in about half of the bits where sounds have nothing in common', () => {
    const [a, b] = [fingerprint(noise(30 * RATE, 0.5, 1)), fingerprint(noise(30 * RATE, 0.5, 2))];
    const count = Math.min(a.bits.length, b.bits.length);
    let different = 0;
    for (let i = 0; i < count; i++) for (let x = a.bits[i]! ^ b.bits[i]!; x !== 0; x &= x - 1) different += 1;
    expect(different / (32 * count)).toBeGreaterThan(0.47);
    expect(different / (32 * count)).toBeLessThan(0.53);
    expect(a.bits.length).toBe(a.places.length * WORDS);
  });
});

describe('shared audio', () => {
  it('is not found between different recordings, of one subject or of several', async () => {
    const subjects = new Set(base.map(({ group }) => group));
    expect(subjects.size).toBeLessThan(base.length);
    expect(await pairsWith()).toEqual([]);
  });

  const whole = { relation: 'same' as const, startA: 0, startB: 0, seconds: 14 };
  const changes: [string, (x: Float32Array) => Float32Array, Partial<SharedPair>][] = [
    ['quieter', (x) => x.map((v) => 0.3 * v), { ...whole, gainDb: -10.46 }],
    ['8 bits', (x) => quantised(x, 8), whole],
    [
      'quieter in 8 bits',
      (x) =>
        quantised(
          x.map((v) => 0.5 * v),
          8,
        ),
      { relation: 'same' },
    ],
    ['µ-law', throughMulaw, whole],
    ['µ-law and quieter', (x) => throughMulaw(x.map((v) => 0.2 * v)), whole],
    ['clipped', (x) => x.map((v) => Math.max(-0.3, Math.min(0.3, v))), { relation: 'same' }],
    [
      'cut',
      (x) => x.slice(7777, 7777 + 6 * RATE),
      { relation: 'inside', seconds: 6, startA: 3.889, startB: 0 },
    ],
    [
      'cut and quieter',
      (x) => x.slice(1, 8 * RATE).map((v) => 0.1 * v),
      { relation: 'inside', startA: 0.001 },
    ],
    ['offset', (x) => x.map((v) => v * 0.5 + 0.2), whole],
    ['noisy', (x) => x.map((v, i) => v + 0.02 * ((i * 7919) % 101 > 50 ? 1 : -1)), { relation: 'same' }],
  ];
  it.each(changes)('is found where a copy is %s', async (_, change, expected) => {
    const original = base.findIndex(({ samples }) => samples.some((x) => Math.abs(x) > 0.3));
    const pairs = await pairsWith(held('z-copy', change(sound(original))));
    expect(pairs).toHaveLength(1);
    expect(pairs[0]).toMatchObject({ a: base[original]!.id, b: 'z-copy', ...expected });
    expect(pairs[0]!.correlation).toBeGreaterThan(0.9);
  });

  it('is found, with its sign, where the polarity is turned', async () => {
    const [pair, ...others] = await pairsWith(
      held(
        'z',
        sound(2).map((x) => -0.7 * x),
      ),
    );
    expect(others).toEqual([]);
    expect(pair!.correlation).toBeLessThan(-0.999);
  });

  it('is found where one recording lies inside another, at its place', async () => {
    const inside = joinedSounds(noise(5000, 0.02, 1), sound(3).slice(2000, 14000), noise(9000, 0.02, 2));
    const [pair, ...others] = await pairsWith(held('z', inside));
    expect(others).toEqual([]);
    expect(pair).toMatchObject({ a: base[3]!.id, b: 'z', relation: 'part' });
    expect(pair!.startA).toBeCloseTo(1, 0);
    expect(pair!.startB - pair!.startA).toBeCloseTo(1.5, 3);
    expect(pair!.seconds).toBeGreaterThan(5);
    expect(pair!.seconds).toBeLessThan(7.01);
  });

  it('is found where the end of one is the start of the other', async () => {
    const long = hearts(1, 24, 77)[0]!.samples;
    const pairs = await pairsWith(held('x', long.slice(0, 28000)), held('y', long.slice(20000)));
    expect(pairs).toEqual([
      expect.objectContaining({ a: 'x', b: 'y', relation: 'overlap', seconds: 4, startA: 10 }),
    ]);
  });

  it('is found between files of different rates', async () => {
    const root = temporaryFolder();
    const path = `${root}/faster.wav`;
    write(path, writeWav16(resample(sound(4), RATE, 4410).subarray(3000), 4410));
    const { shared } = await inspectDataset(
      datasetOf([...base, { id: 'z', path, site: 's', group: 'z', label: 0 }]),
    );
    expect(shared.pairs).toHaveLength(1);
    expect(shared.pairs[0]).toMatchObject({ a: base[4]!.id, b: 'z', relation: 'inside', sameSubject: false });
    expect(shared.pairs[0]!.startA).toBeCloseTo(3000 / 4410, 2);
  });

  it('says where subjects and classes differ, and joins what belongs together', async () => {
    const quieter = (k: number, more: object) =>
      held(
        `z${k}`,
        sound(5)
          .slice(1000 * k, 20000)
          .map((x) => (x * k) / 10),
        { ...more },
      );
    const planted = [
      quieter(1, { group: base[5]!.group, label: base[5]!.label }),
      quieter(2, { group: 'other', label: 1 - base[5]!.label }),
    ];
    const { shared, findings } = await inspectDataset(datasetOf([...base, ...planted]));
    expect(shared.clusters).toEqual([
      {
        records: [base[5]!.id, 'z1', 'z2'],
        subjects: expect.arrayContaining(['other']),
        classes: ['abnormal', 'normal'],
      },
    ]);
    expect(shared.pairs.map(({ sameSubject, sameClass }) => [sameSubject, sameClass])).toEqual([
      [true, true],
      [false, false],
      [false, false],
    ]);
    expect(findings.filter(({ severity }) => severity === 'serious').map(({ code }) => code)).toEqual(
      expect.arrayContaining(['shared-audio-across-subjects', 'shared-audio-with-different-labels']),
    );
  });

  it('is named again where a copy is of another subject or class', async () => {
    const { id, group, label } = base[5]!;
    const planted = [
      held('copy 1', sound(5), { group, label }),
      held('copy 2', sound(5), { group: 'other', label }),
      held('copy 3', sound(5), { group: 'other', label: 1 - label }),
      held('z', sound(5).slice(4000), { group, label }),
    ];
    const pairs = await pairsWith(...planted);
    expect(pairs.map(({ a, b, sameSubject, sameClass }) => [a, b, sameSubject, sameClass])).toEqual([
      ['copy 1', 'z', true, true],
      ['copy 2', 'z', false, true],
      ['copy 3', 'z', false, false],
    ]);
    expect(id > 'copy').toBe(true);
  });

  it('is looked for in recordings that are left out as well, which are counted nowhere', async () => {
    const left = held(
      'left',
      sound(6).map((x) => x / 2),
    );
    const { shared, counts, recordings } = await inspectDataset(datasetOf(base), { excluded: [left] });
    expect(shared.pairs).toEqual([expect.objectContaining({ a: 'left', b: base[6]!.id, excluded: true })]);
    expect(counts.total.recordings).toBe(base.length);
    expect(recordings).toHaveLength(base.length);
  });
});

it('compares the likeliest pairs where there are too many', () => {
  const facts = (i: number) => ({ soundHash: String(i), seconds: 14 }) as SoundFacts;
  const printed = [0.1, 0.2, 0.3, 0.4].map((factor, i) => ({
    recording: held(`r${i}`, sound(0)),
    excluded: false,
    facts: facts(i),
    fingerprint: fingerprint(
      sound(0)
        .slice(i === 3 ? 14000 : 0)
        .map((x) => factor * x),
    ),
  }));
  expect(propose(printed)).toMatchObject({ proposals: { length: 6 }, left: 0 });
  const { proposals, left } = propose(printed, 3);
  expect(left).toBe(3);
  expect(proposals.map(({ one, other }) => [one.recording.id, other.recording.id])).toEqual([
    ['r0', 'r1'],
    ['r0', 'r2'],
    ['r1', 'r2'],
  ]);
});

describe('comparing', () => {
  const sine = (hz: number, phase: number, seed: number) =>
    noise(10 * RATE, 0.003, seed).map((x, i) => x + 0.3 * Math.sin((2 * Math.PI * hz * i) / RATE + phase));

  it('refuses hum, which is like itself at every period', () => {
    const [a, b] = [prepare(sine(50, 0, 1))!, prepare(sine(50, 0, 2))!];
    expect(compare(a, b, 0)).toBeNull();
    expect(compare(a, a, 0)).toMatchObject({ correlation: 1 });
  });

  it('refuses a heart that is compared with itself a beat later', () => {
    const regular = prepare(hearts(1, 20, 3)[0]!.samples)!;
    for (let offset = 800; offset < 3000; offset += 7) expect(compare(regular, regular, offset)).toBeNull();
  });

  it('wants more agreement of a short stretch than of a long one, and some of any', () => {
    // correlation 1/√(1 + r²) with noise of r times the level
    const mixed = (seconds: number, r: number) => {
      const a = noise(seconds * RATE, 0.3, 1);
      const b = noise(seconds * RATE, 0.3 * r, 2);
      return compare(prepare(a)!, prepare(b.map((x, i) => x + a[i]!))!, 0)?.correlation ?? null;
    };
    expect(mixed(3, 0.1)).toBeGreaterThan(0.985);
    expect(mixed(3, 0.3)).toBeNull();
    expect(mixed(8, 0.3)).toBeCloseTo(0.958, 1);
    expect(mixed(8, 0.55)).toBeNull();
  });

  it('refuses what agrees for less than two seconds', () => {
    const [a, b] = [noise(10 * RATE, 0.3, 1), noise(10 * RATE, 0.3, 2)];
    b.set(a.subarray(6000, 9000), 6000);
    expect(compare(prepare(a)!, prepare(b)!, 0)).toBeNull();
    b.set(a.subarray(6000, 16000), 6000);
    expect(compare(prepare(a)!, prepare(b)!, 0)).toMatchObject({ startA: 3, startB: 3, seconds: 5 });
  });
});

it('counts each place once, however many keys two recordings have in common', () => {
  const print = fingerprint(sound(0));
  expect(findCandidates([print, print])).toContainEqual({
    a: 0,
    b: 1,
    offset: 0,
    votes: print.places.length,
  });
});

it('finds no candidates where there is nothing to compare', () => {
  expect(findCandidates([])).toEqual([]);
  expect(findCandidates([fingerprint(sound(0)), fingerprint(new Float32Array(0))])).toEqual([]);
});
