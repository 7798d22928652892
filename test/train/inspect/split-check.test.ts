import { describe, expect, it } from 'vitest';
import { inspectDataset } from '../../../src/train/inspect/inspect.ts';
import { splitOf } from '../../../src/train/split.ts';
import { codes } from './found.ts';
import { datasetOf, hearts, held, RATE } from './sounds.ts';

describe('a split', () => {
  const base = hearts(8, 12);
  const dataset = datasetOf([
    ...base,
    held('copy', base[0]!.samples, { group: 'copy' }),
    held(
      'quieter',
      base[1]!.samples.map((x) => 0.4 * x),
      { group: 'quieter' },
    ),
  ]);
  const ids = base.map(({ id }) => id);
  const check = async (train: string[], validation: string[], test: string[]) =>
    await inspectDataset(dataset, { split: { path: 's.json', split: splitOf({ train, validation, test }) } });

  it('that leaks by subject, copy and shared sound is said to', async () => {
    const others = base.slice(2);
    const twice = others.find(({ group }, i) => others.some((each, k) => k > i && each.group === group))!;
    const test = others.flatMap(({ id }) => (id === twice.id ? [] : id));
    const inspection = await check([twice.id, ids[0]!, ids[1]!], ['copy'], [...test, 'quieter', 'gone']);
    const { leaks, sharedAcross, missing, unassigned } = inspection.split!;
    expect(leaks.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['subject', 'same-file']));
    expect(sharedAcross).toEqual([expect.objectContaining({ a: 'quieter', b: ids[1] })]);
    expect([missing, unassigned]).toEqual([['gone'], []]);
    expect(codes(inspection).slice(0, 3)).toEqual(['split-subject', 'split-same-file', 'split-shared-audio']);
  });

  it('does not leak by files without sound, which nobody learns from, be they alike', async () => {
    const silence = () => new Float32Array(4 * RATE);
    const { split, copies, findings } = await inspectDataset(
      datasetOf([...base, held('x', silence()), held('y', silence(), { label: 1 })]),
      { split: { path: 's.json', split: splitOf({ train: [...ids, 'x'], validation: [], test: ['y'] }) } },
    );
    expect(split!.leaks).toEqual([]);
    expect(copies).toEqual([]);
    expect(findings.filter(({ code }) => /^(split|copies)-/.test(code))).toEqual([]);
    expect(findings.find(({ code }) => code === 'flat')!.examples).toEqual(['x', 'y']);
  });

  it('leaks by what is shared with a copy of a recording that it does not name', async () => {
    const [first] = base;
    const cut = held('r2', first!.samples.slice(3000, 3000 + 6 * RATE));
    const recordings = [held('r0', first!.samples), held('r1', first!.samples), cut];
    const split = { path: 's.json', split: splitOf({ train: ['r1'], validation: [], test: ['r2'] }) };
    const inspection = await inspectDataset(datasetOf(recordings), { split });
    expect(inspection.split).toMatchObject({ leaks: [], unassigned: ['r0'] });
    expect(inspection.split!.sharedAcross).toEqual([expect.objectContaining({ a: 'r1', b: 'r2' })]);
    expect(codes(inspection)[0]).toBe('split-shared-audio');

    // nor one that was left out of the data set, be it the first of its copies
    const { split: other, shared } = await inspectDataset(datasetOf(recordings.slice(1)), {
      split,
      excluded: recordings.slice(0, 1),
    });
    expect(other!.sharedAcross).toEqual([expect.objectContaining({ a: 'r1', b: 'r2', excluded: false })]);
    expect(shared.pairs).toEqual(other!.sharedAcross);
  });

  it('leaks by subjects that a recording in no part shows to be one', async () => {
    const [a, b, c] = base.map(({ samples }) => samples) as [Float32Array, Float32Array, Float32Array];
    const recordings = [
      held('r0', a, { group: 'p' }),
      held('r1', a, { group: 'q' }),
      held('r2', b, { group: 'q' }),
      held('r3', c, { group: 'other' }),
    ];
    const split = splitOf({ train: ['r0'], validation: ['r3'], test: ['r2'] });
    const inspection = await inspectDataset(datasetOf(recordings), { split: { path: 's.json', split } });
    expect(inspection.split!.leaks).toEqual([
      { kind: 'subject', subject: 'p = q', names: ['r0', 'r2'], parts: ['train', 'test'] },
    ]);
  });

  it('that keeps together what belongs together is not', async () => {
    const { split, findings } = await check([...ids, 'copy', 'quieter'], [], []);
    expect(split).toMatchObject({ leaks: [], sharedAcross: [], missing: [], unassigned: [] });
    expect(split!.parts.train).toMatchObject({ name: 'train', recordings: 10 });
    expect(findings.filter(({ code }) => code.startsWith('split'))).toEqual([]);
  });
});
