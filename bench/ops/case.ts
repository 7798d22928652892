/** What is timed: one call of an op on one shape, and the least work that it takes. */
import type { KernelName, OpAttributes } from '../../src/kernels/ops.ts';
import { table } from '../../src/tensor/ops/table.ts';
import { type Shape, sizeOf } from '../../src/tensor/shape.ts';
import type { Domain, OpSpec } from '../../src/tensor/spec.ts';

/** An input: normal values, those of another domain, or these. */
export interface Input {
  readonly shape: Shape;
  readonly domain?: Domain;
  readonly values?: ArrayLike<number>;
}

export interface OpCase<K extends KernelName = KernelName> {
  readonly op: K;
  readonly inputs: readonly Input[];
  readonly attributes: OpAttributes[K];
  /** Float operations it takes at least in strict arithmetic; see the method of the question. */
  readonly flops: number;
  /** Whether a training step or inference of pcg-lite at batch 32 has it. */
  readonly used: boolean;
  /** Why it stays under a third of its ceiling, where it does; as found by measuring, on the machine of the page. */
  readonly reason?: string;
}

/** Shapes of what an op writes. */
export function outputsOf({ op, inputs, attributes }: OpCase): readonly Shape[] {
  const spec = table[op] as unknown as OpSpec<unknown>;
  return spec.shape(
    inputs.map(({ shape }) => shape),
    attributes,
  );
}

/** Every input read once and every output written once. */
export function bytesOf(sample: OpCase): number {
  const shapes = [...sample.inputs.map(({ shape }) => shape), ...outputsOf(sample)];
  return 4 * shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
}

/** Inputs as text: `32×16×64×128 · 16×1×3×3`. */
export function shapesOf({ inputs }: OpCase): string {
  const shown = inputs.slice(0, 3).map(({ shape }) => shape.join('×') || '1');
  return inputs.length > 3 ? `${shown.join(' · ')} …` : shown.join(' · ');
}

/** What a call takes on any shape: all that there is to time on a few numbers. */
export const CALL = 'a few numbers: what a call takes before it touches any, 0.1 to 2 µs';

type Given = Shape | Input;

/** `flops` per element of the first input if not a total; a case of pcg-lite unless said. */
export function opCase<K extends KernelName>(
  op: K,
  given: readonly Given[],
  attributes: OpAttributes[K],
  flops: { readonly each: number } | number,
  more: { readonly used?: boolean; readonly reason?: string } = {},
): OpCase<K> {
  const inputs = given.map((input) => ('shape' in input ? input : { shape: input }));
  const total = typeof flops === 'number' ? flops : flops.each * sizeOf(inputs[0]!.shape);
  return { op, inputs, attributes, flops: total, used: true, ...more };
}

/**
 * Additions, multiplications, divisions and roots of one value of wasm/math.ts: polynomials as they stand there. What
 * else they do (comparing, selecting, rounding, shifting exponents) is not counted, and takes as long again.
 */
export const COST = (() => {
  const exp = 19;
  const erfc = 32 + exp;
  const smallErf = 15;
  return {
    exp,
    log: 28,
    tanh: 16 + exp,
    sigmoid: 2 + exp,
    erf: 2 + erfc + smallErf,
    gelu: 6 + erfc + smallErf,
    hardswish: 3,
    /** Integer operations for the 16 bits of Philox that decide on one unit, as lanes of 32 bits. */
    philox: 12.5,
  };
})();
