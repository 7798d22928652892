/** The reference step network against PyTorch's float64, on both backends. */
import { describe, expect, it } from 'vitest';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import { type Context, crossEntropy, Initialiser, inference, ReferenceStep } from '../../src/layers/index.ts';
import { type Backend, grad, scope } from '../../src/tensor/index.ts';
import { AdamwStepper } from './adamw.ts';
import { asState, expectClose, type GoldenArray, place, readGolden } from './golden.ts';

interface Golden {
  readonly input: GoldenArray;
  readonly labels: readonly number[];
  readonly weights: Readonly<Record<string, GoldenArray>>;
  readonly inferenceLogits: GoldenArray;
  readonly adamw: ConstructorParameters<typeof AdamwStepper>[1];
  readonly logits: GoldenArray;
  readonly gradients: Readonly<Record<string, GoldenArray>>;
  readonly runningAfterOneStep: Readonly<Record<string, GoldenArray>>;
  readonly losses: readonly number[];
  readonly inferenceLogitsAfterTen: GoldenArray;
}

const golden = readGolden<Golden>('reference-step.json');
const training: Context = { training: true, seed: 1, step: 0 };

/** Starts a backend, builds the network with the golden weights, and cleans up. */
async function withModel(
  start: () => Promise<Backend>,
  body: (model: ReferenceStep, backend: Backend) => Promise<void>,
): Promise<void> {
  const backend = await start();
  const model = new ReferenceStep(
    { name: 'reference-step', bands: 16, frames: 24, classes: 2 },
    new Initialiser(1, backend),
    0,
  );
  model.loadState(asState(golden.weights, model.variables()));
  try {
    await scope(() => body(model, backend));
  } finally {
    model.dispose();
    await backend.close();
  }
}

/**
 * Tolerances are relative to the largest value of each array. float32 carries about 7 digits; sums over
 * 4·16·24 positions and ten steps of AdamW, which divides by the gradient's own size, cost two to three of them.
 */
const backends = [
  { name: 'reference', start: async () => reference(), once: 1e-9, tenSteps: 1e-9, afterTen: 1e-8 },
  { name: 'cpu', start: () => cpu({ threads: 2 }), once: 2e-5, tenSteps: 1e-4, afterTen: 1e-2 },
];

describe.each(backends)('$name agrees with PyTorch float64', ({ start, once, tenSteps, afterTen }) => {
  it('logits in training and at inference', () =>
    withModel(start, async (model, backend) => {
      const x = place(golden.input, backend);
      const folded = await model.forward(x, inference).data();
      expectClose(folded, golden.inferenceLogits.values, once, 'inference logits');
      const logits = await model.forward(x, training).data();
      expectClose(logits, golden.logits.values, once, 'training logits');
    }));

  it('loss, the gradient of every parameter, and running statistics', () =>
    withModel(start, async (model, backend) => {
      const parameters = model.parameters();
      expect([...parameters.keys()]).toEqual(Object.keys(golden.gradients));
      const loss = crossEntropy(model.forward(place(golden.input, backend), training), golden.labels);
      expectClose([await loss.item()], golden.losses.slice(0, 1), once, 'loss');
      const gradients = grad(
        loss,
        [...parameters.values()].map(({ value }) => value),
      );
      for (const [i, path] of [...parameters.keys()].entries()) {
        expectClose(await gradients[i]!.data(), golden.gradients[path]!.values, once, `gradient of ${path}`);
      }
      for (const [path, { values }] of Object.entries(golden.runningAfterOneStep)) {
        expectClose(await model.variables().get(path)!.value.data(), values, once, path);
      }
    }));

  it('ten losses of AdamW, and inference afterwards', () =>
    withModel(start, async (model, backend) => {
      const optimizer = new AdamwStepper(model, golden.adamw);
      const losses: number[] = [];
      for (let step = 0; step < 10; step++) {
        losses.push(
          await scope(async () => {
            const logits = model.forward(place(golden.input, backend), { ...training, step });
            return optimizer.minimise(crossEntropy(logits, golden.labels));
          }),
        );
      }
      expectClose(losses, golden.losses, tenSteps, 'losses', 1e-3);
      // AdamW makes steps of up to the learning rate out of gradients that are zero but for rounding (a bias before a
      // batchnorm). The losses do not see them; running means, which lag behind, do: 10·0.003 at the worst.
      const logits = await model.forward(place(golden.input, backend), inference).data();
      expectClose(logits, golden.inferenceLogitsAfterTen.values, afterTen, 'inference after ten steps');
      optimizer.dispose();
    }));
});
