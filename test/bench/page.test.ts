/** The page of figures, from results that are made up. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { glancePicture } from '../../bench/glance.ts';
import type { Row } from '../../bench/harness.ts';
import { type Answer, glanceOf, ratioGoal } from '../../bench/question.ts';
import { page, type Result } from '../../bench/report.ts';
import { keep, LAST, merged, PAGE, PUBLISHED, writeWhole } from '../../bench/results.ts';
import { measure, ratioText, verdict } from '../../bench/text.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pcg-engine-page-'));
  folders.push(folder);
  return folder;
}

const row = (name: string, median: number, ratio?: Row['ratio']): Row => ({
  ...{ name, median, low: median * 0.9, high: median * 1.1, runs: 7 },
  ...(ratio ? { ratio } : {}),
});

const oneThread: readonly Row[] = [
  row('pcg-engine', 40),
  row('PyTorch 2', 100, [0.4, 0.39, 0.41]),
  row('slow.js', 20_000, [0.002, 0.0019, 0.0021]),
  { name: 'absent.js', missing: 'not installed' },
  { name: 'gone.js', missing: 'not installed' },
];
const twoThreads: readonly Row[] = [
  row('pcg-engine', 25),
  row('PyTorch 2', 50, [0.5, 0.48, 0.52]),
  { name: 'slow.js', missing: 'it has one thread' },
  { name: 'absent.js', missing: 'not installed' },
];

function resultOf(title: string, answers: readonly Answer[]): Result {
  return {
    ...{ title, method: 'How.', rounds: 5, seconds: 1, answers },
    environment: {
      ...{ cpu: 'CPU', cores: 2, memory: 8, system: 'Linux 6', node: '20.0.0', commit: 'abc', load: 0 },
      ...{ date: '2026-01-01', peers: { PyTorch: '2' } },
    },
  };
}

const steps = resultOf('Steps', [
  {
    ...{ title: 'Step, 1 thread', setting: '1 thread', rows: oneThread, profile: 'conv2d 80 %' },
    goals: [ratioGoal(oneThread, 'PyTorch', 0.5, 'half')],
  },
  {
    ...{ title: 'Step, 2 threads', setting: '2 threads', rows: twoThreads, notes: ['A note.'] },
    goals: [ratioGoal(twoThreads, 'PyTorch', 0.49, 'half'), ratioGoal(twoThreads, 'absent', 1, 'equal')],
    glance: glanceOf('Training step', twoThreads, oneThread),
  },
]);
const sizes = resultOf('Sizes', [
  {
    ...{ title: 'Installed', grid: { head: ['', 'size'], rows: [['pcg-engine', '1.5 MB']] } },
    glance: [
      { what: 'Installed', unit: 'bytes', ours: 1.5e6, others: [{ name: 'torch', value: 3e8, times: 200 }] },
    ],
    plots: [
      {
        ...{ file: 'sizes', alt: 'Sizes by year', x: { label: 'year', log: false } },
        ...{
          y: { label: 'size', log: false },
          series: [
            {
              name: 'ours',
              points: [
                [1, 2],
                [2, 3],
              ],
            },
          ],
        },
      },
    ],
  },
]);

it('has one table for all settings of a question', () => {
  const text = page({ steps }, '');
  const line = (start: string) => text.split('\n').find((each) => each.startsWith(start));
  expect(text).toMatch(/^\| +\| pcg-engine +\| PyTorch 2 +\| slow.js +\| absent.js +\| gone.js +\|$/m);
  expect(line('| 1 thread ')).toContain('| **40.0 ms**<br>36.0–44.0 ');
  expect(line('| 1 thread ')).toContain('| **100 ms**<br>90.0–110<br>0.40 (0.39–0.41) ');
  expect(line('| 1 thread ')).toContain('| **20000 ms**<br>18000–22000<br>0.0020 (0.0019–0.0021) ');
  expect(line('| 2 threads ')).toMatch(/\| missing <sup>2<\/sup> +\| missing <sup>1<\/sup> +\| +\|$/);
  expect(text).toContain(
    '1. Missing: absent.js, gone.js: not installed\n2. Missing: slow.js: it has one thread\n',
  );
  expect(text).toContain('- Goal: 1 thread: half: **reached**\n');
  expect(text).toContain('- Goal: 2 threads: half: **missed**\n');
  expect(text).toContain('- Goal: 2 threads: equal: **not judged**\n');
  expect(text).toContain('- 2 threads: A note.\n');
  expect(text).toContain('- Where our time goes, 1 thread: conv2d 80 %.\n');
  expect(text).toContain('7 runs or more each');
});

it('shows at a glance how we stand, the one who has one thread with that', () => {
  const text = page({ steps, sizes }, '');
  const glance = text.slice(text.indexOf('## At a glance'), text.indexOf('## How this is measured'));
  expect(glance).toMatch(
    /\| Training step +\| \*\*25\.0 ms\*\* +\| PyTorch 2 +\| +50\.0 ms \|? *\|? \*\*2\.00 times as fast/,
  );
  expect(glance).toMatch(/\| slow\.js, 1 thread +\| +20\.0 s +\| \*\*800 times as fast\*\*/);
  expect(glance).toMatch(
    /\| Installed +\| \*\*1\.50 MB\*\* +\| torch +\| +300 MB +\| \*\*200 times as small\*\*/,
  );
  expect(glance).not.toContain('absent');
  expect(glance).toContain('](benchmarks/glance.svg)');
  expect(glance).toContain(
    'CPU, 2 cores, 8 GB, Linux 6, load before 0 · Node 20.0.0 · PyTorch 2 · commit abc · 2026-01-01',
  );
  expect(page({}, '')).not.toContain('At a glance');
});

