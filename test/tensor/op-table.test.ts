/**
 * Generated from the op table: every op, every sample, on `reference`: gradient against central differences,
 * gradient of the gradient, fused against unfused, no buffer left behind.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { reference } from '../../src/kernels/reference/backend.ts';
import { apply } from '../../src/tensor/apply.ts';
import { checkGradient } from '../../src/tensor/gradcheck.ts';
import { scope } from '../../src/tensor/scope.ts';
import type { Tensor } from '../../src/tensor/tensor.ts';
import { type AnySample, drawInputs, everySample } from '../support/samples.ts';

const backend = reference();
afterAll(() => backend.close());

function runner(op: string, sample: AnySample) {
  return (drawn: readonly Tensor[]): readonly Tensor[] => {
    const inputs = sample.complete ? sample.complete(drawn) : drawn;
    return apply(op as 'add', inputs, sample.attributes as never);
  };
}

/** Inputs that carry a gradient: floats, and of those only where the op has one. */
function differentiable(op: string, inputs: readonly Tensor[]): number[] {
  const fixed: Record<string, number[]> = { reluBackward: [0], maxPool2dScatter: [0], maxPool2dGather: [0] };
  return inputs.map((_, i) => i).filter((i) => inputs[i]!.dtype === 'float' && !fixed[op]?.includes(i));
}

for (const { op, spec, sample, title } of everySample()) {
  describe(title, () => {
    // A rectifier has a kink: a smaller step makes it unlikely that a difference straddles it.
    const rectified = op.startsWith('batchNormBlock') || (sample.attributes as { relu?: boolean }).relu;
    const step = rectified ? 1e-7 : 1e-5;
    const size = sample.shapes.reduce((n, shape) => n + shape.reduce((a, b) => a * b, 1), 0);

    if (spec.gradient)
      it('has the gradient that central differences show', async () => {
        const run = runner(op, sample);
        await scope(async () => {
          const inputs = drawInputs(sample, backend);
          const body = (leaves: readonly Tensor[]) => run(leaves).slice(0, spec.differentiableOutputs);
          const check = await checkGradient(body, inputs, {
            inputs: differentiable(op, inputs),
            perElementLimit: 60,
            step,
          });
          expect(check.error, check.where).toBeLessThan(2e-6 * Math.max(1, Math.sqrt(size)));
        });
      });

    if (spec.gradient && size <= 3000)
      it('has a second derivative', async () => {
        const run = runner(op, sample);
        await scope(async () => {
          const inputs = drawInputs(sample, backend);
          const body = (leaves: readonly Tensor[]) => run(leaves).slice(0, spec.differentiableOutputs);
          const check = await checkGradient(body, inputs, {
            inputs: differentiable(op, inputs),
            second: true,
            step,
          });
          expect(check.error, check.where).toBeLessThan(1e-5 * Math.max(1, Math.sqrt(size)));
        });
      });

    if (spec.unfused)
      it('equals its unfused parts', async () => {
        await scope(async () => {
          const drawn = drawInputs(sample, backend);
          const inputs = sample.complete ? sample.complete(drawn) : drawn;
          const fused = apply(op as 'add', inputs, sample.attributes as never);
          const parts = spec.unfused!(inputs, sample.attributes);
          for (const [i, part] of parts.entries()) {
            const [a, b] = [await fused[i]!.data(), await part.data()];
            for (let j = 0; j < a.length; j++)
              expect(Math.abs(a[j]! - b[j]!)).toBeLessThanOrEqual(1e-10 * Math.max(1, Math.abs(b[j]!)));
          }
        });
      });

    it('leaves no buffer behind', () => {
      const before = backend.memory().buffers;
      scope(() => void runner(op, sample)(drawInputs(sample, backend)));
      expect(backend.memory().buffers).toBe(before);
    });
  });
}
