/** The little of jax-js that is used here: it is no dependency of the package, and may be missing. */

/**
 * Every function and method takes its arguments over and frees them; `ref` is one more claim on the same array, for an
 * array that is used again.
 */
export interface JaxArray {
  readonly shape: number[];
  readonly ref: JaxArray;
  add(other: JaxArray | number): JaxArray;
  sub(other: JaxArray | number): JaxArray;
  mul(other: JaxArray | number): JaxArray;
  div(other: JaxArray | number): JaxArray;
  neg(): JaxArray;
  sum(axis?: number | number[], options?: { keepdims: boolean }): JaxArray;
  mean(axis?: number | number[], options?: { keepdims: boolean }): JaxArray;
  max(axis?: number | number[]): JaxArray;
  reshape(shape: number[]): JaxArray;
  transpose(permutation: number[]): JaxArray;
  data(): Promise<Float32Array>;
  dispose(): void;
}

export type Tree = Record<string, JaxArray>;
type Jitted<F> = F & { dispose(): void };

export interface Jax {
  init(...backends: string[]): Promise<string[]>;
  defaultDevice(backend: string): string;
  blockUntilReady(tree: unknown): Promise<unknown>;
  jit<F extends (...args: never[]) => unknown>(body: F): Jitted<F>;
  valueAndGrad<Rest extends unknown[]>(
    body: (weights: Tree, ...rest: Rest) => [JaxArray, Tree],
    options: { hasAux: true },
  ): (weights: Tree, ...rest: Rest) => [[JaxArray, Tree], Tree];
  readonly numpy: {
    array(values: Float32Array | Int32Array | Uint32Array, options?: { shape: number[] }): JaxArray;
    zerosLike(x: JaxArray): JaxArray;
    sqrt(x: JaxArray): JaxArray;
    square(x: JaxArray): JaxArray;
    tanh(x: JaxArray): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    where(condition: JaxArray, yes: JaxArray | number, no: JaxArray | number): JaxArray;
  };
  readonly lax: {
    conv(x: JaxArray, w: JaxArray, strides: number[], padding: 'SAME'): JaxArray;
    stopGradient(x: JaxArray): JaxArray;
  };
  readonly nn: {
    relu(x: JaxArray): JaxArray;
    sigmoid(x: JaxArray): JaxArray;
    softmax(x: JaxArray, axis?: number): JaxArray;
    logSoftmax(x: JaxArray, axis?: number): JaxArray;
  };
  readonly random: {
    key(seed: JaxArray | number): JaxArray;
    split(key: JaxArray, count: number): JaxArray;
    bernoulli(key: JaxArray, p: number, shape: number[]): JaxArray;
  };
}
