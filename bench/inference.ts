import { join } from 'node:path';
import { type Contestant, contest, type Missing } from './harness.ts';
import { type Batch, batchOf, largestDifference, Ours, profile, shareWith } from './network.ts';
import type { Onnx } from './peers/onnx.ts';
import { type Bench, type Question, ratioGoal } from './question.ts';
import { timed } from './timed.ts';

/** A session as contestant, once it has given our logits. */
async function onnxContestant(
  onnx: Onnx,
  name: string,
  path: string,
  threads: number,
  { x, shape }: Batch,
  ours: ArrayLike<number>,
): Promise<Contestant | Missing> {
  const session = await onnx.InferenceSession.create(path, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const run = async () => (await session.run({ x: new onnx.Tensor('float32', x, shape) })).logits!.data;
  const error = largestDifference(await run(), ours);
  if (!(error < 1e-4)) return { name, missing: `gives other logits, off by ${error}` };
  return timed(name, run, () => session.release());
}

async function others(bench: Bench, ours: Ours, batch: Batch, threads: number) {
  const label = `${threads} thread${threads > 1 ? 's' : ''}`;
  const python = await bench.python();
  const version = typeof bench.onnx === 'string' ? '' : ` ${bench.onnx.version}`;
  const onnxName = `onnxruntime-node${version}, ${label}`;
  if (typeof python === 'string') {
    return [
      { name: onnxName, missing: `its model is written by Python, which is missing: ${python}` },
      { name: `PyTorch, ${label}`, missing: python },
    ];
  }
  const torchName = `PyTorch ${python.versions.torch}, ${label}`;
  const shared = await shareWith(python, ours, batch, bench.scratch);
  if (typeof shared === 'string') {
    return [onnxName, torchName].map((name) => ({ name, missing: shared }));
  }
  const path = join(bench.scratch, 'model.onnx');
  await python.ask({ command: 'export', path, bands: batch.shape[2], frames: batch.shape[3] });
  return [
    typeof bench.onnx === 'string'
      ? { name: onnxName, missing: bench.onnx }
      : await onnxContestant(bench.onnx, onnxName, path, threads, batch, await ours.infer(batch)),
    python.contestant(torchName, { task: 'inference', threads, input: shared.input, shape: batch.shape }),
  ];
}

export const inferenceQuestion: Question = {
  name: 'inference',
  title: 'Inference',
  method:
    'From a Float32Array to logits in a Float32Array, as a caller in JavaScript sees it; PyTorch from tensor to tensor in ' +
    'inference mode. All have the same weights, and gave the same logits before anything was timed. Batchnorm is folded ' +
    'into the convolutions by us and by the exporter.',
  async *run(bench) {
    for (const model of ['reference-step', 'pcg-lite']) {
      for (const size of [1, 32]) {
        for (const threads of [1, 2]) {
          const ours = await Ours.start(model, threads);
          const batch = batchOf(size);
          const label = `${threads} thread${threads > 1 ? 's' : ''}`;
          const peers = await others(bench, ours, batch, threads);
          const me = timed(
            `pcg-engine, ${label}`,
            () => ours.infer(batch),
            () => ours.close(),
          );
          const where = await profile(ours.backend, () => ours.infer(batch), 20);
          const rows = await contest([me, ...peers], bench);
          yield {
            title: `Inference of ${model}, batch ${size} of 64×128, ${label}`,
            rows,
            notes: [`Where our time goes: ${where}.`],
            ...(model === 'reference-step' && size === 1
              ? {
                  goals: [
                    ratioGoal(rows, 'onnxruntime', 2, 'at most twice onnxruntime-node'),
                    ratioGoal(rows, 'onnxruntime', 1, 'equal to it'),
                  ],
                }
              : {}),
          };
        }
      }
    }
  },
};
