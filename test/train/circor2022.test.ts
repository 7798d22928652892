import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanDataset } from '../../src/train/dataset.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

interface Made {
  readonly places: readonly string[];
  readonly murmur?: string;
  readonly outcome?: string;
  readonly age?: string;
  readonly sex?: string;
  readonly campaign?: string;
  readonly additional?: string;
}

const FULL = {
  age: 'Child',
  sex: 'Female',
  campaign: 'CC2014',
  additional: 'nan',
  outcome: 'Normal',
  murmur: 'Absent',
};

/** A patient's own file as the set has it. */
function text(id: string, made: Made): string {
  const { places, murmur, outcome, age, sex, campaign, additional } = { ...FULL, ...made };
  const lines = places.map((p) => `${p.split('_')[0]} ${id}_${p}.hea ${id}_${p}.wav ${id}_${p}.tsv`);
  const details = {
    Age: age,
    Sex: sex,
    Height: '98.0',
    Murmur: murmur,
    'Murmur locations': 'AV+MV',
    Outcome: outcome,
  };
  const all = { ...details, Campaign: campaign, 'Additional ID': additional };
  const comments = Object.entries(all).map(([name, value]) => `#${name}: ${value}`);
  return [`${id} ${places.length} 4000`, ...lines, ...comments, ''].join('\n');
}

const HEADER = 'Patient ID,Recording locations:,Age,Sex,Murmur,Outcome,Campaign,Additional ID';

function row(id: string, made: Made): string {
  const { places, murmur, outcome, age, sex, campaign, additional } = { ...FULL, ...made };
  return [
    id,
    places.map((p) => p.split('_')[0]).join('+'),
    age,
    sex,
    murmur,
    outcome,
    campaign,
    additional,
  ].join(',');
}

const PATIENTS: Readonly<Record<string, Made>> = {
  '14241': { places: ['AV', 'TV_1', 'TV_2'], murmur: 'Present', outcome: 'Abnormal', campaign: 'CC2015' },
  '29045': { places: ['MV', 'Phc'], sex: 'Male', age: 'nan' },
  '45843': { places: ['PV'], murmur: 'Unknown', additional: '49821' },
  '49821': { places: ['PV'], outcome: 'Abnormal', additional: '45843', campaign: 'CC2015' },
};

function files(
  {
    texts,
    table,
    sounds = texts,
  }: Partial<Record<'texts' | 'table' | 'sounds', Readonly<Record<string, Made>>>>,
  folder = 'training_data/',
): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [id, { places }] of Object.entries(sounds ?? {}))
    for (const place of places) made[`${folder}${id}_${place}.wav`] = '';
  for (const [id, patient] of Object.entries(texts ?? {})) made[`${folder}${id}.txt`] = text(id, patient);
  const rows = Object.entries(table ?? {}).map(([id, patient]) => row(id, patient));
  if (table) made['training_data.csv'] = [HEADER, ...rows, ''].join('\n');
  return made;
}

const codes = (root: string, options = {}) =>
  scanDataset(root, options).problems.map(({ code, examples }) => [code, examples]);

