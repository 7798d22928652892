import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type ChannelChoice,
  defaultFeatureSettings,
  type FeatureSettings,
  readWav,
  resample,
  writeWav16,
} from '../../src/dsp/index.ts';
import { hashFile } from '../../src/train/hash.ts';
import { mixDown, readSound } from '../../src/train/sound.ts';
import { openSound } from '../../src/train/sound-file.ts';
import { FileSource } from '../../src/train/sound-source.ts';
import { hashOf } from '../support/hash.ts';
import { writeFlac } from './flac-files.ts';
import { rejectionOf, temporaryFolder } from './temporary.ts';

const at = (sampleRate: number): FeatureSettings => ({ ...defaultFeatureSettings, sampleRate });

const noise = (length: number) => Float32Array.from({ length }, (_, i) => ((i * 7919) % 251) / 251 - 0.5);

/** A 16-bit file of interleaved samples. */
function wav(samples: Float32Array, rate: number, channels = 1): Uint8Array {
  const bytes = writeWav16(samples, rate);
  const view = new DataView(bytes.buffer);
  view.setUint16(22, channels, true);
  view.setUint32(28, rate * 2 * channels, true);
  view.setUint16(32, 2 * channels, true);
  return bytes;
}

/** A 32-bit float file. */
function floatWav(samples: Float32Array, rate: number): Uint8Array {
  const bytes = new Uint8Array(44 + samples.byteLength);
  bytes.set(writeWav16(new Float32Array(0), rate));
  const view = new DataView(bytes.buffer);
  view.setUint32(4, bytes.length - 8, true);
  view.setUint16(20, 3, true);
  view.setUint32(28, rate * 4, true);
  view.setUint16(32, 4, true);
  view.setUint16(34, 32, true);
  view.setUint32(40, samples.byteLength, true);
  for (const [i, sample] of samples.entries()) view.setFloat32(44 + 4 * i, sample, true);
  return bytes;
}

const folder = temporaryFolder();
let files = 0;
function file(bytes: Uint8Array): string {
  const path = join(folder, `${(files += 1)}.wav`);
  writeFileSync(path, bytes);
  return path;
}

const read = (path: string, features = at(2000)) => readSound({ id: path, path }, features);

describe('sound that is read in blocks', () => {
  // Longer than a block of the reader and than what is read of a file at a time.
  const cases = [
    [2000, 1, 1_200_000],
    [4000, 2, 300_000],
    [44100, 2, 600_001],
    [1000, 1, 100_000],
    [11025, 3, 40_000],
  ] as const;
  it.each(cases)('at %d Hz, %d channels, is what it is at once', async (rate, channels, samples) => {
    const frames = Math.floor(samples / channels);
    const path = file(wav(noise(frames * channels), rate, channels));
    const whole = mixDown(readWav(readFileSync(path)).channels);
    const sound = await read(path);
    expect(sound.sampleRate).toBe(2000);
    expect(sound.seconds).toBe(frames / rate);
    expect(sound.hash).toBe(hashFile(path));
    expect(hashOf(sound.samples)).toBe(hashOf(resample(whole, rate, 2000)));
  });

  it('comes in blocks, and leaves nothing behind: three minutes at 48 kHz', async () => {
    const path = file(wav(noise(180 * 48000), 48000));
    const opened = openSound(path);
    let longest = 0;
    for await (const [block] of (await opened.open()).blocks()) longest = Math.max(longest, block!.length);
    opened.close();
    expect(longest).toBeLessThan(100_000);
    // What the collector has found may be given back a little later.
    const used = async (enough: number) => {
      for (let i = 0; i < 100; i++) {
        globalThis.gc!();
        await new Promise((resolve) => setTimeout(resolve, 10));
        if (process.memoryUsage().arrayBuffers <= enough) break;
      }
      return process.memoryUsage().arrayBuffers;
    };
    const before = await used(0);
    const { samples } = await read(path);
    expect(samples.length).toBe(180 * 2000);
    const most = before + samples.byteLength + 5e6;
    expect(await used(most)).toBeLessThanOrEqual(most);
  });
});

describe('which channel', () => {
  const left = noise(4000);
  const right = noise(4000).map((x) => -x / 2);
  const stereo = Float32Array.from({ length: 8000 }, (_, i) => (i % 2 ? right : left)[i >> 1]!);
  const path = file(wav(stereo, 2000, 2));
  const of = (channel: ChannelChoice) => ({ ...at(2000), channel });
  const alone = (samples: Float32Array) => readWav(wav(samples, 2000)).channels[0];

  it('the mean of all, or one', async () => {
    expect((await read(path, of(1))).samples).toEqual(alone(left));
    expect((await read(path, of(2))).samples).toEqual(alone(right));
    const [a, b] = readWav(wav(stereo, 2000, 2)).channels as [Float32Array, Float32Array];
    for (const features of [at(2000), of('mix')])
      expect((await read(path, features)).samples).toEqual(a.map((x, i) => (x + b[i]!) / 2));
  });

  it.each([3, 0, -1, Number.NaN])('%d is not there', async (channel) => {
    const error = await rejectionOf(read(path, of(channel)));
    expect(error.code).toBe('recording/channel');
    expect(error.message).toContain(`${path} has no channel ${channel}: it has 1 to 2. `);
  });

  it('half a channel is none', async () => {
    expect((await rejectionOf(read(path, of(1.5)))).code).toBe('recording/channel');
  });
});

