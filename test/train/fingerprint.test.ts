import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ChannelChoice, writeWav16 } from '../../src/dsp/index.ts';
import { findCopies } from '../../src/train/copies.ts';
import { fingerprint } from '../../src/train/fingerprint.ts';
import { hashFile } from '../../src/train/hash.ts';
import { Interruption } from '../../src/train/interruption.ts';
import { divisible, prepareParts } from '../../src/train/prepare.ts';
import { splitOf } from '../../src/train/split.ts';
import { writeFlac } from './flac-files.ts';
import { entry } from './recordings.ts';
import { temporaryFolder } from './temporary.ts';

/** A sound that differs from seed to seed. */
const noise = (seed: number, length = 3000) =>
  Float32Array.from({ length }, (_, i) => (((i * 7919 + seed * 104729) % 2003) - 1001) / 1001);

/** The same samples with a chunk of other bytes behind them. */
function withNote(wav: Uint8Array, note: string): Uint8Array {
  const chunk = new TextEncoder().encode(note);
  const longer = new Uint8Array(wav.length + 8 + chunk.length);
  longer.set(wav);
  longer.set(new TextEncoder().encode('note'), wav.length);
  new DataView(longer.buffer).setUint32(wav.length + 4, chunk.length, true);
  longer.set(chunk, wav.length + 8);
  new DataView(longer.buffer).setUint32(4, longer.length - 8, true);
  return longer;
}

function recordings(files: Readonly<Record<string, Uint8Array>>) {
  const root = temporaryFolder();
  mkdirSync(root, { recursive: true });
  return Object.entries(files).map(([name, bytes]) => {
    writeFileSync(join(root, name), bytes);
    return { ...entry(name, 0, 's', name), path: join(root, name) };
  });
}

const wav = (seed: number, length = 3000, rate = 2000) => writeWav16(noise(seed, length), rate);

describe('fingerprint', () => {
  it('has the hash of every file, and of sounds that may be the same', async () => {
    const list = recordings({
      'a.wav': wav(1),
      'b.wav': withNote(wav(1), 'made elsewhere.'),
      'c.wav': wav(2),
      'longer.wav': wav(1, 3001),
      'faster.wav': wav(1, 3000, 4000),
      'copy.wav': wav(1),
    });
    const { contentHash, soundHash } = await fingerprint(list);
    for (const { id, path } of list) expect(contentHash.get(id)).toBe(hashFile(path));
    expect([...soundHash.keys()].sort()).toEqual(['a.wav', 'b.wav', 'c.wav', 'copy.wav']);
    expect(findCopies(list, { contentHash, soundHash })).toEqual([
      { kind: 'same-file', names: ['a.wav', 'copy.wav'] },
      { kind: 'same-sound', names: ['a.wav', 'b.wav', 'copy.wav'] },
    ]);
  });

  it('hears what is WAV by its bytes, whatever its name', async () => {
    const list = recordings({
      'a.wave': wav(1),
      'b.bwf': withNote(wav(1), 'made elsewhere.'),
      'c.mp3': withNote(wav(1), 'and there'),
      d: wav(2),
    });
    const prints = await fingerprint(list);
    expect(findCopies(list, prints)).toEqual([{ kind: 'same-sound', names: ['a.wave', 'b.bwf', 'c.mp3'] }]);
  });

  it('hears FLAC too, where another file is as long', async () => {
    const steps = noise(1).map((value) => Math.round(1000 * value));
    const samples = Float32Array.from(steps, (value) => value / 32768);
    const flac = writeFlac([steps], { rate: 2000 });
    const list = recordings({
      'a.wav': writeWav16(samples, 2000),
      'b.flac': flac,
      'c.wav': flac,
      'other.wav': wav(2),
      'shorter.flac': writeFlac([steps.slice(1)], { rate: 2000 }),
    });
    const { soundHash, contentHash } = await fingerprint(list);
    expect(findCopies(list, { soundHash, contentHash })).toEqual([
      { kind: 'same-file', names: ['b.flac', 'c.wav'] },
      { kind: 'same-sound', names: ['a.wav', 'b.flac', 'c.wav'] },
    ]);
    expect([...soundHash.keys()]).not.toContain('shorter.flac');
  });

  it('compares the channel that will be used', async () => {
    const two = (left: number, right: number) => {
      const [a, b] = [noise(left), noise(right)];
      const bytes = writeWav16(
        Float32Array.from({ length: 6000 }, (_, i) => (i % 2 ? b : a)[i >> 1]!),
        2000,
      );
      new DataView(bytes.buffer).setUint16(22, 2, true);
      new DataView(bytes.buffer).setUint16(32, 4, true);
      return bytes;
    };
    const list = recordings({ 'a.wav': two(1, 2), 'b.wav': two(3, 2), 'c.wav': two(2, 1), 'd.wav': wav(2) });
    const alike = async (channel?: ChannelChoice) =>
      findCopies(list, await fingerprint(list, channel ? { channel } : {})).map(({ names }) => names);
    expect(await alike()).toEqual([['a.wav', 'c.wav']]);
    expect(await alike(1)).toEqual([['c.wav', 'd.wav']]);
    expect(await alike(2)).toEqual([['a.wav', 'b.wav']]);
  });

  it('leaves out what cannot be read', async () => {
    const broken = wav(3).subarray(0, 30);
    const noFrames = new TextEncoder().encode('it may have frames further on');
    const list = [
      ...recordings({ 'a.wav': wav(1), 'broken.wav': broken, 'x.mp3': noFrames, 'y.mp3': noFrames }),
      { ...entry('gone', 0), path: '/nowhere/gone.wav' },
    ];
    const { fileHash, contentHash, soundHash } = await fingerprint(list);
    expect([...fileHash.keys()].sort()).toEqual(['a.wav', 'broken.wav', 'x.mp3', 'y.mp3']);
    expect([...contentHash.keys()].sort()).toEqual(['a.wav', 'x.mp3', 'y.mp3']);
    expect(soundHash.size).toBe(0);
    expect(findCopies(list, { contentHash })[0]?.names).toEqual(['x.mp3', 'y.mp3']);
  });

  it('does not take files without sound for copies of each other', async () => {
    const silence = writeWav16(new Float32Array(3000), 2000);
    const list = recordings({
      'a.wav': silence,
      'b.wav': silence,
      'c.wav': withNote(silence, 'silent too'),
      'd.wav': new Uint8Array(),
      'e.wav': new Uint8Array(),
      'f.mp3': new Uint8Array(),
      'g.mp3': new Uint8Array(),
      'h.wav': wav(1).subarray(0, 30),
      'i.wav': wav(1).subarray(0, 30),
    });
    const { fileHash, ...prints } = await fingerprint(list);
    expect([...fileHash.keys()]).toEqual(list.map(({ id }) => id));
    expect(findCopies(list, prints)).toEqual([]);
  });

  it('takes samples in memory as files', async () => {
    const list = [1, 1, 2].map((seed, i) => ({ ...entry(`m${i}`, 0, 's', `m${i}`), samples: noise(seed) }));
    const prints = await fingerprint(list);
    expect(findCopies(list, prints)).toEqual([{ kind: 'same-file', names: ['m0', 'm1'] }]);
  });

  it('tells how far it is, and stops when it is told to', async () => {
    const list = recordings({ 'a.wav': wav(1), 'b.wav': wav(2), 'c.wav': wav(3, 999) });
    const told: string[] = [];
    await fingerprint(list, { progress: (done, total) => told.push(`${done}/${total}`) });
    expect(told).toEqual(['1/3', '2/3', '3/3', '4/5', '5/5']);
    const controller = new AbortController();
    controller.abort();
    await expect(fingerprint(list, { signal: controller.signal })).rejects.toBeInstanceOf(Interruption);
  });
});

