/** Weights as they are handed to a framework. */
export interface Values {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}
export type Weights = ReadonlyMap<string, Values>;

const EPSILON = 1e-5;

/**
 * Batch normalisation folded into the convolution before it, as every exporter does for inference: w·γ/√(v + ε) and
 * β + (b − m)·γ/√(v + ε), with γ, β, m and v the scale, offset, running mean and variance of the channel.
 */
export function folded(weights: Weights): Map<string, Values> {
  const result = new Map([...weights].filter(([path]) => !path.includes('.norm.')));
  for (const path of weights.keys()) {
    if (!path.endsWith('.norm.weight')) continue;
    const block = path.slice(0, -'.norm.weight'.length);
    const of = (name: string) => weights.get(`${block}.${name}`)!.values;
    const { shape, values } = weights.get(`${block}.conv.weight`)!;
    const channels = shape[0]!;
    const each = values.length / channels;
    const scale = Float32Array.from(
      of('norm.running_var'),
      (v, c) => of('norm.weight')[c]! / Math.sqrt(v + EPSILON),
    );
    const bias = weights.get(`${block}.conv.bias`)?.values;
    result.set(`${block}.conv.weight`, {
      shape,
      values: values.map((w, i) => w * scale[Math.floor(i / each)]!),
    });
    result.set(`${block}.conv.bias`, {
      shape: [channels],
      values: scale.map((s, c) => of('norm.bias')[c]! + ((bias?.[c] ?? 0) - of('norm.running_mean')[c]!) * s),
    });
  }
  return result;
}
