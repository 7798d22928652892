/** Layers and the loss against PyTorch's float64, on both backends. */
import { afterAll, describe, expect, it } from 'vitest';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import {
  AttentionPool,
  BatchNorm,
  crossEntropy,
  Initialiser,
  inference,
  type Layer,
  SelfAttention,
  SqueezeExcitation,
} from '../../src/layers/index.ts';
import { type Backend, grad, scope, type Tensor } from '../../src/tensor/index.ts';
import { asState, expectClose, type GoldenArray, place, readGolden } from './golden.ts';

interface LayerCase {
  readonly name: string;
  /** `x` and every weight. */
  readonly inputs: Readonly<Record<string, GoldenArray>>;
  readonly upstream: GoldenArray;
  readonly output: GoldenArray;
  readonly gradients: Readonly<Record<string, GoldenArray>>;
}

interface Golden {
  readonly crossEntropy: readonly {
    readonly name: string;
    readonly logits: GoldenArray;
    readonly targets: readonly number[];
    readonly classWeights: readonly number[] | null;
    readonly labelSmoothing: number;
    readonly loss: number;
    readonly gradient: GoldenArray;
  }[];
  readonly squeezeExcitation: LayerCase;
  readonly selfAttention: readonly (LayerCase & { readonly heads: number; readonly weights: GoldenArray })[];
  readonly attentionPool: readonly (LayerCase & {
    readonly over: 'time' | 'time-frequency';
    readonly features: number;
    readonly heads: number;
    readonly hidden: number | null;
    readonly weights: GoldenArray;
  })[];
  readonly batchNorm: readonly {
    readonly name: string;
    readonly weight: GoldenArray;
    readonly bias: GoldenArray;
    readonly epsilon: number;
    readonly momentum: number;
    readonly steps: readonly Readonly<Record<'x' | 'y' | 'mean' | 'variance', GoldenArray>>[];
    readonly inference: Readonly<Record<'x' | 'y', GoldenArray>>;
  }[];
}

const golden = readGolden<Golden>('layers.json');

/** Relative to the largest value of each array. */
const backends = [
  { name: 'reference', backend: reference() as Backend, tolerance: 1e-11 },
  { name: 'cpu', backend: await cpu({ threads: 2 }), tolerance: 5e-6 },
];
afterAll(() => Promise.all(backends.map(({ backend }) => backend.close())));

describe.each(backends)('$name agrees with PyTorch float64', ({ backend, tolerance }) => {
  /** Output, observed weights, and the gradients of Σ upstream·output. */
  async function check(
    layer: Layer,
    { inputs, upstream, output, gradients }: LayerCase,
    weights?: GoldenArray,
  ) {
    const { x, ...values } = inputs;
    layer.loadState(asState(values, layer.variables()));
    await scope(async () => {
      const input = place(x!, backend).requireGrad();
      let seen: Tensor | null = null;
      const y = layer.forward(input, {
        ...inference,
        observe: (_, name, value) => {
          if (name === 'weights') seen = value;
        },
      });
      expect(y.shape).toEqual(output.shape);
      expectClose(await y.data(), output.values, tolerance, 'output');
      if (weights) {
        expect(seen!.shape).toEqual(weights.shape);
        expectClose(await seen!.data(), weights.values, tolerance, 'attention weights');
      }
      const wanted = new Map([['x', input]]);
      for (const [path, { value }] of layer.parameters()) wanted.set(path, value);
      const found = grad(y.mul(place(upstream, backend)).sum(), [...wanted.values()]);
      for (const [i, path] of [...wanted.keys()].entries()) {
        // Floor: `upstream`, near 1. The bias of a softmax's scores has a gradient of zero but for rounding.
        expectClose(await found[i]!.data(), gradients[path]!.values, tolerance, `gradient of ${path}`, 1);
      }
    });
    layer.dispose();
  }

  it.each(golden.crossEntropy)('cross-entropy: $name', async (of) => {
    await scope(async () => {
      const logits = place(of.logits, backend).requireGrad();
      const loss = crossEntropy(logits, of.targets, {
        labelSmoothing: of.labelSmoothing,
        ...(of.classWeights ? { classWeights: of.classWeights } : {}),
      });
      expectClose([await loss.item()], [of.loss], tolerance, 'loss');
      expectClose(await grad(loss, [logits])[0]!.data(), of.gradient.values, tolerance, 'gradient');
    });
  });

  it('squeeze-excitation', () =>
    check(new SqueezeExcitation(6, 3, new Initialiser(1, backend)), golden.squeezeExcitation));

  it.each(golden.selfAttention)('$name equals nn.MultiheadAttention', (of) =>
    check(new SelfAttention(8, of.heads, new Initialiser(1, backend)), of, of.weights),
  );

  it.each(golden.attentionPool)('$name', ({ over, features, heads, hidden, ...of }) => {
    const config = { over, features, heads, ...(hidden ? { hidden } : {}) };
    return check(new AttentionPool(config, new Initialiser(1, backend)), of, of.weights);
  });

  it.each(golden.batchNorm)('$name: batches, running statistics, inference', async (of) => {
    const { epsilon, momentum } = of;
    const channels = of.weight.shape[0]!;
    const layer = new BatchNorm(channels, new Initialiser(1, backend), { epsilon, momentum });
    await scope(async () => {
      layer.gamma.assign(place(of.weight, backend));
      layer.beta.assign(place(of.bias, backend));
      for (const [step, { x, y, mean, variance }] of of.steps.entries()) {
        const result = layer.forward(place(x, backend), { training: true, seed: 0, step });
        expectClose(await result.data(), y.values, tolerance, `step ${step}`);
        expectClose(await layer.mean.value.data(), mean.values, tolerance, `running mean ${step}`);
        expectClose(
          await layer.variance.value.data(),
          variance.values,
          tolerance,
          `running variance ${step}`,
        );
      }
      const result = layer.forward(place(of.inference.x, backend), inference);
      expectClose(await result.data(), of.inference.y.values, tolerance, 'inference');
    });
    layer.dispose();
  });
});
