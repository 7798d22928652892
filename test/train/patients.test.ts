import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { evaluateScored } from '../../src/train/evaluation.ts';
import { byPatient, checkPatients, hasPatients, scorePatients } from '../../src/train/patients.ts';
import { judgePatients, patientOfFile } from '../../src/train/predict.ts';
import { formatPredictions, type Prediction, readPredictions } from '../../src/train/predictions.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

const of = (
  record: string,
  patient: string | undefined,
  label: number,
  positive: number,
  site = 's',
): Prediction => ({
  record,
  group: patient ?? record,
  site,
  label,
  probabilities: [1 - positive, positive],
  part: 'test',
  ...(patient === undefined ? {} : { patient }),
});

/** Patient 1 heard three times, 2 twice, 3 once; a recording called "3" of nobody known. */
const recordings = [
  of('1_AV', '1', 1, 0.25),
  of('2_MV', '2', 0, 0.5),
  of('1_PV', '1', 1, 0.75, 't'),
  of('3_AV', '3', 1, 0.75),
  of('2_AV', '2', 0, 0),
  of('1_MV', '1', 1, 0.8),
  of('3', undefined, 0, 0.125),
];

describe('patients', () => {
  it('have the mean of their recordings; a recording of nobody known is one of its own', () => {
    expect(scorePatients(recordings)).toEqual([
      {
        label: 1,
        group: '1',
        site: 's + t',
        probabilities: [(0.75 + (1 - 0.8) + 0.25) / 3, (0.25 + 0.8 + 0.75) / 3],
      },
      { label: 0, group: '2', site: 's', probabilities: [0.75, 0.25] },
      { label: 1, group: '3', site: 's', probabilities: [0.25, 0.75] },
      { label: 0, group: '3', site: 's', probabilities: [0.875, 0.125] },
    ]);
    expect([hasPatients(recordings), hasPatients([recordings[6]!])]).toEqual([true, false]);
  });

  it('have the same bits in whatever order their recordings come', () => {
    const thirds = [0.1, 0.7, 1 / 3, 0.2].map((value, i) => of(`r${i}`, 'p', 0, value));
    const shuffled = [2, 0, 3, 1].map((i) => thirds[i]!);
    expect(scorePatients(shuffled)).toEqual(scorePatients(thirds));
    expect(byPatient(shuffled)[0]!.map(({ record }) => record)).toEqual(['r0', 'r1', 'r2', 'r3']);
  });

  it('must have one label and one group', () => {
    checkPatients(recordings);
    const label = errorOf(() => scorePatients([of('a', 'p', 0, 0), of('b', 'p', 1, 0)], ['well', 'sick']));
    expect(label.code).toBe('dataset/patient-label');
    expect(label.message).toContain('"well" and "sick"');
    const group = errorOf(() => checkPatients([of('a', 'p', 0, 0), { ...of('b', 'p', 0, 0), group: 'q' }]));
    expect(group.code).toBe('dataset/patient-group');
  });
});

