import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { KernelName } from '../../../src/kernels/ops.ts';
import { reference } from '../../../src/kernels/reference/backend.ts';
import { runOp } from './run-op.ts';

interface GoldenArray {
  readonly shape: number[];
  readonly values: number[];
}

interface GoldenCase {
  readonly name: string;
  readonly op: KernelName;
  readonly attributes: never;
  readonly inputs: GoldenArray[];
  readonly outputs: GoldenArray[];
}

const file = new URL('../../golden/ops.golden.json', import.meta.url);
const cases: GoldenCase[] = JSON.parse(readFileSync(file, 'utf8')).cases;

describe("reference agrees with PyTorch's float64", () => {
  it.each(
    cases.map(
      (golden) =>
        [`${golden.op}: ${golden.name} ${JSON.stringify(golden.inputs[0]!.shape)}`, golden] as const,
    ),
  )('%s', async (_, { op, inputs, outputs, attributes }) => {
    const got = await runOp(
      reference(),
      op,
      inputs,
      outputs.map(({ shape }) => shape),
      attributes,
    );
    for (const [number, { values }] of outputs.entries()) {
      expect(got[number]!.length).toBe(values.length);
      for (const [i, value] of values.entries()) {
        const error = Math.abs(got[number]![i]! - value);
        expect(error, `output ${number}, element ${i}`).toBeLessThanOrEqual(
          1e-12 * Math.max(1e-3, Math.abs(value)),
        );
      }
    }
  });
});
