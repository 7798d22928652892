/** Our two networks in TensorFlow.js: images are [N, H, W, C] there, weights [kH, kW, inC, outC] and [in, out]. */
import type { Tensor, Tf, Variable } from './tfjs-load.mjs';

export type Variables = ReadonlyMap<string, Variable>;

/** Our values of a variable as TensorFlow.js wants them: the shape, and where each value comes from. */
export function layoutOf(
  path: string,
  shape: readonly number[],
  values: Float32Array,
): { shape: number[]; values: Float32Array } {
  if (shape.length === 4) {
    const [o, i, h, w] = shape as [number, number, number, number];
    const moved = new Float32Array(values.length);
    for (let at = 0; at < values.length; at++) {
      const [x, y] = [at % w, Math.floor(at / w) % h];
      const [input, output] = [Math.floor(at / (w * h)) % i, Math.floor(at / (w * h * i))];
      moved[((y * w + x) * i + input) * o + output] = values[at]!;
    }
    return { shape: [h, w, i, o], values: moved };
  }
  if (shape.length === 2 && !path.endsWith('bias')) return { shape: [...shape], values };
  return { shape: [values.length], values };
}

/** In training, in training without dropout, or with weights that have batch normalisation folded in. */
export type Mode = 'training' | 'undropped' | 'inference';

/** A forward pass. */
export type Network = (tf: Tf, v: Variables, x: Tensor, mode: Mode) => Tensor;

function norm(tf: Tf, v: Variables, path: string, x: Tensor): Tensor {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const count = x.shape[0]! * x.shape[1]! * x.shape[2]!;
  for (const [name, batch, factor] of [
    ['running_mean', mean, 1],
    ['running_var', variance, count / (count - 1)],
  ] as const) {
    const running = v.get(`${path}.${name}`)!;
    running.assign(tf.add(tf.mul(running, 0.9), tf.mul(batch, 0.1 * factor)));
  }
  return tf.batchNorm(x, mean, variance, v.get(`${path}.bias`)!, v.get(`${path}.weight`)!, 1e-5);
}

/** Convolution, batch normalisation, ReLU. */
function block(tf: Tf, v: Variables, path: string, x: Tensor, mode: Mode): Tensor {
  const [filter, bias] = [v.get(`${path}.conv.weight`)!, v.get(`${path}.conv.bias`)];
  if (mode === 'inference') {
    return tf.fused.conv2d({ x, filter, strides: 1, pad: 'same', bias: bias!, activation: 'relu' });
  }
  const y = tf.conv2d(x, filter, 1, 'same');
  return tf.relu(norm(tf, v, `${path}.norm`, bias ? tf.add(y, bias) : y));
}

/** Weights are [out, in], as ours. */
function dense(tf: Tf, v: Variables, path: string, x: Tensor): Tensor {
  return tf.add(tf.matMul(x, v.get(`${path}.weight`)!, false, true), v.get(`${path}.bias`)!);
}

export const referenceStep: Network = (tf, v, x, mode) => {
  let y = x;
  for (const path of ['block1', 'block2']) {
    y = tf.maxPool(block(tf, v, path, y, mode), 2, 2, 'valid');
    if (mode === 'training') y = tf.dropout(y, 0.25);
  }
  const [n, h, w, c] = y.shape as [number, number, number, number];
  const frames = tf.reshape(tf.transpose(y, [0, 2, 3, 1]), [n * w, c * h]);
  const scores = tf.reshape(dense(tf, v, 'pool', frames), [n, 1, w]);
  const pooled = tf.matMul(tf.softmax(scores), tf.reshape(frames, [n, w, c * h]));
  return dense(tf, v, 'head', tf.reshape(pooled, [n, c * h]));
};

export const pcgLite: Network = (tf, v, x, mode) => {
  const drop = mode === 'training';
  let y = x;
  for (let i = 1; i <= 4; i++) {
    y = block(tf, v, `block${i}`, y, mode);
    const [n, , , c] = y.shape as [number, number, number, number];
    if (i >= 3) {
      const squeezed = tf.relu(dense(tf, v, `gate${i}.squeeze`, tf.mean(y, [1, 2])));
      const gate = tf.sigmoid(dense(tf, v, `gate${i}.excite`, squeezed));
      y = tf.mul(y, tf.reshape(gate, [n, 1, 1, c]));
    }
    if (i < 4) y = tf.maxPool(y, 2, 2, 'valid');
    if (drop) y = tf.dropout(y, 0.1, [n, 1, 1, c]);
  }
  const [n, h, w, c] = y.shape as [number, number, number, number];
  const tokens = tf.reshape(y, [n * h * w, c]);
  const hidden = tf.tanh(
    tf.add(tf.matMul(tokens, v.get('pool.hidden_weight')!, false, true), v.get('pool.hidden_bias')!),
  );
  const heads = 4;
  const scores = tf.transpose(tf.reshape(dense(tf, v, 'pool', hidden), [n, h * w, heads]), [0, 2, 1]);
  // [N, C, heads], heads fastest when flattened.
  const pooled = tf.matMul(tf.reshape(tokens, [n, h * w, c]), tf.softmax(scores), true, true);
  const flat = tf.reshape(pooled, [n, c * heads]);
  return dense(tf, v, 'head', drop ? tf.dropout(flat, 0.3) : flat);
};

const networks: Readonly<Record<string, Network>> = { 'reference-step': referenceStep, 'pcg-lite': pcgLite };

/** @throws Error where it has not been written here */
export function networkOf(model: string): Network {
  const network = networks[model];
  if (!network) throw new Error(`there is no ${model} in TensorFlow.js here`);
  return network;
}