describe('the hash of a sound', () => {
  it('is the same whatever the file is like, and another for another rate or sound', async () => {
    const samples = readWav(wav(noise(4000), 2000)).channels[0]!;
    const twice = Float32Array.from({ length: 8000 }, (_, i) => samples[i >> 1]!);
    const paths = [
      wav(samples, 2000),
      floatWav(samples, 2000),
      wav(twice, 2000, 2),
      Uint8Array.of(...wav(samples, 2000), ...new TextEncoder().encode('LIST\0\0\0\0')),
    ].map(file);
    const sounds = await Promise.all(paths.map((path) => read(path)));
    expect(new Set(sounds.map(({ soundHash }) => soundHash)).size).toBe(1);
    expect(new Set(sounds.map(({ hash }) => hash)).size).toBe(4);
    const others = [
      wav(samples, 1900),
      wav(samples.subarray(1), 2000),
      wav(
        samples.map((x) => -x),
        2000,
      ),
    ];
    const more = await Promise.all(others.map((bytes) => read(file(bytes))));
    expect(new Set([sounds[0]!, ...more].map(({ soundHash }) => soundHash)).size).toBe(4);
  });

  it('is the same of FLAC, by whatever name', async () => {
    const samples = Int16Array.from(noise(4000), (x) => Math.round(x * 32768));
    const packed = writeFlac([samples], { rate: 2000 });
    const path = join(folder, 'a.flac');
    writeFileSync(path, packed);
    const plain = await read(
      file(
        wav(
          Float32Array.from(samples, (x) => x / 32768),
          2000,
        ),
      ),
    );
    const [flac, misnamed] = [await read(path), await read(file(packed))];
    expect(flac).toEqual({ ...plain, hash: hashFile(path) });
    expect(misnamed.soundHash).toBe(plain.soundHash);
    expect(misnamed.warnings).toEqual([expect.stringContaining('FLAC by its bytes, not .wav')]);
  });

  it.each(['a.mp3', 'a.flac', 'a.wav'])(
    '%s that is something else is refused for what it is',
    async (name) => {
      const path = join(folder, `odd-${name}`);
      writeFileSync(path, `OggS${'x'.repeat(5000)}`);
      expect((await rejectionOf(read(path))).message).toMatch(/Ogg/);
    },
  );

  it('does not depend on what the features want', async () => {
    const path = file(wav(noise(8000), 4000));
    const [low, high] = [await read(path, at(2000)), await read(path, at(4000))];
    expect(low.soundHash).toBe(high.soundHash);
    expect(low.samples.length).toBe(4000);
    expect(high.samples.length).toBe(8000);
  });
});

describe('samples that are no numbers', () => {
  it.each([
    ['NaN', 0],
    ['NaN', 150_000],
    ['Infinity', 77_777],
    ['-Infinity', 199_999],
  ])('%s at %d is said', async (value, index) => {
    const samples = noise(200_000);
    samples[index] = Number(value);
    const path = file(floatWav(samples, 8000));
    const error = await rejectionOf(read(path));
    expect(error.code).toBe('dsp/not-finite');
    expect(error.message).toBe(`${path}: sample ${index} of 200000 is ${value}. Repair or leave it out`);
  });
});

it('is flat only if all blocks are', async () => {
  const samples = new Float32Array(400_000).fill(0.25);
  const flat = file(wav(samples, 2000));
  expect((await rejectionOf(read(flat))).message).toContain('all 400000 samples are 0.25');
  for (const at of [100, 399_999]) {
    const sound = samples.slice();
    sound[at] = 0.5;
    expect((await read(file(wav(sound, 2000)))).seconds).toBe(200);
  }
});

describe('bytes of a file', () => {
  const bytes = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 2654435761) >>> 24);
  const path = file(bytes);

  it('are read wherever they are asked for', () => {
    const source = new FileSource(path);
    expect(source.size).toBe(bytes.length);
    for (const [
      offset,
      length,
    ] of [[0, 10], [4_999_990, 100], [3, 3_000_000], [2_097_150, 4], [5_000_000, 1], [0, 0], [7, 1]] as const) // biome-ignore format: pairs
      expect(Buffer.compare(source.read(offset, length), bytes.subarray(offset, offset + length))).toBe(0);
    expect(source.hash()).toBe(hashFile(path));
    source.close();
  });

  it('may come from a pipe', () => {
    const pipe = join(folder, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    spawn('sh', ['-c', 'cat "$0" > "$1"', path, pipe], { stdio: 'ignore' });
    const end = openSync(pipe, 'r');
    const source = new FileSource(`/dev/fd/${end}`);
    expect(source.size).toBe(bytes.length);
    expect(source.hash()).toBe(hashFile(path));
    source.close();
    closeSync(end);
  });

  it('that change meanwhile are not taken', async () => {
    const changing = file(wav(noise(4000), 2000));
    const sound = openSound(changing);
    sound.hash();
    appendFileSync(changing, 'x');
    expect(() => sound.checkUnchanged()).toThrow(/was changed while it was read/);
    sound.close();
  });
});
