/** How the benchmarks compare and report; the benchmarks themselves are no tests. */
import { expect, it } from 'vitest';
import { type Contestant, contest, quantile } from '../../bench/harness.ts';
import { ratioGoal } from '../../bench/question.ts';
import { page, type Result, section } from '../../bench/report.ts';
import { timed } from '../../bench/timed.ts';

/** Answers with prepared turns, in seconds, and writes down when it was asked. */
function prepared(name: string, turns: number[][], log: string[]): Contestant {
  return {
    name,
    turn: async () => {
      log.push(name);
      return turns.shift()!;
    },
    close: () => void log.push(`close ${name}`),
  };
}

const effort = { rounds: 2, seconds: 0.01 };

it('contestants take turns, and are compared within each round', async () => {
  const log: string[] = [];
  const rows = await contest(
    [
      prepared('a', [[0.001, 0.002, 0.003], [0.004]], log),
      { name: 'b', missing: 'not installed' },
      prepared('c', [[0.004], [0.002, 0.002]], log),
    ],
    effort,
  );
  expect(log).toEqual(['a', 'c', 'a', 'c', 'close a', 'close c']);
  expect(rows.map((row) => [row.name, row.runs, row.missing])).toEqual([
    ['a', 4, undefined],
    ['b', undefined, 'not installed'],
    ['c', 3, undefined],
  ]);
  expect(rows[0]!.median).toBeCloseTo(2.5, 12);
  expect(rows[2]!.ratio).toEqual([1.25, 0.5, 2]); // 2/4 and 4/2
  expect(ratioGoal(rows, 'c', 1, '').met).toBe(false);
  expect(ratioGoal(rows, 'c', 1.25, '').met).toBe(true);
  expect(ratioGoal(rows, 'b', 1, '').met).toBeNull();
});

it('closes everybody when one fails', async () => {
  const log: string[] = [];
  const failing: Contestant = { name: 'f', turn: () => Promise.reject(new Error('broken')) };
  await expect(contest([prepared('a', [[1]], log), failing], effort)).rejects.toThrow('broken');
  expect(log).toEqual(['a', 'close a']);
});

it('times calls and passes errors on', async () => {
  let calls = 0;
  const times = await timed('counts', () => void calls++).turn(0.01);
  expect(times.length).toBeGreaterThanOrEqual(5);
  expect(calls).toBeGreaterThanOrEqual(times.length);
  expect(Math.min(...times)).toBeGreaterThan(0);
  const failing = timed('fails', () => Promise.reject(new Error('broken')));
  await expect(failing.turn(0.01)).rejects.toThrow('broken');
});

it('interpolates quantiles', () => {
  expect(quantile([3, 1, 2, 4], 0.5)).toBe(2.5);
  expect(quantile([5], 0.9)).toBe(5);
  expect(quantile([10, 0], 0.1)).toBeCloseTo(1, 12);
});

const result: Result = {
  title: 'Question',
  method: 'How.',
  environment: {
    cpu: 'CPU',
    cores: 2,
    memory: 8,
    system: 'Linux 6',
    node: '20.0.0',
    commit: 'abc',
    date: '2026-01-01',
    load: 0,
    peers: { Other: '1.0' },
  },
  rounds: 2,
  seconds: 1,
  answers: [
    {
      title: 'Table',
      rows: [
        { name: 'ours', median: 123.4, low: 100, high: 200, runs: 9 },
        { name: 'theirs', median: 1.234, low: 1, high: 2, runs: 9, ratio: [100, 90, 110] },
        { name: 'absent', missing: 'not installed' },
      ],
      goals: [{ text: 'faster', met: null }],
      notes: ['A note.'],
    },
  ],
};

it('names missing peers in the table, with goals and notes below', () => {
  const text = section(result.answers[0]!);
  expect(text).toMatch(/\| absent +\| +missing <sup>1<\/sup>/);
  expect(text).toContain('1. Missing: absent: not installed');
  expect(text).toMatch(/\| theirs +\| 1\.23 ms +\| 1\.00–2\.00 +\| 9 +\| 100\.00 \(90\.00–110\.00\) \|/);
  expect(text).toMatch(/- Goal: faster: \*\*not judged\*\*\n- A note\./);
});

it('keeps the notes of the page before', () => {
  const first = page({ question: result }, '');
  expect(first).toContain(
    'CPU, 2 cores, 8 GB, Linux 6, load before 0 · Node 20.0.0 · Other 1.0 · commit abc',
  );
  const noted = first.replace('<!-- notes -->\n', '<!-- notes -->\nBy hand.\n');
  expect(page({ question: { ...result, title: 'New title' } }, noted)).toBe(
    noted.replace('## Question', '## New title'),
  );
});
