/** FLAC and MP3 through the commands: a data set of FLAC is one of WAV, bit for bit. */
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { readWav } from '../../src/dsp/index.ts';
import { readMp3 } from '../../src/train/compressed/mp3.ts';
import { readSafetensors } from '../../src/train/index.ts';
import { writeFlac } from '../train/flac-files.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, pcg, QUICK, recordingsFolder, write } from './support.ts';

const runs: Record<string, string> = {};
const folders: Record<string, string> = {};

/** Every recording of a folder as FLAC instead. */
function toFlac(root: string): string {
  const table = readFileSync(join(root, 'labels.csv'), 'utf8');
  for (const [, name] of table.matchAll(/^(.*)\.wav,/gm)) {
    const file = join(root, `${name}.wav`);
    const { channels, sampleRate } = readWav(readFileSync(file));
    const integers = channels.map((channel) => channel.map((x) => x * 32768));
    write(join(root, `${name}.flac`), writeFlac(integers, { rate: sampleRate, block: 4096 }));
    rmSync(file);
  }
  write(join(root, 'labels.csv'), table.replaceAll('.wav,', '.flac,'));
  return root;
}

beforeAll(async () => {
  folders.wav = recordingsFolder();
  folders.flac = toFlac(recordingsFolder());
  for (const kind of ['wav', 'flac']) {
    runs[kind] = join(temporaryFolder(), 'run');
    const outcome = await pcg(['train', '--data', folders[kind]!, '--out', runs[kind], ...QUICK]);
    expect(outcome.code, outcome.stderr).toBe(0);
  }
});

test('training on FLAC gives the weights of training on WAV', () => {
  const [wav, flac] = ['wav', 'flac'].map((kind) =>
    readSafetensors(join(runs[kind]!, 'weights.safetensors')),
  );
  expect(flac!.tensors).toEqual(wav!.tensors);
});

test('predicts the same for a.flac as for a.wav', async () => {
  const results = await Promise.all(
    ['wav', 'flac'].map(async (kind) => {
      const file = join(folders[kind]!, `synth-0001.${kind}`);
      const [result] = json(await pcg(['predict', runs.wav!, file, '--json'])).results as {
        probability: number;
      }[];
      return result!.probability;
    }),
  );
  expect(results[0]).toBe(results[1]);
});

test('finds the FLAC files of a folder', async () => {
  const { results } = json(await pcg(['predict', runs.wav!, folders.flac!, '--json'])) as {
    results: unknown[];
  };
  expect(results).toHaveLength(36);
});

const golden = JSON.parse(
  readFileSync(new URL('../golden/dsp/compressed.json', import.meta.url), 'utf8'),
) as { files: { name: string; file: string }[] };
const mp3 = Uint8Array.from(
  Buffer.from(golden.files.find(({ name }) => name === 'MPEG 2.5, mono')!.file, 'base64'),
);

function folderWith(files: Readonly<Record<string, Uint8Array>>): string {
  const root = temporaryFolder();
  for (const [name, bytes] of Object.entries(files)) write(join(root, name), bytes);
  return root;
}

/** Frames of sound over and over, without the first, which says how many there are. */
function longMp3(): Uint8Array {
  const frames = readMp3(mp3, 0, 'a.mp3').frames.slice(1);
  const sound = Buffer.concat(frames.map(([from, to]) => mp3.subarray(from, to)));
  return Buffer.concat(new Array(6).fill(sound));
}

test('predicts for an MP3, and says what is odd about it', async () => {
  const root = folderWith({ 'a.mp3': longMp3(), 'b.wav': longMp3() });
  const good = await pcg(['predict', runs.wav!, join(root, 'a.mp3')]);
  expect(good.code, good.stderr).toBe(0);
  expect(good.stdout).toMatch(/a\.mp3\t[01]\.\d{4}\t(normal|abnormal)/);
  const misnamed = await pcg(['predict', runs.wav!, join(root, 'b.wav')]);
  expect(misnamed.code).toBe(0);
  expect(misnamed.stderr).toMatch(/b\.wav: it is MP3 by its bytes, not \.wav/);
});

test.each([
  ['a.mp3', Buffer.from('\xff\xf1\x50\x80\x00\x1f\xfc'.repeat(9), 'latin1'), /AAC/],
  ['b.mp3', Buffer.from(`OggS${'\0'.repeat(60)}`, 'latin1'), /Ogg/],
])('%s of another kind is refused by name of the kind', async (name, bytes, kind) => {
  const root = folderWith({ [name]: bytes });
  const { code, stderr } = await pcg(['predict', runs.wav!, join(root, name)]);
  expect(code).toBe(3);
  expect(stderr).toMatch(kind);
  expect(stderr).toMatch(/Convert it to WAV/);
});

test('a FLAC that is cut short is refused, with exit code 3', async () => {
  const whole = readFileSync(join(folders.flac!, 'synth-0001.flac'));
  const file = join(folderWith({ 'a.flac': whole.subarray(0, whole.length - 100) }), 'a.flac');
  const outcome = await pcg(['predict', runs.wav!, file, '--json']);
  expect(outcome.code).toBe(3);
  expect(JSON.stringify(json(outcome))).toMatch(/a\.flac: it ends within frame 1.*4096 of 8000 samples/);
});

test('without the package, the command that installs it is in the message', async () => {
  vi.doMock('mpg123-decoder', () => {
    throw new Error('Cannot find package');
  });
  const file = join(folderWith({ 'a.mp3': longMp3() }), 'a.mp3');
  const { code, stderr } = await pcg(['predict', runs.wav!, file]);
  vi.doUnmock('mpg123-decoder');
  expect(code).toBe(3);
  expect(stderr).toMatch(/npm install mpg123-decoder/);
});
