import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { writeWav16 } from '../../src/dsp/index.ts';
import { parseCsv } from '../../src/train/csv.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, pcg, QUICK, write } from './support.ts';

const RATE = 2000;

/** 3 s of clicks at a heart's rate under a tone: the tone is what tells classes apart. */
function sound(tone: number, seed: number): Uint8Array {
  let state = seed + 1;
  const noise = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
  const samples = Float32Array.from({ length: 3 * RATE }, (_, i) => {
    const beat = i % 1600 < 120 ? 0.5 * Math.sin(i / 8) : 0;
    return 0.25 * Math.sin((2 * Math.PI * tone * i) / RATE) + beat + 0.05 * noise();
  });
  return writeWav16(samples, RATE);
}

const LONG = 'mitral valve prolapse with regurgitation';
const CLASSES = ['normal', 'aortic stenosis', LONG];
const run = (root: string, out: string, ...options: string[]) =>
  pcg(['train', '--data', root, '--out', out, '--cache', 'off', ...QUICK, ...options]);

describe('three classes from folders', () => {
  const root = temporaryFolder();
  const out = join(temporaryFolder(), 'run');
  let text: string;
  beforeAll(async () => {
    for (const [k, name] of CLASSES.entries())
      for (let i = 0; i < 10; i++)
        write(join(root, name, `s${k}${i}`, 'heart.wav'), sound(60 + 120 * k, 10 * k + i));
    const outcome = await run(root, out, '--balance', 'class', '--epochs', '3');
    expect([outcome.code, outcome.stderr]).toEqual([
      0,
      expect.stringContaining('30 recordings (10 normal, 10 aor'),
    ]);
    text = outcome.stdout;
  });

  test('the report has a row a class, and fits 80 columns', () => {
    const lines = text.split('\n');
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
    expect(text).toMatch(/^class, all sites pooled +AUC +recall +spec\. +prec\. +F1 +recordings$/m);
    expect(text).toMatch(/^aortic stenosis +[\d.–]+ +[\d.–]+ +[\d.–]+ +[\d.–]+ +[\d.–]+ +2$/m);
    expect(text).toMatch(/^mitral valve prolapse with regu… /m);
    // Three names are too wide for columns: numbers stand for them.
    expect(text).toMatch(/^confusion: true in rows, decided in columns +1 +2 +3$/m);
    expect(text).toMatch(/^2 aortic stenosis +\d +\d +\d$/m);
    expect(text).not.toContain('from a probability of');
  });

  test('metrics.json has macro figures and those of each class', () => {
    const { test: figures } = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as {
      test: {
        classes: string[];
        pooled: {
          macc: number;
          recall: number;
          auc: number;
          threshold: null;
          perClass: Record<string, number>[];
        };
        baselines: Record<string, { rule: string }>;
      };
    };
    const { classes, pooled, baselines } = figures;
    expect(classes).toEqual(CLASSES);
    const mean = (name: string) => pooled.perClass.reduce((sum, each) => sum + each[name]!, 0) / 3;
    expect([pooled.macc, pooled.recall, pooled.auc]).toEqual([mean('recall'), mean('recall'), mean('auc')]);
    expect(pooled.threshold).toBeNull();
    expect(baselines['site-only']!.rule).toContain('most frequent class of the site');
    for (const name of ['confusion.svg', 'curves.svg']) expect(existsSync(join(out, name))).toBe(true);
  });

  test('it learned: tones are told apart better than by chance', async () => {
    const { evaluation } = json(await pcg(['evaluate', out, '--data', root, '--cache', 'off', '--json'])) as {
      evaluation: { pooled: { auc: number; count: number } };
    };
    expect(evaluation.pooled.count).toBe(30);
    expect(evaluation.pooled.auc).toBeGreaterThan(0.7);
  });

  test('evaluate says the same again', async () => {
    const again = (await pcg(['evaluate', out])).stdout;
    const figures = (report: string) => report.split('\n').filter((line) => /\d\.\d{3}/.test(line));
    expect(figures(again)).toEqual(figures(text));
    expect(again).toContain('The most probable class is decided on.');
  });

  test('predict gives the probability of each, the same in text, CSV, JSON and predictions.csv', async () => {
    const files = CLASSES.map((name, k) => join(root, name, `s${k}0`, 'heart.wav'));
    const outcome = await pcg(['predict', out, ...files]);
    expect(outcome.stderr).toContain(`probabilities of ${CLASSES.join(', ')}`);
    const lines = outcome.stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split('\t'));
    const { results } = json(await pcg(['predict', out, ...files, '--json'])) as {
      results: { probability: number; decision: string; probabilities: Record<string, number> }[];
    };
    const csv = parseCsv((await pcg(['predict', out, ...files, '--csv'])).stdout, 'stdout');
    expect(csv[0]!.cells).toEqual([
      'file',
      'probability',
      'decision',
      'error',
      ...CLASSES.map((c) => `probability:${c}`),
    ]);
    const saved = parseCsv(readFileSync(join(out, 'predictions.csv'), 'utf8'), 'predictions.csv');
    for (const [i, { probability, decision, probabilities }] of results.entries()) {
      const values = CLASSES.map((name) => probabilities[name]!);
      expect(probability).toBe(Math.max(...values));
      expect(decision).toBe(CLASSES[values.indexOf(probability)]);
      expect(lines[i]).toEqual([
        files[i],
        probability.toFixed(4),
        decision,
        ...values.map((value) => value.toFixed(4)),
      ]);
      expect(csv[i + 1]!.cells).toEqual([files[i], String(probability), decision, '', ...values.map(String)]);
      const row = saved.find(({ cells }) => cells[0] === `${CLASSES[i]}/s${i}0/heart`)!.cells;
      expect(row.slice(7)).toEqual(values.map(String));
    }
  });

  test('--classes leaves one out, and evaluate needs it then', async () => {
    const two = join(temporaryFolder(), 'two');
    const outcome = await run(root, two, '--classes', `aortic stenosis,normal`);
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toContain(`excluded 10 recordings, of class "${LONG}", which is not among`);
    expect(outcome.stdout).toContain('"normal" from a probability of');
    const all = await pcg(['evaluate', two, '--data', root, '--cache', 'off', '--json']);
    expect(jsonError(all).code).toBe('evaluate/classes');
    expect(jsonError(all).message).toContain('--classes');
    const chosen = await pcg([
      'evaluate',
      two,
      '--data',
      root,
      '--cache',
      'off',
      '--classes',
      'normal,aortic stenosis',
      '--json',
    ]);
    expect((json(chosen) as { evaluation: { pooled: { count: number } } }).evaluation.pooled.count).toBe(20);
    expect((await run(root, join(two, 'x'), '--classes', 'a,,b')).code).toBe(2);
  });
});

