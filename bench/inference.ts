import { join } from 'node:path';
import { type Contestant, contest, type Missing, type Row } from './harness.ts';
import {
  BANDS,
  type Batch,
  batchOf,
  classifier,
  FRAMES,
  frameworks,
  largestDifference,
  Ours,
  profile,
} from './network.ts';
import type { Onnx } from './peers/onnx.ts';
import { type Bench, glanceOf, lighter, type Question, ratioGoal, threadsOf } from './question.ts';
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
  const { onnx, scratch } = bench;
  const python = await bench.python();
  const setting = { batch, threads, scratch };
  const make = (name: string, peer: Parameters<typeof classifier>[1], task?: string) =>
    classifier(name, peer, ours, task ? { ...setting, task } : setting);
  const onnxName = typeof onnx === 'string' ? 'onnxruntime-node' : `onnxruntime-node ${onnx.version}`;
  const all: (Contestant | Missing)[] = [];
  if (typeof python === 'string') {
    const reason = `its model is written by Python, which is missing: ${python}`;
    all.push({ name: onnxName, missing: typeof onnx === 'string' ? onnx : reason });
    for (const name of ['PyTorch', 'PyTorch, frozen']) all.push({ name, missing: python });
  } else {
    const torch = await make(`PyTorch ${python.versions.torch}`, python);
    if (typeof onnx === 'string') all.push({ name: onnxName, missing: onnx });
    else if ('missing' in torch)
      all.push({ name: onnxName, missing: `its model is PyTorch’s, which ${torch.missing}` });
    else {
      const path = join(scratch, 'model.onnx');
      await python.ask({ command: 'export', path, bands: BANDS, frames: FRAMES });
      all.push(await onnxContestant(onnx, onnxName, path, threads, batch, await ours.infer(batch)));
    }
    all.push(torch, await make(`PyTorch ${python.versions.torch}, frozen`, python, 'frozen'));
  }
  return [...all, ...(await frameworks(bench, threads, batch.count > 1 ? 'heavy' : 'light', make))];
}

export const inferenceQuestion: Question = {
  name: 'inference',
  title: 'Inference',
  method:
    'Images of 64×128, from a Float32Array to logits in a Float32Array, as a caller in JavaScript sees it; PyTorch from ' +
    'tensor to tensor in inference mode. All have the same weights, and gave the same logits before anything was timed. ' +
    'Batchnorm is folded into the convolutions by all but PyTorch in eager mode; frozen is torch.jit.freeze with ' +
    'optimize_for_inference. PyTorch has its images channels last, which is faster here than its default.',
  async *run(bench) {
    for (const model of ['reference-step', 'pcg-lite']) {
      for (const size of [1, 32]) {
        let weaker: readonly Row[] = [];
        for (const threads of [1, 2]) {
          const setting = `${model}, batch ${size}, ${threadsOf(threads)}`;
          const ours = await Ours.start(model, threads);
          const batch = batchOf(size);
          ours.settle(batch);
          const peers = await others(bench, ours, batch, threads);
          const me = timed(
            'pcg-engine',
            () => ours.infer(batch),
            () => ours.close(),
          );
          const where = await profile(ours.backend, () => ours.infer(batch), 20);
          const rows = await contest(
            [me, ...peers],
            size === 1 ? { ...bench, seconds: bench.seconds / 2 } : lighter(bench),
          );
          const goals = [
            ratioGoal(rows, 'onnxruntime', 2, 'at most twice onnxruntime-node'),
            ratioGoal(rows, 'onnxruntime', 1, 'equal to it'),
          ];
          yield {
            title: `Inference of ${setting}`,
            setting,
            rows,
            profile: where,
            ...(model === 'reference-step' && size === 1 ? { goals } : {}),
            ...(size === 1 && threads === 2
              ? { glance: glanceOf(`Inference of ${setting}`, rows, weaker) }
              : {}),
          };
          weaker = rows;
        }
      }
    }
  },
};
