/** Every layer and model: gradients for the input and every parameter against central differences. */
import { expect, it } from 'vitest';
import { reference } from '../../src/kernels/reference/backend.ts';
import {
  AttentionPool,
  AvgPool2d,
  BatchNorm,
  type Context,
  Conv2d,
  ConvNorm,
  crossEntropy,
  Dense,
  Dropout,
  Flatten,
  GlobalAvgPool,
  Initialiser,
  type Layer,
  MaxPool2d,
  Model,
  PcgLite,
  ReferenceStep,
  ReLU,
  Seed,
  SelfAttention,
  Sequential,
  Softmax,
  SqueezeExcitation,
} from '../../src/layers/index.ts';
import { checkGradient, normal, type Shape, scope, type Tensor } from '../../src/tensor/index.ts';

const backend = reference();
const training: Context = { training: true, seed: 3, step: 5 };
const small = (name: string) => ({ name, bands: 8, frames: 12, classes: 3 });

const layers: Record<string, readonly [Shape, (init: Initialiser) => Layer, Context?]> = {
  'Conv2d with stride, padding and groups': [
    [2, 4, 5, 6],
    (init) =>
      new Conv2d({ inChannels: 4, outChannels: 6, kernel: [3, 2], stride: 2, padding: 1, groups: 2 }, init),
  ],
  ConvNorm: [[2, 2, 4, 5], (init) => new ConvNorm({ inChannels: 2, outChannels: 3, kernel: [3, 3] }, init)],
  'ConvNorm with bias, without ReLU': [
    [2, 2, 4, 5],
    (init) =>
      new ConvNorm({ inChannels: 2, outChannels: 3, kernel: [3, 3], bias: true }, init, { relu: false }),
  ],
  BatchNorm: [[3, 2, 2, 4], (init) => new BatchNorm(2, init)],
  'BatchNorm at inference': [
    [3, 2, 2, 4],
    (init) => new BatchNorm(2, init),
    { ...training, training: false },
  ],
  'Dense over two axes': [[2, 3, 4], (init) => new Dense(4, 5, init)],
  'Dropout per unit': [[4, 6], (init) => new Dropout(0.4, init)],
  'Dropout per channel': [[3, 4, 2, 2], (init) => new Dropout(0.4, init, { perChannel: true })],
  'Sequential of ReLU, MaxPool2d, Flatten, Dense, Softmax': [
    [2, 2, 4, 4],
    (init) =>
      new Sequential({
        relu: new ReLU(),
        pool: new MaxPool2d(2),
        flat: new Flatten(),
        dense: new Dense(8, 3, init),
        softmax: new Softmax(),
      }),
  ],
  AvgPool2d: [[2, 2, 5, 4], () => new AvgPool2d([2, 3], { stride: 2, padding: 1 })],
  GlobalAvgPool: [[2, 3, 2, 4], () => new GlobalAvgPool()],
  SqueezeExcitation: [[2, 4, 3, 2], (init) => new SqueezeExcitation(4, 2, init)],
  'SelfAttention, one head': [[2, 3, 4], (init) => new SelfAttention(4, 1, init)],
  'SelfAttention, two heads': [[2, 3, 4], (init) => new SelfAttention(4, 2, init)],
  'AttentionPool over time': [[2, 2, 3, 4], (init) => new AttentionPool({ over: 'time', features: 6 }, init)],
  'AttentionPool over time and frequency, heads, hidden': [
    [2, 3, 2, 4],
    (init) => new AttentionPool({ over: 'time-frequency', features: 3, heads: 2, hidden: 4 }, init),
  ],
  'reference-step': [[3, 1, 8, 12], (init) => new ReferenceStep(small('reference-step'), init)],
  seed: [[3, 1, 8, 12], (init) => new Seed(small('seed'), init)],
  'pcg-lite': [[3, 1, 8, 12], (init) => new PcgLite(small('pcg-lite'), init)],
};

/** Puts other tensors in the place of a layer's parameters while `body` runs, so that they can be leaves. */
function withParameters<T>(layer: Layer, values: readonly Tensor[], body: () => T): T {
  const variables = [...layer.parameters().values()];
  variables.forEach((variable, i) => {
    Object.defineProperty(variable, 'value', { get: () => values[i], configurable: true });
  });
  try {
    return body();
  } finally {
    for (const variable of variables) Reflect.deleteProperty(variable, 'value');
  }
}

it.each(Object.entries(layers))('%s', async (_, [shape, build, context = training]) => {
  const layer = build(new Initialiser(11, backend));
  const parameters = [...layer.parameters().values()].map(({ value }) => value);
  const check = await scope(() =>
    checkGradient(
      ([x, ...values]) => withParameters(layer, values, () => layer.forward(x!, context)),
      [normal(shape, { seed: 4, backend }), ...parameters],
      // A direction over all of a model's parameters is long: its curvature shows unless the step is short.
      { perElementLimit: 400, step: layer instanceof Model ? 1e-7 : 1e-5 },
    ),
  );
  expect(check.error, check.where).toBeLessThan(1e-7);
  layer.dispose();
});

it('crossEntropy', async () => {
  const options = { classWeights: [0.5, 2, 1], labelSmoothing: 0.1 };
  const check = await scope(() =>
    checkGradient(([z]) => crossEntropy(z!, [2, 0, 1, 1], options), [normal([4, 3], { seed: 1, backend })]),
  );
  expect(check.error, check.where).toBeLessThan(1e-8);
});

it.each(['SelfAttention, two heads', 'AttentionPool over time', 'SqueezeExcitation'])(
  '%s: second derivatives',
  async (name) => {
    const [shape, build] = layers[name]!;
    const layer = build(new Initialiser(11, backend));
    const check = await scope(() =>
      checkGradient(([x]) => layer.forward(x!, training), [normal(shape, { seed: 4, backend })], {
        second: true,
      }),
    );
    expect(check.error, check.where).toBeLessThan(1e-6);
    layer.dispose();
  },
);
