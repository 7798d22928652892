import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultFeatureSettings, writeWav16 } from '../../src/dsp/index.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { buildModel } from '../../src/layers/index.ts';
import { failureOf, loadExamples, summariseSkipped } from '../../src/train/load.ts';
import type { LoadedModel, ModelCard } from '../../src/train/model-file.ts';
import { type FilePrediction, findFiles, predictFiles } from '../../src/train/predict.ts';
import { mixDown } from '../../src/train/sound.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

/** Two seconds of something at 2000 Hz. */
const SOUND = Float32Array.from({ length: 4000 }, (_, i) => ((i * 7919) % 251) / 251 - 0.5);

/** A stereo file of the same samples, one channel upside down. */
function cancelling(): Uint8Array {
  const stereo = Float32Array.from({ length: 8000 }, (_, i) => SOUND[i >> 1]! * (i % 2 ? -1 : 1));
  const bytes = writeWav16(stereo, 2000);
  new DataView(bytes.buffer).setUint16(22, 2, true);
  new DataView(bytes.buffer).setUint16(32, 4, true);
  return bytes;
}

/** A folder with a good recording, `good.wav`, and what else is given. */
function recordings(files: Readonly<Record<string, Uint8Array>> = {}): string {
  const root = temporaryFolder();
  for (const [name, bytes] of Object.entries({ 'good.wav': writeWav16(SOUND, 2000), ...files }))
    writeFileSync(join(root, name), bytes);
  return root;
}

const load = (root: string, names: readonly string[]) =>
  loadExamples(
    names.map((id) => ({ id, path: join(root, id), site: 's', group: id, label: 0 })),
    defaultFeatureSettings,
  );

describe('recordings that say nothing of a heart are left out, and the others go on', () => {
  it.each([
    ['recording/flat', 'silent', writeWav16(new Float32Array(4000), 2000), 'all 4000 samples are 0'],
    ['recording/flat', 'constant', writeWav16(new Float32Array(4000).fill(0.25), 2000), 'samples are 0.25'],
    ['recording/flat', 'clipped', writeWav16(new Float32Array(4000).fill(-7), 2000), 'samples are -1'],
    ['recording/flat', 'cancelling', cancelling(), 'all 4000 samples are 0'],
    ['recording/rate', '1 Hz', writeWav16(SOUND, 1), 'nothing above 0.5 Hz, of 900 Hz'],
    ['recording/rate', '899 Hz', writeWav16(SOUND, 899), 'At least 900 samples a second'],
    ['recording/too-short', 'short', writeWav16(SOUND.subarray(0, 1999), 2000), '1.000 s long'],
  ])('%s: %s', async (code, _, bytes, message) => {
    const root = recordings({ 'bad.wav': bytes });
    const { examples, skipped } = await load(root, ['bad.wav', 'good.wav']);
    expect(examples.map(({ id }) => id)).toEqual(['good.wav']);
    expect(skipped).toEqual([{ record: 'bad.wav', code, message: expect.stringContaining(message) }]);
  });

  it('a rate that holds half of the band or more is a warning', async () => {
    const root = recordings({ 'low.wav': writeWav16(SOUND, 900), 'enough.wav': writeWav16(SOUND, 1800) });
    const { examples, warnings } = await load(root, ['low.wav', 'enough.wav', 'good.wav']);
    expect(examples).toHaveLength(3);
    expect(warnings).toEqual([expect.stringContaining('low.wav has 900 samples a second')]);
  });

  it('one that does not fit into memory, and nothing else that is a RangeError', () => {
    const memory = errorThrown(() => new Float32Array(1e15));
    expect(failureOf(memory, 'a\n.wav')).toEqual({
      code: 'recording/memory',
      message: "a\\n.wav is too long for this machine's memory",
    });
    expect(() => failureOf(new RangeError('Maximum call stack size exceeded'), 'a.wav')).toThrow(/stack/);
    expect(() => failureOf(new TypeError('x'), 'a.wav')).toThrow(TypeError);
  });

  it('are counted by reason', () => {
    const skip = (record: string, code: string) => ({ record, code, message: `${record} is bad` });
    const skipped = [skip('a', 'wav/x'), skip('b', 'wav/y'), skip('c', 'wav/y')];
    expect(summariseSkipped([], 3)).toBe('0 of 3 recordings could not be used');
    expect(summariseSkipped(skipped, 3)).toBe(
      '3 of 3 recordings could not be used: 2 wav/y (the first: b is bad); 1 wav/x (a is bad)',
    );
  });
});

it('channels are mixed to their mean', () => {
  const channels = [[1, 2], [3, 6], [5, 7]].map((channel) => Float32Array.from(channel)); // biome-ignore format: pairs
  expect(mixDown(channels)).toEqual(Float32Array.of(3, 5));
});

describe('judging many files', () => {
  const judgeAll = async (files: readonly string[]) => {
    const backend = await cpu();
    const model = buildModel({ name: 'pcg-lite', bands: 64, frames: 40, classes: 2 }, { seed: 1, backend });
    const card = {
      classes: ['a', 'b'],
      threshold: 0.5,
      features: defaultFeatureSettings,
    } as unknown as ModelCard;
    const results: FilePrediction[] = [];
    for await (const result of predictFiles({ model, card } as LoadedModel, files)) results.push(result);
    await backend.close();
    return results.map((result) => ('error' in result ? result.error.code : result.decision !== ''));
  };

  it('goes on after bad ones, empty folders and named pipes', async () => {
    const root = recordings({
      'flat.wav': writeWav16(new Float32Array(4000), 2000),
      'slow.wav': writeWav16(SOUND, 1),
    });
    const empty = temporaryFolder({ 'x.wav/readme.txt': '' });
    const pipe = join(temporaryFolder(), 'pipe.wav');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const files = findFiles([join(empty, 'x.wav'), empty, pipe, root, join(root, 'none.wav')]);
    expect(files).toEqual([
      join(empty, 'x.wav'),
      empty,
      pipe,
      ...['flat.wav', 'good.wav', 'slow.wav', 'none.wav'].map((name) => join(root, name)),
    ]);
    expect(await judgeAll(files)).toEqual([
      'predict/no-files',
      'predict/no-files',
      'file/not-regular',
      'recording/flat',
      true,
      'recording/rate',
      'file/not-found',
    ]);
  });

  it('needs at least one', () => {
    expect(errorOf(() => findFiles([])).code).toBe('predict/no-files');
    expect(errorOf(() => findFiles([temporaryFolder(), temporaryFolder()])).code).toBe('predict/no-files');
  });
});

function errorThrown(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('expected an error, got none');
}
