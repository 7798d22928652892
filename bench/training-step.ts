import { type Contestant, contest, type Missing } from './harness.ts';
import { batchOf, Ours, profile, shareWith } from './network.ts';
import type { Answer, Bench, Question } from './question.ts';
import { ratioGoal } from './question.ts';
import { timed } from './timed.ts';

const BATCH = 32;

/** A table for 1 and for 2 threads. */
async function* steps(model: string, bench: Bench): AsyncIterable<Answer> {
  for (const threads of [1, 2]) {
    const ours = await Ours.start(model, threads);
    const batch = batchOf(BATCH);
    const label = `${threads} thread${threads > 1 ? 's' : ''}`;
    const contestants: (Contestant | Missing)[] = [
      timed(
        `pcg-engine, ${label}`,
        () => ours.train(batch),
        () => ours.close(),
      ),
    ];
    const python = await bench.python();
    if (typeof python === 'string') contestants.push({ name: `PyTorch, ${label}`, missing: python });
    else {
      const name = `PyTorch ${python.versions.torch}, ${label}`;
      const shared = await shareWith(python, ours, batch, bench.scratch);
      if (typeof shared === 'string') contestants.push({ name, missing: shared });
      else {
        const { shape, labels } = batch;
        contestants.push(
          python.contestant(name, { task: 'train', threads, input: shared.input, shape, labels }),
        );
      }
    }
    const where = await profile(ours.backend, () => ours.train(batch));
    const rows = await contest(contestants, bench);
    yield {
      title: `Training step of ${model}, batch ${BATCH} of 64×128, ${label}`,
      rows,
      ...(model === 'reference-step' && threads === 2
        ? {
            goals: [
              ratioGoal(rows, 'PyTorch', 1, 'no longer than PyTorch'),
              ratioGoal(rows, 'PyTorch', 0.5, 'half of it'),
            ],
          }
        : {}),
      notes: [`Where our time goes: ${where}.`],
    };
  }
}

const method =
  'Forward in training mode with dropout, cross-entropy, backward, AdamW; on our side the upload of the batch from a ' +
  'Float32Array too. Both start from the same weights, and gave the same logits for them before anything was timed.';

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