describe('the evaluation of patients', () => {
  const train = [
    of('x1', 'x', 1, 0),
    of('x2', 'x', 1, 0),
    of('x3', 'x', 1, 0),
    of('y', 'y', 0, 0),
    of('z', 'z', 0, 0),
  ];
  const options = {
    classes: ['well', 'sick'],
    threshold: 0.7,
    patientThreshold: 0.3,
    train,
    seed: 1,
    resamples: 200,
  };

  it('has figures of its own, at the threshold of patients', () => {
    const { pooled, patients } = evaluateScored(recordings, options);
    expect([pooled.count, pooled.threshold]).toEqual([7, 0.7]);
    expect([patients!.pooled.count, patients!.pooled.threshold]).toEqual([4, 0.3]);
    expect(patients!.pooled.confusion).toEqual([
      [2, 0],
      [0, 2],
    ]);
    expect(Object.keys(patients!.perSite)).toEqual(['s', 's + t']);
    expect(patients!.intervals.macc).toMatchObject({ low: 1, high: 1 });
  });

  it('has rules that learned from patients, not from recordings', () => {
    const { baselines, patients } = evaluateScored(recordings, options);
    expect(baselines.majority!.rule).toContain('always "sick"');
    expect(patients!.baselines.majority!.rule).toContain('always "well"');
  });

  it('draws persons, of whom several patients may be', () => {
    const persons = recordings.map((each) => ({ ...each, group: each.patient === '3' ? '3' : 'one' }));
    // Drawn with replacement from two persons, one of whom has one class: only half of the draws have an AUC.
    const { patients } = evaluateScored(persons, { ...options, resamples: 1000 });
    expect(patients!.intervals.auc?.resamples).toBeLessThan(900);
  });

  it('is left away where nobody names a patient, and takes the one threshold where there is one', () => {
    const anonymous = recordings.map(({ patient: _, ...rest }) => rest);
    expect(evaluateScored(anonymous, options)).not.toHaveProperty('patients');
    const { patientThreshold: _, ...one } = options;
    expect(evaluateScored(recordings, one).patients!.pooled.threshold).toBe(0.7);
  });

  it('works for more classes', () => {
    const three = (record: string, patient: string, label: number, probabilities: number[]): Prediction => ({
      ...of(record, patient, label, 0),
      probabilities,
    });
    const scored = [
      three('a1', 'a', 0, [0.3, 0.4, 0.3]),
      three('a2', 'a', 0, [0.8, 0.1, 0.1]),
      three('b1', 'b', 1, [0.2, 0.5, 0.3]),
      three('c1', 'c', 2, [0.5, 0.3, 0.2]),
      three('c2', 'c', 2, [0.1, 0.2, 0.7]),
    ];
    const { pooled, patients } = evaluateScored(scored, { ...options, classes: ['x', 'y', 'z'] });
    expect(pooled.accuracy).toBe(3 / 5);
    expect(patients!.pooled.confusion).toEqual([
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(patients!.pooled.threshold).toBeNull();
  });
});

describe('predictions.csv', () => {
  it('has patient and place where the data have them', () => {
    const predictions = [{ ...of('1_AV', '1', 1, 0.25), location: 'AV' }, of('x', undefined, 0, 0.5)];
    const text = formatPredictions(predictions, ['well', 'sick'], 0.5);
    expect(text).toBe(
      'record,group,site,label,probability,decision,part,patient,location\n' +
        '1_AV,1,s,sick,0.25,well,test,1,AV\n' +
        'x,x,s,well,0.5,sick,test,,\n',
    );
    const path = join(temporaryFolder({ 'p.csv': text }), 'p.csv');
    expect(readPredictions(path, ['well', 'sick'])).toEqual(predictions);
  });
});

describe('patients by file names', () => {
  it.each([
    ['14241_AV.wav', '14241'],
    ['ward/14241_TV_2.FLAC', 'ward/14241'],
    ['a_b/c.wav', 'a_b/c'],
    ['C:\\x_y\\7_MV.mp3', 'C:\\x_y\\7'],
    ['_x.wav', '_x'],
    ['recording.1_2.wav', 'recording.1'],
  ])('%s is of %s', (file, patient) => {
    expect(patientOfFile(file)).toBe(patient);
  });

  it('are decided on at their threshold, without the files that failed', () => {
    const judged = (file: string, positive: number) => ({
      file,
      seconds: 1,
      probabilities: [1 - positive, positive],
      decision: '',
      warnings: [],
    });
    const failed = (file: string) => ({ file, error: { code: 'x', message: 'y' } });
    const card = { classes: ['well', 'sick'], threshold: 0.9, patientThreshold: 0.5 };
    const results = [
      judged('2_a', 0.25),
      judged('1_a', 0.25),
      failed('1_b'),
      judged('1_c', 0.75),
      failed('3_a'),
    ];
    type Card = Parameters<typeof judgePatients>[0]['card'];
    expect(judgePatients({ card: card as unknown as Card }, results)).toEqual([
      { patient: '2', files: 1, failed: 0, probabilities: [0.75, 0.25], decision: 'well' },
      { patient: '1', files: 2, failed: 1, probabilities: [0.5, 0.5], decision: 'sick' },
    ]);
  });
});
