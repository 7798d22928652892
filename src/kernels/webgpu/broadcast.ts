import type { Shape } from '../backend.ts';
import { grid, groups, sizeOf, type View, type WebgpuKernel } from './kernel.ts';
import { broadcastStrides, mergeAxes } from './walk.ts';

type Binary = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum' | 'greater' | 'equal' | 'reluBackward';

/**
 * How `small` lies along `shape`: one block of axes that it has, repeated; it is read at (i / inner) % period.
 * @returns null where its axes are no block
 */
function repetition(small: Shape, shape: Shape): readonly [inner: number, period: number] | null {
  let [inner, period] = [1, 1];
  let ended = false;
  for (let back = 1; back <= shape.length; back++) {
    const size = shape[shape.length - back]!;
    if (size === 1) continue;
    const has = back <= small.length && small[small.length - back] !== 1;
    if (has) {
      if (ended) return null;
      period *= size;
    } else if (period === 1) {
      inner *= size;
    } else {
      ended = true;
    }
  }
  return [inner, period];
}

/** @param expression f of `a` and `b`, both vec4<f32> */
function binary(op: Binary, expression: string): WebgpuKernel<Binary> {
  const plain = { EXPRESSION: expression };
  const smallB = { EXPRESSION: expression, FULL: 'a', SMALL: 'b' };
  const smallA = { EXPRESSION: expression, FULL: 'b', SMALL: 'a' };
  return (gpu, [a, b], outputs) => {
    const { shape } = outputs[0]!;
    const count = sizeOf(shape);
    const vectors = groups(count, 4);
    const workgroups = grid(vectors, 256);
    const fullA = sizeOf(a!.shape) === count;
    const fullB = sizeOf(b!.shape) === count;
    if (fullA && fullB) {
      const inputs = [a!, b!];
      gpu.dispatch({ shader: 'binary', defines: plain, inputs, outputs, integers: [vectors], workgroups });
      return;
    }
    const full: View | null = fullA ? a! : fullB ? b! : null;
    const small = fullA ? b! : a!;
    const repeated = full && repetition(small.shape, shape);
    if (repeated) {
      gpu.dispatch({
        shader: 'binary-small',
        defines: fullA ? smallB : smallA,
        inputs: [full, small],
        outputs,
        integers: [vectors, repeated[0], repeated[1]],
        workgroups,
      });
      return;
    }
    const axes = mergeAxes(op, shape, broadcastStrides(a!.shape, shape), broadcastStrides(b!.shape, shape));
    gpu.dispatch({
      shader: 'binary-strided',
      defines: plain,
      inputs: [a!, b!],
      outputs,
      integers: [vectors, axes.length, 0, 0, ...axes.flat()],
      workgroups,
    });
  };
}

export const add = binary('add', 'a + b');
export const sub = binary('sub', 'a - b');
export const mul = binary('mul', 'a * b');
export const div = binary('div', 'a / b');
/** NaN if either is NaN: a if it is; if b is, no comparison holds and b is taken. */
export const maximum = binary('maximum', 'select(b, a, (a > b) | isNan4(a))');
/** NaN if either is NaN. */
export const minimum = binary('minimum', 'select(b, a, (a < b) | isNan4(a))');
export const greater = binary('greater', 'select(vec4f(0), vec4f(1), a > b)');
export const equal = binary('equal', 'select(vec4f(0), vec4f(1), a == b)');
/** Inputs (x, g): g where x > 0, else 0. */
export const reluBackward = binary('reluBackward', 'select(vec4f(0), b, a > vec4f(0))');