describe('the same sound in different files', () => {
  const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`r${i}.wav`, wav(i)]));
  const list = recordings({ ...files, 'other.wav': withNote(wav(0), 'saved again') }).map((each, i) => ({
    ...each,
    label: i % 2,
  }));

  it('is one subject for a split that is drawn, and said with its labels', async () => {
    const { recordings: joined, problems } = await divisible(list);
    expect(joined.find(({ id }) => id === 'other.wav')!.group).toBe('other.wav');
    expect(joined.find(({ id }) => id === 'r0.wav')!.group).toBe('other.wav');
    expect(problems.map(({ code, count }) => [code, count])).toEqual([['same-sound', 2]]);
    const relabelled = list.map((each) => (each.id === 'other.wav' ? { ...each, label: 1 } : each));
    expect((await divisible(relabelled)).problems.map(({ code }) => code)).toEqual([
      'same-sound',
      'same-sound-two-labels',
    ]);
  });

  it('on two sides of a given split is a leak', async () => {
    const ids = list.map(({ id }) => id);
    const split = splitOf({ train: ids.slice(0, 6), validation: ids.slice(6, 9), test: ids.slice(9) });
    const dataset = { recordings: list, classes: ['n', 'a'] };
    await expect(prepareParts(dataset, { seed: 1, split })).rejects.toMatchObject({
      code: 'split/leak',
      message: expect.stringContaining(
        '1 sound on two sides in different files: other.wav = r0.wav (train + test)',
      ),
    });
    const { parts } = await prepareParts(dataset, { seed: 1, split, allowLeaks: true });
    expect(parts.leaks).toEqual([
      { kind: 'same-sound', names: ['other.wav', 'r0.wav'], parts: ['train', 'test'] },
    ]);
    // What the split does not name is on no side.
    const without = splitOf({ ...split.parts, test: ids.slice(9, 12) });
    const prepared = await prepareParts(dataset, { seed: 1, split: without });
    expect(prepared.parts.unassigned).toEqual(['other.wav']);
    expect(prepared.problems).toEqual([]);
  });

  it('joins subjects on two sides even where the split does not name it', async () => {
    const ids = list.map(({ id }) => id);
    const split = splitOf({ train: ids.slice(0, 6), validation: ids.slice(6, 9), test: ids.slice(9, 12) });
    const subject = list.map((each, i) => (i > 10 ? { ...each, group: 'q' } : each));
    await expect(
      prepareParts({ recordings: subject, classes: ['n', 'a'] }, { seed: 1, split }),
    ).rejects.toMatchObject({
      code: 'split/leak',
      message: expect.stringContaining('q = r0.wav (train + test)'),
    });
  });

  it('the helper changes the bytes and nothing that is heard', () => {
    expect(readFileSync(list.at(-1)!.path).length).toBeGreaterThan(readFileSync(list[0]!.path).length);
  });
});
