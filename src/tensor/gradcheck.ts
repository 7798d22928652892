import { tensor } from './create.ts';
import { normalValues } from './random.ts';
import { noGrad, scope } from './scope.ts';
import { grad } from './tape.ts';
import type { Tensor } from './tensor.ts';

export interface GradientCheck {
  /** Largest |analytic − numeric| / max(1, |numeric|) over everything that was compared. */
  readonly error: number;
  /** What was compared there, for messages: "input 1, element 7" or "direction". */
  readonly where: string;
}

export interface GradientCheckOptions {
  /** Step of the central difference; its error falls with step² until rounding takes over. */
  readonly step?: number;
  /** Up to this many elements in all, each is checked; beyond, one random direction g·δ. */
  readonly perElementLimit?: number;
  /** Which inputs to check; all where missing. */
  readonly inputs?: readonly number[];
  /** Check the gradient of the gradient instead, along random directions. */
  readonly second?: boolean;
  readonly seed?: number;
}

/**
 * Compares the gradient of `body` with central differences. The outputs of `body` are reduced to a number with
 * fixed random weights, so that no component hides behind another. Run it on `reference`: float32 has too few
 * digits for differences.
 *
 * @example await checkGradient(([x]) => x!.tanh(), [tensor([0.3, -1.2])])
 */
export async function checkGradient(
  body: (inputs: readonly Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradientCheckOptions = {},
): Promise<GradientCheck> {
  const { step = 1e-5, perElementLimit = 200, seed = 1 } = options;
  const checked = options.inputs ?? inputs.map((_, i) => i);
  const values = await Promise.all(inputs.map((input) => input.data()));
  const weighted = (outputs: Tensor | readonly Tensor[], stream: number): Tensor => {
    const list = Array.isArray(outputs) ? (outputs as readonly Tensor[]) : [outputs as Tensor];
    return list
      .map((y, i) =>
        y
          .mul(tensor(normalValues(y.size, { seed, stream: stream + i }), y.shape, { backend: y.backend }))
          .sum(),
      )
      .reduce((a, b) => a.add(b));
  };
  const first = (leaves: readonly Tensor[]): Tensor => weighted(body(leaves), 100);
  /** The scalar whose gradient is compared: the weighted outputs, or a weighted sum of their gradients. */
  const scalar = (leaves: readonly Tensor[]): Tensor => {
    if (!options.second) return first(leaves);
    const wanted = checked.map((i) => leaves[i]!);
    return weighted(grad(first(leaves), wanted, { createGraph: true }), 200);
  };
  const leavesAt = (shifted: readonly ArrayLike<number>[]): Tensor[] =>
    inputs.map((input, i) => {
      if (!checked.includes(i)) return input;
      return tensor(shifted[i]!, input.shape, { backend: input.backend }).requireGrad();
    });
  const valueAt = async (shifted: readonly ArrayLike<number>[]): Promise<number> =>
    scope(async () =>
      (options.second ? scalar(leavesAt(shifted)) : noGrad(() => scalar(leavesAt(shifted)))).item(),
    );

  const analytic = await scope(async () => {
    const leaves = leavesAt(values);
    const result = scalar(leaves);
    if (!result.requiresGrad) return checked.map((i) => new Float64Array(values[i]!.length));
    const gradients = grad(
      result,
      checked.map((i) => leaves[i]!),
    );
    return Promise.all(gradients.map((g) => g.data()));
  });

  /** (f(x + hδ) − f(x − hδ)) / 2h along the direction given by `delta`. */
  const difference = async (delta: (input: number, element: number) => number): Promise<number> => {
    const at = (sign: number) =>
      values.map((v, i) => Float64Array.from(v, (x, j) => x + sign * step * delta(i, j)));
    return ((await valueAt(at(1))) - (await valueAt(at(-1)))) / (2 * step);
  };

  let worst: GradientCheck = { error: 0, where: 'nothing' };
  const compare = (a: number, n: number, where: string) => {
    const error = Math.abs(a - n) / Math.max(1, Math.abs(n));
    // NaN is the worst of all, and stays so whatever is compared after it.
    if (!Number.isNaN(worst.error) && !(error <= worst.error))
      worst = { error, where: `${where}: ${a} against ${n}` };
  };
  const total = checked.reduce((sum, i) => sum + values[i]!.length, 0);
  if (total <= perElementLimit && !options.second) {
    for (const [position, i] of checked.entries()) {
      for (let j = 0; j < values[i]!.length; j++) {
        const numeric = await difference((input, element) => (input === i && element === j ? 1 : 0));
        compare(analytic[position]![j]!, numeric, `input ${i}, element ${j}`);
      }
    }
    return worst;
  }
  for (let round = 0; round < 2; round++) {
    const directions = values.map((v, i) => normalValues(v.length, { seed, stream: 300 + i, step: round }));
    const numeric = await difference((input, element) =>
      checked.includes(input) ? directions[input]![element]! : 0,
    );
    let product = 0;
    checked.forEach((i, position) => {
      analytic[position]!.forEach((g, j) => {
        product += g * directions[i]![j]!;
      });
    });
    compare(product, numeric, `direction ${round}`);
  }
  return worst;
}
