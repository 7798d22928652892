import type { Backend, Shape } from '../../../src/kernels/backend.ts';
import type { KernelName, OpAttributes } from '../../../src/kernels/ops.ts';

export interface Sample {
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
  readonly dtype?: 'int32';
}

/** An array of `shape` from its values in row-major order. */
export function array(shape: Shape, values: ArrayLike<number>): Sample {
  return { shape, values };
}

export function indices(values: ArrayLike<number>): Sample {
  return { shape: [values.length], values, dtype: 'int32' };
}

/** Uploads the inputs, runs one op, downloads the outputs and frees everything. */
export async function runOp<K extends KernelName>(
  backend: Backend,
  op: K,
  inputs: readonly Sample[],
  outputShapes: readonly Shape[],
  attributes: OpAttributes[K],
): Promise<number[][]> {
  const operands = inputs.map(({ shape, values, dtype }) => {
    const buffer = backend.allocate(values.length, dtype ?? 'float');
    backend.upload(buffer, values);
    return { buffer, shape };
  });
  const outputs = outputShapes.map((shape) => {
    const count = shape.reduce((a, b) => a * b, 1);
    const buffer = backend.allocate(count, 'float');
    backend.upload(buffer, new Float64Array(count).fill(Number.NaN));
    return { buffer, shape };
  });
  try {
    backend.run(op, operands, outputs, attributes);
    return await Promise.all(
      outputs.map(async ({ buffer }) => Array.from(await backend.download(buffer, buffer.count))),
    );
  } finally {
    for (const { buffer } of [...operands, ...outputs]) backend.free(buffer);
  }
}
