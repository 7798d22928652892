import { describe, expect, it } from 'vitest';
import { overlapWith } from '../../src/train/overlap.ts';
import type { Prediction } from '../../src/train/predictions.ts';
import type { LayoutName } from '../../src/train/recording.ts';
import type { RunRecord } from '../../src/train/run-record.ts';
import type { Part } from '../../src/train/split.ts';

const judged = (record: string, part: Part, group = record, patient?: string): Prediction => ({
  record,
  part,
  group,
  site: 's',
  label: 0,
  probabilities: [1, 0],
  ...(patient === undefined ? {} : { patient }),
});
const dataset = (layout: LayoutName = 'csv', codes: readonly string[] = []) => ({
  layout,
  problems: codes.map((code) => ({ code, message: '', count: 1, examples: [] })),
});
const run = [
  judged('a', 'train', 'p1'),
  judged('b', 'train', 'b'),
  judged('c', 'validation', 'p2', 'w'),
  judged('d', 'test', 'p3'),
];
const recordOf = (sounds?: Record<string, string>, given = dataset()) =>
  ({
    data: {
      ...given,
      sha256: { a: 'file a', b: 'file b', c: 'file c', d: 'file d' },
      ...(sounds ? { soundSha256: sounds } : {}),
    },
  }) as unknown as RunRecord;
const record = recordOf({ a: 'sound a', b: 'sound b', c: 'sound c', d: 'sound d' });

/** Recordings to be judged, each with the hashes of its file and of its sound. */
const heard = (...given: readonly (readonly [Prediction, file: string, sound: string])[]) => ({
  predictions: given.map(([prediction]) => prediction),
  contentHash: new Map(given.map(([prediction, file]) => [prediction.record, file])),
  soundHash: new Map(given.map(([prediction, , sound]) => [prediction.record, sound])),
});
const none = { train: 0, validation: 0, test: 0 };

describe('recordings of a run among others', () => {
  it('are known by their file, or by their sound in another file', () => {
    const others = heard(
      [judged('x', 'test'), 'file a', 'sound a'],
      [judged('y', 'test'), 'other', 'sound b'],
      [judged('z', 'test'), 'another', 'sound d'],
      [judged('new', 'test'), 'new file', 'new sound'],
    );
    const same = { train: 2, validation: 0, test: 1 };
    expect(overlapWith(record, run, others, dataset())).toEqual({ same, subjects: [], ofSubjects: 0 });
    // Before sounds were recorded.
    const old = overlapWith(recordOf(), run, others, dataset());
    expect(old.same).toEqual({ train: 1, validation: 0, test: 0 });
  });

  it('are none where a hash is missing on both sides', () => {
    const unheard = { predictions: [], contentHash: new Map([['x', '']]), soundHash: new Map([['x', '']]) };
    const without = { data: { ...record.data, sha256: {}, soundSha256: {} } };
    expect(overlapWith(without, run, unheard, dataset()).same).toEqual(none);
  });
});

describe('subjects of a run among others', () => {
  const others = heard(
    [judged('x', 'test', 'p1'), '1', '1'],
    [judged('y', 'test', 'p1'), '2', '2'],
    [judged('z', 'test', 'q', 'w'), '3', '3'],
    // Tested only, unknown by name, and one that is the same recording.
    [judged('u', 'test', 'p3'), '4', '4'],
    [judged('b', 'test', 'b'), '5', '5'],
    [judged('v', 'test', 'p2'), '6', 'sound c'],
  );

  it('are known by the names of groups and patients, but not by those of recordings', () => {
    expect(overlapWith(record, run, others, dataset())).toEqual({
      same: { train: 0, validation: 1, test: 0 },
      subjects: ['p1', 'w'],
      ofSubjects: 3,
    });
  });

  it.each<[string, ReturnType<typeof dataset>, ReturnType<typeof dataset>]>([
    ['of another layout', dataset('csv'), dataset('folders')],
    ['of a synthesis', dataset('synthetic'), dataset('synthetic')],
    ['of a written synthesis, here', dataset('csv'), dataset('csv', ['synthetic'])],
    ['of a written synthesis, there', dataset('csv', ['synthetic']), dataset('csv')],
  ])('%s are others, whatever their names', (_, there, here) => {
    const { subjects, ofSubjects } = overlapWith(recordOf({}, there), run, others, here);
    expect([subjects, ofSubjects]).toEqual([null, null]);
  });
});