describe('the layout of CirCor 2022', () => {
  const whole = files({ texts: PATIENTS, table: PATIENTS });
  const around = {
    RECORDS: 'training_data/14241_AV\n',
    'LICENSE.txt': 'ODC-By',
    SHA256SUMS: '',
    'index.html': '',
  };

  it('reads patients, places, persons and campaigns; the murmur is the label', () => {
    const root = temporaryFolder({ ...whole, ...around });
    const dataset = scanDataset(root);
    expect([dataset.layout, dataset.label, dataset.classes]).toEqual([
      'circor2022',
      'murmur',
      ['Absent', 'Present', 'Unknown'],
    ]);
    expect(dataset.recordings[0]).toEqual({
      id: '14241_AV',
      path: join(root, 'training_data/14241_AV.wav'),
      site: 'CC2015',
      group: '14241',
      label: 1,
      patient: '14241',
      location: 'AV',
      sex: 'female',
      age: 'Child',
    });
    const seen = dataset.recordings.map(({ id, patient, location, group, label, site }) => [
      id,
      patient,
      location,
      group,
      label,
      site,
    ]);
    expect(seen.slice(1)).toEqual([
      ['14241_TV_1', '14241', 'TV', '14241', 1, 'CC2015'],
      ['14241_TV_2', '14241', 'TV', '14241', 1, 'CC2015'],
      ['29045_MV', '29045', 'MV', '29045', 0, 'CC2014'],
      ['29045_Phc', '29045', 'Phc', '29045', 0, 'CC2014'],
      ['45843_PV', '45843', 'PV', '45843', 2, 'CC2014'],
      ['49821_PV', '49821', 'PV', '45843', 0, 'CC2015'],
    ]);
    expect(dataset.recordings[3]).toMatchObject({ sex: 'male' });
    expect(dataset.recordings[3]).not.toHaveProperty('age');
    expect(dataset.problems.map(({ code, examples }) => [code, examples])).toEqual([
      ['label-unknown', ['45843']],
      ['same-person', ['45843 = 49821']],
    ]);
  });

  it('takes the outcome, or the classes it is asked for', () => {
    const root = temporaryFolder(whole);
    const outcome = scanDataset(root, { label: 'outcome' });
    expect([outcome.label, outcome.classes]).toEqual(['outcome', ['Normal', 'Abnormal']]);
    expect(outcome.recordings.map(({ label }) => label)).toEqual([1, 1, 1, 0, 0, 0, 1]);
    const two = scanDataset(root, { classes: ['Present', 'Absent'] });
    expect(two.classes).toEqual(['Present', 'Absent']);
    expect(two.recordings.map(({ label }) => label)).toEqual([0, 0, 0, 1, 1, 1]);
    expect(two.excluded).toEqual([
      { record: '45843_PV', reason: 'of class "Unknown", which is not among the classes asked for' },
    ]);
    expect(two.problems.map(({ code }) => code)).toEqual(['same-person']);
    expect(errorOf(() => scanDataset(root, { label: 'grade' })).code).toBe('dataset/label');
    expect(scanDataset(root, { usualLabel: 'outcome' }).label).toBe('outcome');
    expect(scanDataset(root, { usualLabel: 'outcome', label: 'murmur' }).label).toBe('murmur');
    expect(scanDataset(root, { usualLabel: 'grade' }).label).toBe('murmur');
  });

  it('has no class Unknown where no patient has it', () => {
    const { '45843': _, ...known } = PATIENTS;
    const root = temporaryFolder(files({ texts: known }));
    expect(scanDataset(root).classes).toEqual(['Absent', 'Present']);
    expect(errorOf(() => scanDataset(root, { classes: ['Absent', 'Unknown'] })).code).toBe(
      'dataset/unknown-label',
    );
  });

  it('takes either source alone, and the folder with the sounds alone', () => {
    const all = scanDataset(temporaryFolder(whole)).recordings.map(({ id, label, group }) => [
      id,
      label,
      group,
    ]);
    const texts = temporaryFolder(files({ texts: PATIENTS }));
    const table = temporaryFolder(files({ table: PATIENTS, sounds: PATIENTS }));
    const flat = temporaryFolder(files({ texts: PATIENTS }, ''));
    const both = join(temporaryFolder(whole), 'training_data');
    for (const root of [texts, table, flat, both, join(table, 'training_data')]) {
      const dataset = scanDataset(root);
      expect(dataset.layout).toBe('circor2022');
      expect(dataset.recordings.map(({ id, label, group }) => [id, label, group])).toEqual(all);
    }
  });

  it('takes persons from person_groups.csv, and follows links as well', () => {
    const persons = 'patient_id,person_group\n14241,pA\n29045,pB\n45843,pC\n49821,pD\n';
    const root = temporaryFolder({ ...whole, 'person_groups.csv': persons });
    for (const given of [root, join(root, 'training_data')]) {
      const groups = new Map(scanDataset(given).recordings.map(({ patient, group }) => [patient, group]));
      expect([...groups]).toEqual([
        ['14241', 'pA'],
        ['29045', 'pB'],
        ['45843', 'pC'],
        ['49821', 'pC'],
      ]);
      expect(codes(given)).toContainEqual(['person-conflict', ['45843 → 49821', '49821 → 45843']]);
    }
  });

  it('tells of persons that only person_groups.csv joins, transitively with links', () => {
    const groups = 'patient_id,person_group\n14241,pA\n45843,pA\n29045,pB\n';
    const root = temporaryFolder({ ...whole, 'person_groups.csv': groups });
    expect(codes(root)).toContainEqual(['same-person', ['14241 = 45843 = 49821']]);
    const found = new Map(scanDataset(root).recordings.map(({ patient, group }) => [patient, group]));
    expect([found.get('14241'), found.get('49821'), found.get('29045')]).toEqual(['pA', 'pA', 'pB']);
  });

  it('joins persons over several links, through patients that are not there', () => {
    const link = (additional: string): Made => ({ places: ['AV'], additional });
    const linked = { 1: link('2'), 2: link('3'), 3: link('nan'), 7: link('99'), 8: link('99'), 9: link('9') };
    const root = temporaryFolder(files({ texts: { ...linked, 10: { places: ['AV'], murmur: 'Present' } } }));
    const groups = new Map(scanDataset(root).recordings.map(({ patient, group }) => [patient, group]));
    expect([...groups].sort()).toEqual([
      ['1', '1'],
      ['10', '10'],
      ['2', '1'],
      ['3', '1'],
      ['7', '7'],
      ['8', '7'],
      ['9', '9'],
    ]);
    expect(codes(root)).toEqual([
      ['same-person', ['1 = 2 = 3', '7 = 8']],
      ['additional-id-one-sided', ['1 → 2', '2 → 3']],
    ]);
  });

  it('follows a link that the table alone has', () => {
    const texts = { 1: { places: ['AV'] }, 2: { places: ['AV'], murmur: 'Present' } };
    const table = { ...texts, 1: { places: ['AV'], additional: '2' } };
    const { recordings } = scanDataset(temporaryFolder(files({ texts, table })));
    expect(recordings.map(({ group }) => group)).toEqual(['1', '1']);
  });

  it('tells what does not fit, and goes on', () => {
    const texts = {
      ...PATIENTS,
      '60000': { places: ['AV', 'PV'], murmur: 'nan' },
      '60001': { places: ['AV', 'XX'], sex: 'Other', campaign: 'nan' },
    };
    const table = {
      ...PATIENTS,
      '29045': { ...PATIENTS['29045']!, murmur: 'Present' },
      '70000': { places: ['AV'] },
    };
    const made = files({ texts, table });
    delete made['training_data/14241_AV.wav'];
    made['training_data/14241_MV.wav'] = '';
    made['training_data/odd.wav'] = '';
    made['training_data/99999_AV.wav'] = '';
    const root = temporaryFolder(made);
    const dataset = scanDataset(root);
    expect(dataset.recordings.map(({ id }) => id)).toEqual([
      '14241_MV',
      '14241_TV_1',
      '14241_TV_2',
      '29045_MV',
      '29045_Phc',
      '45843_PV',
      '49821_PV',
      '60001_AV',
      '60001_XX',
    ]);
    expect(dataset.recordings[3]!.label).toBe(0);
    expect(dataset.recordings.at(-1)).toMatchObject({ site: 'unknown', location: 'XX' });
    expect(dataset.recordings.at(-1)).not.toHaveProperty('sex');
    expect(codes(root)).toEqual([
      ['labels-without-files', ['14241_AV', '70000_AV']],
      ['files-without-labels', ['99999_AV.wav', 'odd.wav']],
      ['label-conflict', ['29045 murmur "Absent"/"Present"']],
      ['patients-without-row', ['60000', '60001']],
      ['patients-without-file', ['70000']],
      ['patients-without-label', ['60000']],
      ['label-unknown', ['45843']],
      ['recordings-unlisted', ['14241_MV']],
      ['same-person', ['45843 = 49821']],
      ['locations-unknown', ['60001_XX']],
      ['sex-unknown', ['60001 "Other"', '60001 "Other"']],
      ['sites-unknown', ['60001_AV', '60001_XX']],
    ]);
  });

  it('counts recordings of a place where only the table announces them', () => {
    const sounds = { '14241': { places: ['AV', 'TV_1'] } };
    const root = temporaryFolder(files({ table: { '14241': PATIENTS['14241']! }, sounds }));
    expect(codes(root)).toEqual([['labels-without-files', ['14241_TV']]]);
  });

  it('finds FLAC beside WAV, and refuses a record that is there as both', () => {
    const made = files({ texts: PATIENTS });
    delete made['training_data/14241_AV.wav'];
    const root = temporaryFolder({ ...made, 'training_data/14241_AV.flac': '' });
    expect(scanDataset(root).recordings[0]!.path).toBe(join(root, 'training_data/14241_AV.flac'));
    const twice = temporaryFolder({
      ...made,
      'training_data/14241_AV.flac': '',
      'training_data/14241_AV.wav': '',
    });
    expect(errorOf(() => scanDataset(twice)).code).toBe('dataset/duplicate-record');
  });

  it.each<[string, Record<string, string>, string]>([
    ['dataset/unknown-label', { '1.txt': text('1', { places: ['AV'], murmur: 'Maybe' }) }, '"Maybe"'],
    ['circor/patient-file', { '1.txt': text('2', { places: ['AV'] }) }, '1.txt:1: patient "2"'],
    ['circor/patient-file', { '1.txt': 'no patient\n' }, '1.txt:1:'],
    ['circor/patient-file', { '1.txt': '' }, '1.txt:1:'],
    [
      'circor/patient-file',
      { '1.txt': '1 2 4000\nAV 1_AV.hea 1_AV.wav\n' },
      '2 recordings are announced and 1',
    ],
    ['circor/patient-file', { '1.txt': '1 1 4000\nAV nothing\n' }, '1.txt:2:'],
    ['csv/not-utf8', {}, '1.txt'],
  ])('%s for %j', (code, changed, part) => {
    const root = temporaryFolder({ '1_AV.wav': '', ...changed });
    if (code === 'csv/not-utf8') writeFileSync(join(root, '1.txt'), new Uint8Array([0x31, 0xff]));
    const error = errorOf(() => scanDataset(root));
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
  });

  it('refuses a patient with two rows', () => {
    const made = files({ table: { '1': { places: ['AV'] } }, sounds: { '1': { places: ['AV'] } } });
    made['training_data.csv'] += row('1', { places: ['AV'] });
    const error = errorOf(() => scanDataset(temporaryFolder(made)));
    expect(error.code).toBe('dataset/duplicate-record');
    expect(error.message).toContain('training_data.csv:3');
  });
});
