import { record } from './apply.ts';
import { noGrad, scope } from './scope.ts';
import type { Gradient } from './spec.ts';
import type { Tensor } from './tensor.ts';

/** An op of one's own: written with other ops, with a gradient of one's own. */
export interface CustomOp<A> {
  readonly name: string;
  readonly forward: (inputs: readonly Tensor[], attributes: A) => Tensor;
  /** Written with ops; check it with `checkGradient`. */
  readonly gradient: Gradient<A>;
}

/**
 * Makes an op whose steps inside are not recorded: backward runs `gradient`, as for a built-in op. Use it
 * where the hand-derived gradient is cheaper or more stable than the one of the parts.
 *
 * @example
 * const softplus = defineOp<object>({
 *   name: 'softplus',
 *   forward: ([x]) => x!.exp().add(1).log(),
 *   gradient: ({ inputs: [x] }, [g]) => [g!.mul(x!.sigmoid())],
 * });
 * const y = softplus([x], {});
 */
export function defineOp<A>(op: CustomOp<A>): (inputs: readonly Tensor[], attributes: A) => Tensor {
  return (inputs, attributes) => {
    for (const input of inputs) input.checkAlive(op.name);
    const output = noGrad(() => scope(() => op.forward(inputs, attributes).detach()));
    record({ op: op.name, inputs, outputs: [output], attributes, gradient: op.gradient as Gradient<never> });
    return output;
  };
}
