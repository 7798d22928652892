import { type Contestant, contest, type Missing, type Row } from './harness.ts';
import { batchOf, frameworks, Ours, profile, trainer } from './network.ts';
import {
  type Answer,
  type Bench,
  glanceOf,
  lighter,
  type Question,
  ratioGoal,
  threadsOf,
} from './question.ts';
import { timed } from './timed.ts';

/** The one that the question is about; the others show how time grows. */
const MAIN_BATCH = 32;
const BATCHES = [8, MAIN_BATCH, 128];

async function others(model: string, size: number, threads: number, bench: Bench) {
  const setting = { batch: batchOf(size), threads, scratch: bench.scratch };
  const python = await bench.python();
  const torch: Contestant | Missing =
    typeof python === 'string'
      ? { name: 'PyTorch', missing: python }
      : await trainer(`PyTorch ${python.versions.torch}`, python, model, setting);
  return [
    torch,
    ...(await frameworks(bench, threads, size > MAIN_BATCH ? 'heaviest' : 'heavy', (name, peer) =>
      trainer(name, peer, model, setting),
    )),
  ];
}

async function* steps(model: string, bench: Bench): AsyncIterable<Answer> {
  for (const size of BATCHES) {
    let weaker: readonly Row[] = [];
    for (const threads of [1, 2]) {
      const setting = `batch ${size}, ${threadsOf(threads)}`;
      const peers = await others(model, size, threads, bench);
      const ours = await Ours.start(model, threads);
      const batch = batchOf(size);
      const me = timed(
        'pcg-engine',
        () => ours.train(batch),
        () => ours.close(),
      );
      const where = await profile(ours.backend, () => ours.train(batch));
      const main = size === MAIN_BATCH;
      const rows = await contest([me, ...peers], main ? bench : lighter(bench));
      const goals = [
        ratioGoal(rows, 'PyTorch', 1, 'no longer than PyTorch'),
        ratioGoal(rows, 'PyTorch', 0.5, 'half of its time'),
      ];
      yield {
        title: `Training step of ${model} of 64×128, ${setting}`,
        setting,
        rows,
        profile: where,
        ...(main && model === 'reference-step' ? { goals } : {}),
        ...(main && threads === 2
          ? { glance: glanceOf(`Training step of ${model}, ${setting}`, rows, weaker) }
          : {}),
      };
      weaker = rows;
    }
  }
}

const method =
  'Images of 64×128. Forward in training mode with dropout, cross-entropy, backward, AdamW; on our side the upload of the ' +
  'batch from a Float32Array too. All start from the same weights, and gave the same logits and, without dropout, the same ' +
  'losses of three steps before anything was timed. TensorFlow.js has no AdamW and runs Adam; jax-js runs the whole step as ' +
  'one function compiled by its `jit`.';

export const referenceStep: Question = {
  name: 'reference-step',
  title: 'Training step of the reference network',
  method,
  run: (bench) => steps('reference-step', bench),
};

export const pcgLiteStep: Question = {
  name: 'pcg-lite-step',
  title: 'Training step of pcg-lite',
  method,
  run: (bench) => steps('pcg-lite', bench),
};
