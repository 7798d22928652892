import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeWav16 } from '../../src/dsp/index.ts';
import { parseCsv } from '../../src/train/csv.ts';
import { withoutGpu } from '../support/gpu.ts';
import { writeFlac } from '../train/flac-files.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, pcg, QUICK, recordingsFolder } from './support.ts';

let data: string;
let run: string;
beforeAll(async () => {
  data = recordingsFolder();
  run = join(temporaryFolder(), 'run');
  expect((await pcg(['train', '--data', data, '--out', run, ...QUICK])).code).toBe(0);
});

const wav = (n: number) => join(data, `synth-000${n}.wav`);

interface Predicted {
  readonly file: string;
  readonly probability: number;
  readonly decision: string;
  readonly probabilities: Readonly<Record<string, number>>;
}

describe('predict', () => {
  test('gives one line a file: name, probability, decision', async () => {
    const { code, stdout, stderr } = await pcg(['predict', run, wav(1), wav(2)]);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/synth-0001\.wav\t[01]\.\d{4}\t(normal|abnormal)$/);
    expect(stderr).toMatch(/^file, probability of "abnormal", decision \("abnormal" from 0\.\d{3} on\)\n$/);
    expect((await pcg(['predict', run, wav(1), '--quiet'])).stderr).toBe('');
  });

  test('aligns its columns on a terminal', async () => {
    const { stdout } = await pcg(['predict', run, wav(1), data], { columns: 100, env: { NO_COLOR: '1' } });
    const places = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.search(/ [01]\.\d{4} /));
    expect(new Set(places).size).toBe(1);
  });

  test('says the same in text, JSON and CSV, and what training wrote down', async () => {
    const text = (await pcg(['predict', run, data])).stdout.trimEnd().split('\n');
    const document = json(await pcg(['predict', run, data, '--json'])) as { results: Predicted[] };
    const csv = parseCsv((await pcg(['predict', run, data, '--csv'])).stdout, 'stdout');
    const saved = parseCsv(readFileSync(join(run, 'predictions.csv'), 'utf8'), 'predictions.csv');
    expect(document.results).toHaveLength(36);
    for (const [i, { file, probability, decision, probabilities }] of document.results.entries()) {
      expect(text[i]).toBe(`${file}\t${probability.toFixed(4)}\t${decision}`);
      expect(csv[i + 1]!.cells).toEqual([file, String(probability), decision, '']);
      expect(probabilities.abnormal).toBe(probability);
      const row = saved[i + 1]!.cells;
      expect(file).toContain(row[0]!);
      expect([String(probability), decision]).toEqual([row[4], row[5]]);
    }
  });

  test('works with the safetensors file alone, for any number of threads', async () => {
    const alone = join(temporaryFolder(), 'model.safetensors');
    writeFileSync(alone, readFileSync(join(run, 'weights.safetensors')));
    const expected = (await pcg(['predict', run, data])).stdout;
    for (const threads of ['1', '2']) {
      const outcome = await pcg(['predict', alone, data, '--threads', threads]);
      expect([outcome.code, outcome.stdout]).toEqual([0, expected]);
    }
  });

  describe('with bad files', () => {
    const bad = temporaryFolder({ 'text.wav': 'no sound' });
    const files = () => [
      wav(1),
      join(bad, 'text.wav'),
      join(bad, 'gone.wav'),
      join(bad, 'short.wav'),
      wav(2),
    ];
    beforeAll(() => writeFileSync(join(bad, 'short.wav'), writeWav16(new Float32Array(400), 2000)));

    test('reports them, goes on and exits 3', async () => {
      const { code, stdout, stderr } = await pcg(['predict', run, ...files()]);
      expect(code).toBe(3);
      expect(stdout.trimEnd().split('\n')).toHaveLength(2);
      expect(stderr.match(/^error: .*(text|gone|short)\.wav/gm)).toHaveLength(3);
      expect(stderr).toContain('3 of 5 files could not be judged');
    });

    test('names the errors in JSON and CSV too', async () => {
      const outcome = await pcg(['predict', run, ...files(), '--json']);
      expect(outcome.code).toBe(3);
      const { results } = json(outcome) as { results: { error?: { code: string } }[] };
      expect(results.map(({ error }) => error?.code.split('/')[0])).toEqual([
        undefined,
        'wav',
        'file',
        'recording',
        undefined,
      ]);
      const csv = parseCsv((await pcg(['predict', run, ...files(), '--csv'])).stdout, 'stdout');
      expect(csv.map(({ cells }) => cells.length)).toEqual([4, 4, 4, 4, 4, 4]);
      expect(csv[2]!.cells[3]).toContain('text.wav');
    });

    test('of which there is only one, says it once', async () => {
      const { code, stderr } = await pcg(['predict', run, join(bad, 'gone.wav'), '--quiet']);
      expect([code, stderr.match(/error:/g)]).toEqual([3, ['error:']]);
    });
  });

  test.each<[string, () => string[], string, number]>([
    ['a folder without recordings', () => [run, temporaryFolder()], 'predict/no-files', 2],
    ['a model that is none', () => [wav(1), wav(1)], 'safetensors/', 3],
    ['a folder that is no run', () => [data, wav(1)], 'run/incomplete', 2],
  ])('%s is an error', async (_, argv, errorCode, code) => {
    const outcome = await pcg(['predict', ...argv(), '--json']);
    expect(outcome.code).toBe(code);
    expect(jsonError(outcome).code).toContain(errorCode);
  });
});

