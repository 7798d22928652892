import { cpu } from '../kernels/cpu/backend.ts';
import { reference } from '../kernels/reference/backend.ts';
import { noGrad, normalValues, type Shape, scope, sizeOf, type Tensor, tensor } from '../tensor/index.ts';

export interface KernelCheck {
  readonly threads: number;
  readonly ops: number;
  /** Largest |cpu − reference| ∕ (1 + |reference|), and the op that has it. */
  readonly worst: { readonly op: string; readonly error: number };
}

/** One op of each family, on shapes that fill no vector and no tile. */
const CHECKS: readonly (readonly [
  op: string,
  shapes: readonly Shape[],
  run: (...inputs: Tensor[]) => Tensor,
])[] = [
  ['exp', [[3, 37]], (x) => x.exp()],
  ['tanh', [[3, 37]], (x) => x.tanh()],
  ['gelu', [[3, 37]], (x) => x.gelu()],
  [
    'mul',
    [
      [3, 1, 17],
      [5, 17],
    ],
    (a, b) => a.mul(b),
  ],
  ['sum', [[7, 11, 13]], (x) => x.sum([0, 2])],
  [
    'matmul',
    [
      [2, 19, 23],
      [2, 23, 29],
    ],
    (a, b) => a.matmul(b),
  ],
  [
    'conv2d',
    [
      [2, 3, 13, 37],
      [5, 3, 3, 3],
    ],
    (x, w) => x.conv2d(w, { padding: 'same' }),
  ],
  [
    'conv2d (depthwise)',
    [
      [2, 7, 13, 37],
      [7, 1, 3, 3],
    ],
    (x, w) => x.conv2d(w, { padding: 1, groups: 7 }),
  ],
  ['maxPool2d', [[2, 3, 13, 37]], (x) => x.maxPool2d(2)],
  ['layerNorm', [[5, 37], [37], [37]], (x, g, b) => x.layerNorm(g, b)],
  ['softmax', [[5, 37]], (x) => x.softmax()],
  [
    'attention',
    [
      [2, 11, 8],
      [2, 13, 8],
      [2, 13, 8],
    ],
    (q, k, v) => q.attention(k, v),
  ],
];

/** Runs real kernels in WebAssembly SIMD on two threads and compares them with the reference in float64. */
export async function checkKernels(): Promise<KernelCheck> {
  const threads = 2;
  const [fast, truth] = [await cpu({ threads }), reference()];
  try {
    let worst = { op: 'none', error: 0 };
    for (const [i, [op, shapes, run]] of CHECKS.entries()) {
      const values = shapes.map((shape, k) =>
        normalValues(sizeOf(shape), { seed: 7, stream: 10 * i + k }).map(Math.fround),
      );
      const result = async (backend: typeof fast) =>
        noGrad(() =>
          scope(async () => run(...shapes.map((shape, k) => tensor(values[k]!, shape, { backend }))).data()),
        );
      const [got, expected] = [await result(fast), await result(truth)];
      for (let j = 0; j < expected.length; j++) {
        const error = Math.abs(got[j]! - expected[j]!) / (1 + Math.abs(expected[j]!));
        // Not `error > worst`: what is not a number must count as wrong.
        if (!(error <= worst.error)) worst = { op, error: Number.isNaN(error) ? Number.MAX_VALUE : error };
      }
    }
    return { threads, ops: CHECKS.length, worst };
  } finally {
    await fast.close();
    await truth.close();
  }
}
