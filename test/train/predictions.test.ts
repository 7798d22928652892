import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  formatPredictions,
  type Prediction,
  readPredictions,
  writePredictions,
} from '../../src/train/predictions.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

const prediction = (record: string, label: number, probabilities: number[]): Prediction => ({
  record,
  group: `g, ${record}`,
  site: 's',
  label,
  probabilities,
  part: 'test',
});

it('writes one probability for two classes, and reads it back exactly', () => {
  const path = join(temporaryFolder(), 'p.csv');
  const predictions = [prediction('a', 1, [1 - 0.1 / 0.3, 0.1 / 0.3]), prediction('b', 0, [0.5, 0.5])];
  writePredictions(path, predictions, ['normal', 'abnormal'], 0.5);
  expect(formatPredictions(predictions, ['normal', 'abnormal'], 0.5)).toBe(
    'record,group,site,label,probability,decision,part\n' +
      'a,"g, a",s,abnormal,0.33333333333333337,normal,test\n' +
      'b,"g, b",s,normal,0.5,abnormal,test\n',
  );
  expect(readPredictions(path, ['normal', 'abnormal'])).toEqual(predictions);
});

it('adds a column a class for more, and reads them back', () => {
  const path = join(temporaryFolder(), 'p.csv');
  const classes = ['A', 'B', 'C'];
  const predictions = [prediction('a', 2, [0.2, 0.5, 0.3])];
  writePredictions(path, predictions, classes, 0.5);
  expect(formatPredictions(predictions, classes, 0.5)).toBe(
    'record,group,site,label,probability,decision,part,probability:A,probability:B,probability:C\n' +
      'a,"g, a",s,C,0.5,B,test,0.2,0.5,0.3\n',
  );
  expect(readPredictions(path, classes)).toEqual(predictions);
});

it('reads back names with blanks around them, and classes that differ only in case', () => {
  const path = join(temporaryFolder(), 'p.csv');
  const classes = [' A', 'a ', 'A'];
  const predictions = [
    { ...prediction(' x\t', 0, [0.2, 0.5, 0.3]), group: ' g', site: '' },
    prediction('x', 2, [0, 0, 1]),
  ];
  writePredictions(path, predictions, classes, 0.5);
  expect(readPredictions(path, classes)).toEqual(predictions);
});

it.each([
  ['a,g,s,odd,0.5,normal,test', 'label is "odd"'],
  ['a,g,s,normal,1.5,normal,test', 'probability is "1.5"'],
  ['a,g,s,normal,,normal,test', 'probability is ""'],
  ['a,g,s,normal,0.5,normal,exam', 'part is "exam"'],
])('names file and line of %s', (line, part) => {
  const header = 'record,group,site,label,probability,decision,part';
  const path = join(
    temporaryFolder({ 'p.csv': `${header}\na,g,s,normal,0.5,normal,test\n${line}\n` }),
    'p.csv',
  );
  const error = errorOf(() => readPredictions(path, ['normal', 'abnormal']));
  expect(error.code).toBe('predictions/invalid');
  expect(error.message).toContain(`${path}:3: ${part}`);
});
