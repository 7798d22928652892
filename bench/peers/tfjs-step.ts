/** A training step in TensorFlow.js, on whichever backend is set. */
import type { Optimizer, Tensor, Tf, Variable } from './tfjs-load.mjs';
import { layoutOf, networkOf, type Variables } from './tfjs-models.ts';
import type { Weights } from './weights.ts';

/** Our values under their paths, in the layouts of TensorFlow.js. */
export function variablesOf(tf: Tf, weights: Weights): Map<string, Variable> {
  const variables = new Map<string, Variable>();
  for (const [path, { shape, values }] of weights) {
    const ours = layoutOf(path, shape, values);
    const trained = !path.includes('running_');
    const name = `${path}-${performance.now()}`;
    variables.set(
      path,
      tf.tidy(() => tf.variable(tf.tensor(ours.values, ours.shape), trained, name)),
    );
  }
  return variables;
}

export function disposeAll(variables: Variables): void {
  for (const variable of variables.values()) variable.dispose();
}

/**
 * Forward, cross-entropy, backward, and Adam without decay, which is the nearest to AdamW that tfjs has: fewer ops, so not to
 * its disadvantage. `step` gives the loss, which is to be disposed of.
 */
export function trainingStep(
  tf: Tf,
  model: string,
  weights: Weights,
  batch: { readonly x: Float32Array; readonly shape: readonly number[]; readonly labels: readonly number[] },
): { step: (drop: boolean) => Tensor; close: () => void } {
  const variables = variablesOf(tf, weights);
  const trainable = [...variables].flatMap(([path, variable]) =>
    path.includes('running_') ? [] : [variable],
  );
  const [n, , h, w] = batch.shape as [number, number, number, number];
  const x = tf.tensor(batch.x, [n, h, w, 1]); // one channel: the same order
  const goal = tf.tidy(() => tf.oneHot(tf.tensor(batch.labels, [n], 'int32'), 2));
  const optimizer: Optimizer = tf.train.adam(1e-3, 0.9, 0.999, 1e-8);
  const network = networkOf(model);
  const step = (drop: boolean) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => {
        const logits = network(tf, variables, x, drop ? 'training' : 'undropped');
        return tf.mean(tf.neg(tf.sum(tf.mul(goal, tf.logSoftmax(logits)), 1)));
      }, trainable);
      optimizer.applyGradients(grads);
      return value;
    });
  const close = () => {
    optimizer.dispose();
    disposeAll(variables);
    x.dispose();
    goal.dispose();
  };
  return { step, close };
}