it('says so where figures come from several machines', () => {
  const other = { ...sizes, environment: { ...sizes.environment, cpu: 'Another' } };
  const text = page({ steps, sizes: other }, '');
  expect(text).toContain('- Steps: CPU, 2 cores');
  expect(text).toContain('- Sizes: Another, 2 cores');
});

it('draws bars to the right where ours is better, and to the left where it is not', () => {
  const others = [
    { name: 'fast & good', value: 5, times: 0.5 },
    { name: 'slow', value: 40, times: 4 },
  ];
  const svg = glancePicture([{ what: 'Inference', unit: 'ms', ours: 10, others }]);
  const bars = [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)" .* fill="(#\w+)"/g)];
  const [left, right] = bars.map(([, x, width, fill]) => ({ from: Number(x), width: Number(width), fill }));
  expect(left!.from + left!.width).toBeCloseTo(right!.from, 0);
  expect(right!.width).toBeCloseTo(2 * left!.width, 0); // of a logarithm
  expect(left!.fill).not.toBe(right!.fill);
  expect(svg).toContain('fast &amp; good');
  expect(svg).toContain('Inference: 10.0 ms');
});

it('writes figures so that they can be read', () => {
  expect(measure(0.1234, 'ms')).toBe('0.123 ms');
  expect(measure(4258, 'ms')).toBe('4258 ms');
  expect(measure(42_580, 'ms')).toBe('42.6 s');
  expect(measure(512, 'bytes')).toBe('512 B');
  expect(measure(132e6, 'bytes')).toBe('132 MB');
  expect(verdict(2.5, 'ms')).toBe('**2.50 times as fast**');
  expect(verdict(0.5, 'ms')).toBe('2.00 times as long');
  expect(verdict(0.1, 'bytes')).toBe('10.0 times as large');
  expect(ratioText([0.0123, 0.012, 0.5])).toBe('0.012 (0.012–0.50)');
});

it('replaces the questions asked now and no others, in their order', () => {
  const again = { ...steps, title: 'Again' };
  const all = merged(['sizes', 'steps', 'gone'], { steps, sizes }, { steps: again });
  expect(Object.entries(all)).toEqual([
    ['sizes', sizes],
    ['steps', again],
  ]);
});

it('keeps the last results always, and the page with its pictures where it is published', () => {
  const root = emptyFolder();
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as object;
  expect(keep(['steps', 'sizes'], { steps }, false, root)).toEqual([LAST]);
  expect(read(LAST)).toEqual({ steps });
  const files = keep(['steps', 'sizes'], { steps }, true, root);
  expect(files).toEqual([LAST, PUBLISHED, 'docs/benchmarks/glance.svg', PAGE]);
  keep(['steps', 'sizes'], { sizes }, true, root);
  expect(read(LAST)).toEqual({ sizes });
  expect(read(PUBLISHED)).toEqual({ steps, sizes });
  const written = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).sort();
  expect(written).toEqual(['benchmarks', 'benchmarks.md', 'benchmarks/glance.svg', 'benchmarks/sizes.svg']);
  const text = readFileSync(join(root, PAGE), 'utf8');
  expect(text).toContain('## Steps');
  expect(text).toContain('![Sizes by year](benchmarks/sizes.svg)');
});

it('leaves what was there where a file cannot be written', () => {
  const root = emptyFolder();
  const path = join(root, 'kept.json');
  writeWhole(path, 'before');
  expect(() => writeWhole(path, undefined as unknown as string)).toThrow();
  expect(readFileSync(path, 'utf8')).toBe('before');
  mkdirSync(join(root, 'taken'));
  writeFileSync(join(root, 'taken', 'x'), '');
  expect(() => writeWhole(join(root, 'taken'), 'text')).toThrow();
  expect(readdirSync(root).sort()).toEqual(['kept.json', 'taken']);
});