describe('evaluate', () => {
  test('gives the held-back figures again', async () => {
    const outcome = await pcg(['evaluate', run, '--json']);
    const { test: saved } = JSON.parse(readFileSync(join(run, 'metrics.json'), 'utf8')) as { test: object };
    expect(outcome.code).toBe(0);
    expect(json(outcome)).toMatchObject({ data: null, synthetic: false, overlap: null, skipped: [] });
    expect(json(outcome).evaluation).toEqual(saved);
  });

  test('judges other recordings, and says when they are not others', async () => {
    const csv = join(temporaryFolder(), 'out.csv');
    const outcome = await pcg(['evaluate', run, '--data', data, '--csv', csv, '--json']);
    expect(outcome.code).toBe(0);
    const { overlap, evaluation } = json(outcome) as {
      overlap: Record<string, number>;
      evaluation: { pooled: { count: number }; baselines: object };
    };
    expect(evaluation.pooled.count).toBe(36);
    expect(Object.keys(evaluation.baselines)).toEqual(['majority', 'site-only']);
    expect(overlap.train! + overlap.validation! + overlap.test!).toBe(36);
    expect(outcome.stderr).toMatch(/warning: \d+ of these recordings were trained on/);
    expect(parseCsv(readFileSync(csv, 'utf8'), csv)).toHaveLength(37);
  });

  test('knows its recordings in files with other headers and in FLAC, and its subjects by name', async () => {
    const rows = parseCsv(readFileSync(join(run, 'predictions.csv'), 'utf8'), 'predictions.csv').slice(1);
    const trained = rows.filter(({ cells }) => cells[6] === 'train').map(({ cells }) => cells[0]!);
    // Two sounds are others, of the same subjects; that of the third is exact in another format.
    const [one, two, flac] = trained as [string, string, string];
    const other = recordingsFolder((lines) => lines.map((line) => line.replace(`${flac}.wav`, 'x.flac')));
    for (const name of readdirSync(other).filter((each) => each.endsWith('.wav'))) {
      const bytes = readFileSync(join(other, name));
      if (name.startsWith(one) || name.startsWith(two)) bytes.writeInt16LE(bytes.readInt16LE(1000) ^ 1, 1000);
      writeFileSync(join(other, name), Buffer.concat([bytes, Buffer.from('note\x04\0\0\0made')]));
    }
    const values = Uint8Array.from(readFileSync(join(data, `${flac}.wav`)).subarray(44));
    const samples = new Int16Array(values.buffer);
    writeFileSync(join(other, 'x.flac'), writeFlac([samples], { rate: 2000, block: 4000 }));
    rmSync(join(other, `${flac}.wav`));
    const outcome = await pcg(['evaluate', run, '--data', other, '--json']);
    const { overlap, sharedSubjects, warnings } = json(outcome) as {
      overlap: Record<string, number>;
      sharedSubjects: string[];
      warnings: string[];
    };
    const count = (part: string) => rows.filter(({ cells }) => cells[6] === part).length;
    const train = trained.length - 2;
    expect(overlap).toEqual({ train, validation: count('validation'), test: count('test') });
    const subjects = rows.filter(({ cells }) => cells[0] === one || cells[0] === two);
    expect(sharedSubjects).toEqual([...new Set(subjects.map(({ cells }) => cells[1]!))].sort());
    expect(warnings).toEqual([
      expect.stringContaining(
        `${train} of these recordings were trained on and ${count('validation')} validated`,
      ),
      expect.stringMatching(/^2 others are of subjects by whose names .*: unless they are other people, /),
    ]);
  });

  test('works with the safetensors file alone, and says what it cannot know', async () => {
    const file = join(run, 'weights.safetensors');
    const outcome = await pcg(['evaluate', file, '--data', data]);
    expect(outcome.code).toBe(0);
    expect(outcome.stdout).toContain('within synthetic-b');
    expect(outcome.stdout).not.toContain('rule:');
    expect(outcome.stderr).toContain('does not say which recordings it was trained on');
  });

  test('skips bad files, says so and exits 3', async () => {
    const other = recordingsFolder();
    writeFileSync(join(other, 'synth-0004.wav'), 'no sound');
    const outcome = await pcg(['evaluate', run, '--data', other]);
    expect(outcome.code).toBe(3);
    expect(outcome.stderr).toMatch(/skipped 1 recording .*synth-0004/);
    expect(outcome.stdout).toContain('35 recordings');
  });

  test('refuses classes that the model does not know', async () => {
    const other = recordingsFolder((rows) => rows.map((row) => row.replace(',abnormal,', ',murmur,')));
    const outcome = await pcg(['evaluate', run, '--data', other, '--json']);
    expect(outcome.code).toBe(2);
    expect(jsonError(outcome)).toMatchObject({
      code: 'evaluate/classes',
      message: expect.stringContaining('murmur'),
    });
  });

  test('needs recordings beside a model file', async () => {
    const outcome = await pcg(['evaluate', join(run, 'weights.safetensors')]);
    expect([outcome.code, outcome.stderr]).toEqual([2, expect.stringContaining('recordings with --data')]);
  });

  test('says when its table cannot be written', async () => {
    const csv = join(temporaryFolder(), 'no', 'out.csv');
    const outcome = await pcg(['evaluate', run, '--csv', csv]);
    expect([outcome.code, existsSync(csv)]).toEqual([2, false]);
    expect(outcome.stderr).toContain(csv);
  });

  test('never writes its table over a file of a run', async () => {
    const csv = join(run, 'predictions.csv');
    const before = readFileSync(csv, 'utf8');
    const outcome = await pcg(['evaluate', run, '--csv', csv]);
    expect(outcome.code).toBe(2);
    expect(outcome.stderr).toContain('inside a run folder');
    expect(readFileSync(csv, 'utf8')).toBe(before);
  });
});

describe('doctor', () => {
  test('says what is there and what will be used', async () => {
    const { code, stdout } = await withoutGpu(() => pcg(['doctor']));
    expect(code).toBe(0);
    expect(stdout).toContain(`Node ${process.versions.node}`);
    expect(stdout).toMatch(/^cpu +works: \d+ ops on 2 threads agree with the float64 reference/m);
    expect(stdout).toMatch(/^webgpu +no: /m);
    expect(stdout).toMatch(/^auto takes +cpu \(no GPU: (no adapter|the optional package webgpu is not)/m);
  });

  test('--json is one document, in which cpu agrees with the reference', async () => {
    const document = json(await withoutGpu(() => pcg(['doctor', '--json']))) as {
      cpu: { ok: boolean; worst: { error: number } };
      webgpu: { ok: boolean };
      device: { name: string; ok: boolean };
    };
    expect(document.cpu.ok).toBe(true);
    expect(document.cpu.worst.error).toBeLessThan(1e-4);
    expect(document.webgpu.ok).toBe(false);
    expect(document.device).toMatchObject({ name: 'cpu', ok: true });
  });
});
