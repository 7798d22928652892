/** The benchmark of growth: its tables, and that what it measures is what it says. */
import { cpu, normalValues, tensor } from 'pcg-engine';
import { buildModel, inference } from 'pcg-engine/layers';
import { expect, it } from 'vitest';
import { memories, peakOfTensors, repeated } from '../../bench/growth/measure.ts';
import { answerOf } from '../../bench/growth/table.ts';
import { threadAnswer, threadCounts } from '../../bench/growth/threads.ts';
import { WidePcgLite } from '../../bench/growth/wide.ts';
import { BANDS, FRAMES } from '../../bench/network.ts';
import { drawPlot } from '../../bench/plot.ts';
import { section } from '../../bench/report.ts';

const sizes = [1, 10, 100, 1000];

it('tables sizes, the cost of one more and exponents, with a picture for time and one for memory', () => {
  const answer = answerOf({
    file: 'sample',
    title: 'Sample',
    axis: 'recordings',
    one: 'recording',
    sizes,
    curves: [
      { name: 'features', unit: 'ms', values: sizes.map((n) => 2 * n) },
      { name: 'process', unit: 'MB', values: [0.5, 10, 100, 1000] },
      { name: 'nothing', unit: 'MB', values: [0.01, -0.3, 0, 0] },
    ],
    notes: ['A note.'],
  });
  expect(answer.grid).toEqual({
    head: ['recordings', 'features, ms', 'process, MB', 'nothing, MB'],
    rows: [
      ['1', '2.00', '0.500', '< 0.1'],
      ['10', '20.0', '10.0', '< 0.1'],
      ['100', '200', '100', '< 0.1'],
      ['1000', '2000', '1000', '< 0.1'],
      ['each further recording', '2.0', '1.0', '0.0'],
      ['grows as', 'x^1.00', 'x^1.00', '–'],
    ],
  });
  // What is lost between processes is neither fitted nor drawn.
  expect(answer.plots!.map(({ file, series }) => [file, series.map(({ points }) => points.length)])).toEqual([
    ['growth-sample-time', [4]],
    ['growth-sample-memory', [3]],
  ]);
  expect(answer.plots![0]!.alt).toContain('features as x^1.00 ± 0.00');
  expect(section(answer)).toContain(
    // An error of three points says nothing.
    '- Fits: features (ms) x^1.00 ± 0.00 (R² 1.000); process (MB) x^1.00 (R² 1.000).\n- A note.',
  );
  for (const plot of answer.plots!) expect(drawPlot(plot)).toContain('class="fit"');
});

it('tables what more threads bring', () => {
  const answer = threadAnswer([1, 2, 4], [{ name: 'step', times: [100, 50, 40] }]);
  expect(answer.grid!.rows).toEqual([
    ['1', '100', '100 %'],
    ['2', '50.0', '100 %'],
    ['4', '40.0', '63 %'],
  ]);
  const [plot] = answer.plots!;
  expect(plot!.series[0]!.points).toEqual([[1, 1], [2, 2], [4, 2.5]]); // biome-ignore format: one look
  expect(plot!.alt).toContain('step 2.50 times with 4');
  expect(threadCounts(1)).toEqual([1]);
  expect(threadCounts(2)).toEqual([1, 2]);
  expect(threadCounts(6)).toEqual([1, 2, 3, 4, 6]);
  expect(threadCounts(16)).toEqual([1, 2, 3, 4, 8, 16]);
});

it('pcg-lite of width 1 is pcg-lite, and others have as many parameters as they must', async () => {
  const backend = await cpu({ threads: 1 });
  try {
    const config = { name: 'pcg-lite', bands: BANDS, frames: FRAMES, classes: 2 };
    const model = buildModel(config, { seed: 1, backend });
    const wide = new WidePcgLite(1, backend);
    expect([...wide.variables().keys()]).toEqual([...model.variables().keys()]);
    const x = tensor(Float32Array.from(normalValues(BANDS * FRAMES, { seed: 3 })), [1, 1, BANDS, FRAMES], {
      backend,
    });
    const logits = await model.forward(x, inference).data();
    expect(await wide.forward(x, inference).data()).toEqual(logits);
    const weights = (width: number) => [...new WidePcgLite(width, backend).variables().entries()];
    const conv = (width: number) => new Map(weights(width)).get('block3.conv.weight')!.shape;
    expect([0.5, 2, 4].map(conv)).toEqual([[24, 16, 3, 3], [96, 64, 3, 3], [192, 128, 3, 3]]); // biome-ignore format: one look
  } finally {
    await backend.close();
  }
});

it('finds the most memory of tensors that are live at once, and leaves the backend as it was', async () => {
  const backend = await cpu({ threads: 1 });
  try {
    const make = (count: number) => tensor(new Float32Array(count), [count], { backend });
    const kept = make(1000);
    const { allocate } = backend;
    const most = await peakOfTensors(backend, () => {
      make(5000).dispose();
      make(3000).dispose();
    });
    expect(most).toBe((4 * 6000) / 1e6);
    expect(backend.allocate).toBe(allocate);
    await expect(peakOfTensors(backend, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(backend.allocate).toBe(allocate);
    kept.dispose();
  } finally {
    await backend.close();
  }
});

it('memory is the median of three processes, above that of the same without work', async () => {
  const asked: number[] = [];
  const peaks = { 0: [50, 60, 55], 8: [70, 90, 75], 16: [300, 100, 120] };
  const child = {
    peak: async ({ size }: { size: number }) => {
      asked.push(size);
      return peaks[size as keyof typeof peaks].shift()!;
    },
  };
  const job = (size: number) => ({ task: 'train', size, width: 1, threads: 2 }) as const;
  expect(await memories(child, [job(8), job(16)])).toEqual([20, 65]);
  expect(asked.sort((a, b) => a - b)).toEqual([0, 0, 0, 8, 8, 8, 16, 16, 16]);
});

it('runs at least twice a turn, and once before that counts for nothing', async () => {
  let calls = 0;
  const contestant = repeated('counts', () => void calls++);
  expect(await contestant.turn(0)).toHaveLength(2);
  expect(calls).toBe(3);
  expect(await contestant.turn(0)).toHaveLength(2);
  expect(calls).toBe(5);
});
