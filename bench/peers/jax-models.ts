/** Our two networks in jax-js: images are [N, C, H, W] and weights [out, in, …], as ours. */
import type { Jax, JaxArray, Tree } from './jax-types.ts';

/** What a forward pass goes on with: running statistics it makes anew, keys for dropout; null where there is none. */
export interface Training {
  readonly running: Tree;
  /** Key of the next mask; null: dropout drops nothing. */
  nextKey(): JaxArray | null;
}

/** Takes `x` over, and of `v` what it uses by further claims. Without `training` weights have batch normalisation folded in. */
export type JaxNetwork = (jax: Jax, v: Tree, x: JaxArray, training: Training | null) => JaxArray;

const EPSILON = 1e-5;

function perChannel(x: JaxArray): JaxArray {
  return x.reshape([1, x.shape.length === 1 ? x.shape[0]! : x.shape.reduce((a, b) => a * b, 1), 1, 1]);
}

function norm({ numpy: np, lax }: Jax, v: Tree, path: string, x: JaxArray, { running }: Training): JaxArray {
  const [n, , h, w] = x.shape as [number, number, number, number];
  const mean = x.ref.mean([0, 2, 3], { keepdims: true });
  const centred = x.sub(mean.ref);
  const variance = np.square(centred.ref).mean([0, 2, 3], { keepdims: true });
  const count = n * h * w;
  for (const [name, batch, factor] of [
    ['running_mean', mean, 1],
    ['running_var', variance.ref, count / (count - 1)],
  ] as const) {
    const before = v[`${path}.${name}`]!;
    const flat = lax.stopGradient(batch.mul(0.1 * factor)).reshape([...before.shape]);
    running[`${path}.${name}`] = lax.stopGradient(before.ref).mul(0.9).add(flat);
  }
  const scaled = centred.div(np.sqrt(variance.add(EPSILON)));
  return scaled.mul(perChannel(v[`${path}.weight`]!.ref)).add(perChannel(v[`${path}.bias`]!.ref));
}

function block(jax: Jax, v: Tree, path: string, x: JaxArray, training: Training | null): JaxArray {
  const bias = v[`${path}.conv.bias`];
  const y = jax.lax.conv(x, v[`${path}.conv.weight`]!.ref, [1, 1], 'SAME');
  const biased = bias ? y.add(perChannel(bias.ref)) : y;
  return jax.nn.relu(training ? norm(jax, v, `${path}.norm`, biased, training) : biased);
}

/** 2×2 maxima; our sizes are even. */
function maxPool(x: JaxArray): JaxArray {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  return x.reshape([n, c, h / 2, 2, w / 2, 2]).max([3, 5]);
}

function dense(
  { numpy: np }: Jax,
  v: Tree,
  path: string,
  x: JaxArray,
  [weight, bias] = ['weight', 'bias'],
): JaxArray {
  const w = v[`${path}.${weight}`]!.ref.transpose([1, 0]);
  return np.matmul(x, w).add(v[`${path}.${bias}`]!.ref.reshape([1, w.shape[1]!]));
}

function dropout(jax: Jax, x: JaxArray, p: number, training: Training | null, shape = x.shape): JaxArray {
  const key = training?.nextKey();
  if (!key) return x;
  const kept = jax.random.bernoulli(key, 1 - p, [...shape]);
  return x.mul(jax.numpy.where(kept, 1 / (1 - p), 0));
}

const referenceStep: JaxNetwork = (jax, v, x, training) => {
  const { numpy: np, nn } = jax;
  let y = x;
  for (const path of ['block1', 'block2'])
    y = dropout(jax, maxPool(block(jax, v, path, y, training)), 0.25, training);
  const [n, c, h, w] = y.shape as [number, number, number, number];
  const frames = y.transpose([0, 3, 1, 2]).reshape([n, w, c * h]);
  const scores = dense(jax, v, 'pool', frames.ref.reshape([n * w, c * h])).reshape([n, 1, w]);
  const pooled = np.matmul(nn.softmax(scores, -1), frames).reshape([n, c * h]);
  return dense(jax, v, 'head', pooled);
};

const pcgLite: JaxNetwork = (jax, v, x, training) => {
  const { numpy: np, nn } = jax;
  let y = x;
  for (let i = 1; i <= 4; i++) {
    y = block(jax, v, `block${i}`, y, training);
    const [n, c] = y.shape as [number, number];
    if (i >= 3) {
      const squeezed = nn.relu(dense(jax, v, `gate${i}.squeeze`, y.ref.mean([2, 3])));
      y = y.mul(nn.sigmoid(dense(jax, v, `gate${i}.excite`, squeezed)).reshape([n, c, 1, 1]));
    }
    if (i < 4) y = maxPool(y);
    y = dropout(jax, y, 0.1, training, [n, c, 1, 1]);
  }
  const [n, c, h, w] = y.shape as [number, number, number, number];
  const tokens = y.reshape([n, c, h * w]);
  const rows = tokens.ref.transpose([0, 2, 1]).reshape([n * h * w, c]);
  const hidden = np.tanh(dense(jax, v, 'pool', rows, ['hidden_weight', 'hidden_bias']));
  const heads = 4;
  const weights = nn.softmax(dense(jax, v, 'pool', hidden).reshape([n, h * w, heads]), 1);
  const pooled = np.matmul(tokens, weights).reshape([n, c * heads]);
  return dense(jax, v, 'head', dropout(jax, pooled, 0.3, training));
};

const networks: Readonly<Record<string, JaxNetwork>> = {
  'reference-step': referenceStep,
  'pcg-lite': pcgLite,
};

/** @throws Error where it has not been written here */
export function jaxNetworkOf(model: string): JaxNetwork {
  const network = networks[model];
  if (!network) throw new Error(`there is no ${model} in jax-js here`);
  return network;
}
