/** Convolutions the way that large images are made, on small ones of the op table; and activations in float16. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { reference } from '../../../src/kernels/reference/backend.ts';
import type { WebgpuBackend } from '../../../src/kernels/webgpu/backend.ts';
import { enough } from '../../../src/kernels/webgpu/enough.ts';
import { noGrad, scope, tensor } from '../../../src/tensor/index.ts';
import { describeGpu, openGpu } from '../../support/gpu.ts';
import { asStored } from '../../support/half.ts';
import { relativeError, runKernel, runPoisoned } from '../../support/poison.ts';
import { drawInputs, everySample } from '../../support/samples.ts';

const truth = reference();
afterAll(() => truth.close());

/** Invocations that are enough, and shapes: what then is made by an invocation. */
const TILES = [
  [1, 'groups', [2, 4, 6, 5], [6, 2, 3, 3]],
  [1, 'odd rows and columns of one channel', [3, 1, 13, 37], [7, 1, 3, 3]],
  [1, 'whole vectors', [2, 4, 7, 24], [19, 4, 3, 3]],
  [1, 'uneven padding', [2, 3, 6, 8], [9, 3, 3, 3]],
  [1, 'many channels', [1, 18, 5, 6], [34, 18, 3, 3]],
  [400, 'one quad for lack of invocations', [2, 4, 7, 24], [19, 4, 3, 3]],
] as const;

await describeGpu('webgpu convolutions of large images', () => {
  let gpu: WebgpuBackend;
  const usual = enough.outputs;
  beforeAll(async () => {
    gpu = await openGpu();
  });
  afterEach(() => {
    enough.outputs = usual;
  });
  afterAll(() => gpu.close());

  for (const op of ['conv2d', 'conv2dInputGrad'] as const) {
    for (const [outputs, what, x, w] of TILES) {
      const { spec, sample } = everySample().find(({ op: its, sample: { shapes } }) => {
        const [image, weight] = shapes;
        if (its !== op || `${weight}` !== `${w}`) return false;
        return op === 'conv2d' ? `${image}` === `${x}` : image![0] === x[0] && shapes.length === 2;
      })!;
      it(`${op}, ${what} (${outputs})`, async () => {
        const [expected] = await runPoisoned(truth, op, spec, sample);
        enough.outputs = outputs;
        const [got] = await runPoisoned(gpu, op, spec, sample);
        expect(relativeError(got!, expected!)).toBeLessThanOrEqual(spec.tolerance.webgpu);
      });
    }
  }
});

/** One of each of the two kernels that float16 activations reach beside the depthwise one (see half.test.ts). */
const HALF = [
  [2, 8, 4, 8],
  [2, 2, 9, 9],
];

const STORAGE = { storage: 'f16' } as const;

await describeGpu(
  'webgpu convolutions of float16',
  () => {
    let gpu: WebgpuBackend;
    beforeAll(async () => {
      gpu = await openGpu(STORAGE);
    });
    afterAll(() => gpu.close());

    for (const image of HALF) {
      const cases = everySample().filter(({ op, sample: { shapes } }) => {
        return op === 'conv2d'
          ? `${shapes[0]}` === `${image}`
          : op === 'conv2dWeightGrad' && `${shapes[0]}` === `${image}`;
      });
      for (const { op, spec, sample, title } of cases) {
        it(title, async () => {
          await scope(async () => {
            const inputs = noGrad(() => drawInputs(sample, gpu).map(asStored));
            for (const { storage } of inputs) expect(storage.buffer).toMatchObject({ storage: 'f16' });
            const copies = await Promise.all(
              inputs.map(async (x) => tensor(await x.data(), x.shape, { backend: truth })),
            );
            const [got] = await runKernel(gpu, op, spec, inputs, sample.attributes);
            const [expected] = await runKernel(truth, op, spec, copies, sample.attributes);
            const rounding = op === 'conv2d' ? 2 ** -11 : 0;
            expect(relativeError(got!, expected!)).toBeLessThanOrEqual(spec.tolerance.webgpu + rounding);
          });
        });
      }
    }
  },
  STORAGE,
);