describe('patients', () => {
  const root = temporaryFolder();
  const out = join(temporaryFolder(), 'run');
  const ids = Array.from({ length: 16 }, (_, i) => String(100 + i));
  const sick = (i: number) => i % 2 === 1;
  const at = (id: string, place: string) => join(root, 'training_data', `${id}_${place}.wav`);
  let text: string;
  beforeAll(async () => {
    const rows = ids.map((id, i) => {
      for (const place of i % 3 === 0 ? ['AV'] : ['AV', 'MV'])
        write(at(id, place), sound(sick(i) ? 300 : 60, place === 'AV' ? i : i + 50));
      const murmur = i === 15 ? 'Unknown' : sick(i) ? 'Present' : 'Absent';
      return `${id},${i % 3 === 0 ? 'AV' : 'AV+MV'},${murmur},${i % 4 < 2 ? 'Normal' : 'Abnormal'},CC2014`;
    });
    const header = 'Patient ID,Recording locations:,Murmur,Outcome,Campaign';
    writeFileSync(join(root, 'training_data.csv'), [header, ...rows, ''].join('\n'));
    const outcome = await run(root, out, '--classes', 'Absent,Present');
    expect([outcome.code, outcome.stderr]).toEqual([
      0,
      expect.stringContaining(
        '25 recordings of 15 patients (murmur: 13 Absent, 12 Present; positive: Present)',
      ),
    ]);
    text = outcome.stdout;
  });

  test('have a block of their own, a threshold, and columns in predictions.csv', () => {
    expect(text).toMatch(/^By patient: the mean over the recordings of each$/m);
    expect(text).toMatch(/ F1 +patients$/m);
    expect(text).toMatch(/^For patients from 0\.\d{3} on, chosen there too\.$/m);
    const metrics = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as {
      patientThreshold: number;
      test: { pooled: { count: number }; patients: { pooled: { count: number; threshold: number } } };
    };
    const { pooled } = metrics.test.patients;
    expect(pooled.threshold).toBe(metrics.patientThreshold);
    const rows = parseCsv(readFileSync(join(out, 'predictions.csv'), 'utf8'), 'p').map(({ cells }) => cells);
    expect(rows[0]!.slice(6)).toEqual(['part', 'patient', 'location']);
    const tested = rows.filter((cells) => cells[6] === 'test');
    expect(tested).toHaveLength(metrics.test.pooled.count);
    expect(new Set(tested.map((cells) => cells[7])).size).toBe(pooled.count);
    expect(rows[1]!.slice(7)).toEqual(['100', 'AV']);
  });

  test('are found again by evaluate, with the label and threshold of the training', async () => {
    const again = json(await pcg(['evaluate', out, '--json']));
    const saved = JSON.parse(readFileSync(join(out, 'metrics.json'), 'utf8')) as Record<string, unknown>;
    expect(again.evaluation).toEqual(saved.test);
    expect(again.patientThreshold).toBe(saved.patientThreshold);
    const other = ['evaluate', join(out, 'weights.safetensors'), '--data', root, '--cache', 'off'];
    const outcome = await pcg([...other, '--classes', 'Absent,Present']);
    expect(outcome.stdout).toMatch(/^all sites pooled .* 15$/m);
    expect(outcome.stdout).toMatch(/^For patients "Present" from a probability of 0\.\d{3} on/m);
    expect(jsonError(await pcg([...other, '--label', 'outcome', '--json'])).code).toBe('evaluate/classes');
  });

  test('are judged by predict --by-patient', async () => {
    const files = [at('101', 'AV'), at('100', 'AV'), at('101', 'MV')];
    const { results, patients, patientThreshold } = json(
      await pcg(['predict', out, ...files, '--by-patient', '--json']),
    ) as {
      results: { probability: number }[];
      patients: { patient: string; files: number; failed: number; probability: number; decision: string }[];
      patientThreshold: number;
    };
    const [first, , third] = results.map(({ probability }) => probability);
    expect(patients.map(({ patient, files: count }) => [patient.slice(-4), count])).toEqual([
      ['/101', 2],
      ['/100', 1],
    ]);
    expect(patients[0]!.probability).toBe((first! + third!) / 2);
    expect(patients[0]!.decision).toBe(patients[0]!.probability >= patientThreshold ? 'Present' : 'Absent');
    const lines = (await pcg(['predict', out, ...files, '--by-patient'])).stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(5);
    expect(lines[3]).toMatch(/^patient .*\/101 \(2 files\)\t0\.\d{4}\t(Absent|Present)$/);
    const csv = parseCsv((await pcg(['predict', out, ...files, '--by-patient', '--csv'])).stdout, 'stdout');
    expect(csv.map(({ cells }) => cells.length)).toEqual([5, 5, 5, 5, 5, 5]);
    expect([csv[1]!.cells[1]!.slice(-4), csv[4]!.cells.slice(0, 1)]).toEqual(['/101', ['']]);
    const broken = await pcg([
      'predict',
      out,
      at('101', 'AV'),
      at('101', 'TV'),
      at('102', 'TV'),
      '--by-patient',
    ]);
    expect(broken.code).toBe(3);
    expect(broken.stdout.match(/^patient/gm)).toHaveLength(1);
    expect(broken.stderr).toMatch(/warning: patient .*\/101 is judged without 1 file of theirs/);
  });

  test('an interrupted run goes on with its label and classes', async () => {
    const path = join(temporaryFolder(), 'run');
    const argv = ['train', '--data', root, '--out', path, '--cache', 'off', ...QUICK, '--label', 'outcome'];
    const half = await pcg([...argv, '--classes', 'Abnormal,Normal'], {
      onTalk: (talk, interrupt) => {
        if (talk.includes('  1/2')) interrupt();
      },
    });
    expect(half.code).toBe(130);
    const whole = await pcg(['train', '--resume', path, '--cache', 'off', '--json']);
    expect(json(whole)).toMatchObject({
      label: 'outcome',
      classes: ['Abnormal', 'Normal'],
      status: 'finished',
    });
    const fixed = await pcg(['train', '--resume', path, '--label', 'murmur']);
    expect([fixed.code, fixed.stderr]).toEqual([
      2,
      expect.stringContaining('--label cannot be given with it'),
    ]);
  });
});
