/** The little of TensorFlow.js that is used here: it is no dependency of the package, and may be missing. */

export interface Tensor {
  readonly shape: number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}
export interface Variable extends Tensor {
  assign(value: Tensor): void;
}
export interface Optimizer {
  applyGradients(gradients: Record<string, Tensor>): void;
  dispose(): void;
}
export type Axes = number | number[];
export type Pair = number | [number, number];

export interface Tf {
  readonly version_core: string;
  readonly train: { adam(rate: number, beta1: number, beta2: number, epsilon: number): Optimizer };
  registerBackend(name: string, factory: () => unknown): boolean;
  removeBackend(name: string): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tensor(values: ArrayLike<number>, shape?: number[], dtype?: 'float32' | 'int32'): Tensor;
  oneHot(indices: Tensor, depth: number): Tensor;
  variable(initial: Tensor, trainable: boolean, name: string): Variable;
  variableGrads(loss: () => Tensor, variables: Variable[]): { value: Tensor; grads: Record<string, Tensor> };
  tidy<T>(body: () => T): T;
  add(a: Tensor, b: Tensor): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  sub(a: Tensor, b: Tensor): Tensor;
  neg(x: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  tanh(x: Tensor): Tensor;
  sigmoid(x: Tensor): Tensor;
  softmax(x: Tensor, axis?: number): Tensor;
  logSoftmax(x: Tensor, axis?: number): Tensor;
  sum(x: Tensor, axes?: Axes): Tensor;
  mean(x: Tensor, axes?: Axes): Tensor;
  moments(x: Tensor, axes: Axes): { mean: Tensor; variance: Tensor };
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  reshape(x: Tensor, shape: number[]): Tensor;
  transpose(x: Tensor, permutation: number[]): Tensor;
  conv2d(x: Tensor, filter: Tensor, strides: Pair, padding: 'same' | 'valid'): Tensor;
  readonly fused: {
    conv2d(options: {
      x: Tensor;
      filter: Tensor;
      strides: Pair;
      pad: 'same';
      bias: Tensor;
      activation: 'relu';
    }): Tensor;
  };
  maxPool(x: Tensor, size: Pair, strides: Pair, padding: 'same' | 'valid'): Tensor;
  dropout(x: Tensor, rate: number, noiseShape?: number[]): Tensor;
  batchNorm(
    x: Tensor,
    mean: Tensor,
    variance: Tensor,
    offset: Tensor,
    scale: Tensor,
    epsilon: number,
  ): Tensor;
}

export const tf: Tf;
export const WebGPUBackend: new (device: GPUDevice, info: GPUAdapterInfo) => object;
