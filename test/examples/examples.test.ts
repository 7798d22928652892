/** Every example runs and does what it says. */
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { main as fitCurve } from '../../examples/fit-curve.ts';
import { main as ownOp } from '../../examples/own-op.ts';
import { main as trainClassifier } from '../../examples/train-classifier.ts';

it('covers every example', () => {
  const files = readdirSync(new URL('../../examples/', import.meta.url)).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(files.sort()).toEqual(['fit-curve.ts', 'own-op.ts', 'train-classifier.ts']);
});

it('fit-curve finds the parameters behind the points', async () => {
  const { before, after, found, buffersLeft } = await fitCurve();
  expect(before).toBeGreaterThan(0.5);
  expect(after).toBeLessThan(0.05 * 0.05 * 1.3);
  [2, 1.5, -0.5, 0.3].forEach((value, i) => {
    expect(Math.abs(found[i]! - value)).toBeLessThan(0.05);
  });
  expect(buffersLeft).toBe(0);
});

it('own-op has the right first and second derivatives, near and far from zero', async () => {
  const { first, second, value, slope } = await ownOp();
  expect(first).toBeLessThan(1e-8);
  expect(second).toBeLessThan(1e-7);
  expect(value).toBeCloseTo(5000 - 0.7 * Math.LN2, 9);
  expect(slope).toBe(1);
});

it('train-classifier learns its pictures', async () => {
  const { firstLoss, lastLoss, accuracy, buffersLeft } = await trainClassifier();
  expect(firstLoss).toBeGreaterThan(0.5);
  expect(lastLoss).toBeLessThan(0.1);
  expect(accuracy).toBeGreaterThan(0.97);
  expect(buffersLeft).toBe(0);
});
