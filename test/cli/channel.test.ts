/** Which channel of several is heard: a choice that a model keeps. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readWav } from '../../src/dsp/index.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, type Outcome, pcg, QUICK, recordingsFolder } from './support.ts';

const mono = recordingsFolder();
const stereo = recordingsFolder();
const WAV = readdirSync(stereo).filter((name) => name.endsWith('.wav'));
for (const name of WAV) writeFileSync(join(stereo, name), besideNoise(readFileSync(join(mono, name))));

/** A file of two channels: the sound of a 16-bit mono file is the second, the first is another noise for each. */
function besideNoise(file: Uint8Array): Uint8Array {
  const frames = readWav(file).channels[0]!.length;
  const both = new Uint8Array(44 + 4 * frames);
  both.set(file.subarray(0, 44));
  const [from, to] = [new DataView(file.buffer, file.byteOffset), new DataView(both.buffer)];
  to.setUint32(4, 36 + 4 * frames, true);
  to.setUint16(22, 2, true);
  to.setUint32(28, 2 * from.getUint32(28, true), true);
  to.setUint16(32, 4, true);
  to.setUint32(40, 4 * frames, true);
  let state = file[60]! + 1;
  for (let i = 0; i < frames; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    to.setInt16(44 + 4 * i, (state >>> 16) - 32768, true);
    to.setInt16(46 + 4 * i, from.getInt16(44 + 2 * i, true), true);
  }
  return both;
}

async function train(data: string, ...more: string[]) {
  const out = join(temporaryFolder(), 'run');
  return { out, outcome: await pcg(['train', '--data', data, '--out', out, ...QUICK, '--json', ...more]) };
}

const settingsOf = (run: string) =>
  (JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as { config: { features: object } }).config
    .features;

const lines = (outcome: Outcome) => outcome.stdout.replaceAll(/\S+\/(?=\S+\.wav)/g, '');

describe('a model of one channel', () => {
  let [alone, second]: { out: string; outcome: Outcome }[] = [];
  beforeAll(async () => {
    alone = await train(mono);
    second = await train(stereo, '--channel', '2', '--split', join(alone.out, 'split.json'));
  });

  it('is that of the same sound in files of their own', () => {
    expect([alone!.outcome.code, second!.outcome.code]).toEqual([0, 0]);
    expect(json(second!.outcome).test).toEqual(json(alone!.outcome).test);
    expect(settingsOf(second!.out)).toEqual({ ...settingsOf(alone!.out), channel: 2 });
  });

  it('hears it in predict and evaluate too, without being told', async () => {
    const predict = (run: string, folder: string) =>
      pcg(['predict', run, folder, '--csv', '--device', 'cpu']);
    const expected = await predict(alone!.out, mono);
    expect(expected.code).toBe(0);
    expect(lines(await predict(second!.out, stereo))).toBe(lines(expected));
    // Without the choice the noise would be heard.
    expect(lines(await predict(alone!.out, stereo))).not.toBe(lines(expected));
    const evaluate = async (run: string, data: string) =>
      json(await pcg(['evaluate', run, '--data', data, '--json', '--threads', '1'])).evaluation;
    const figures = await evaluate(alone!.out, mono);
    expect(figures).toMatchObject({ pooled: { count: 36 } });
    expect(await evaluate(second!.out, stereo)).toEqual(figures);
    expect(await evaluate(alone!.out, stereo)).not.toEqual(figures);
  });

  it('says so where a file has no such channel, and judges the others', async () => {
    const file = join(mono, WAV[0]!);
    const { code, stdout, stderr } = await pcg([
      'predict',
      second!.out,
      file,
      join(stereo, WAV[0]!),
      '--csv',
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain(`${file} has no channel 2: it has one.`);
    expect(stdout.trim().split('\n')).toEqual([
      expect.any(String),
      expect.stringMatching(/^[^,]+,,,.*has no channel 2/),
      expect.stringMatching(/^[^,]+,0\.\d+,\w+,$/),
    ]);
  });

  it('is refused where the split has the same sound of that channel on two sides', async () => {
    const split = join(alone!.out, 'split.json');
    const { train: heard, test } = JSON.parse(readFileSync(split, 'utf8')).parts as Record<string, string[]>;
    const [from, to] = [heard![0]!, test![0]!].map((id) => join(stereo, `${id}.wav`)) as [string, string];
    const before = readFileSync(to);
    // The other channel stays, so that the mean of both is another.
    const copy = Buffer.from(before);
    const sound = readFileSync(from);
    for (let at = 46; at < copy.length; at += 4) copy.writeInt16LE(sound.readInt16LE(at), at);
    writeFileSync(to, copy);
    const { outcome } = await train(stereo, '--channel', '2', '--split', split);
    writeFileSync(to, before);
    expect(jsonError(outcome).code).toBe('split/leak');
  });

  it('keeps its choice with its settings, and an option is on top', async () => {
    const [config, split] = [join(second!.out, 'run.json'), join(second!.out, 'split.json')];
    const again = await train(stereo, '--config', config, '--split', split);
    expect(json(again.outcome).test).toEqual(json(alone!.outcome).test);
    const mixed = await train(stereo, '--config', config, '--split', split, '--channel', 'mix');
    expect(settingsOf(mixed.out)).toEqual(settingsOf(alone!.out));
    expect(json(mixed.outcome).test).not.toEqual(json(alone!.outcome).test);
  });
});

it('can be chosen in a file of settings', async () => {
  const config = join(temporaryFolder(), 'settings.json');
  writeFileSync(config, '{"features": {"channel": 1}}');
  const { out, outcome } = await train(mono, '--config', config);
  expect(outcome.code).toBe(0);
  expect(settingsOf(out)).toMatchObject({ channel: 1 });
});

it('that is nowhere is an error of the data', async () => {
  const { outcome } = await train(stereo, '--channel', '3');
  expect(outcome.code).toBe(3);
  expect(jsonError(outcome).message).toContain('has no channel 3: it has 1 to 2.');
});

it.each(['0', '-1', '1.5', 'left', ''])('%j is no channel', async (channel) => {
  const { outcome } = await train(mono, `--channel=${channel}`);
  expect([outcome.code, jsonError(outcome).code]).toEqual([2, 'usage/invalid-argument']);
});
