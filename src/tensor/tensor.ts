import { formatShape, ShapeError, StateError } from '../base/errors.ts';
import type { Backend, DType, Values } from '../kernels/backend.ts';
import type { OpAttributes, Pair } from '../kernels/ops.ts';
import { apply, apply1, type TapeNode } from './apply.ts';
import { tensor } from './create.ts';
import { noteCreated, noteDisposed } from './leaks.ts';
import { type Conv2dOptions, type PoolOptions, pair, resolveConv2d, resolvePool } from './options.ts';
import { currentScope, type Scope } from './scope.ts';
import { broadcastAxes, normaliseAxes, normaliseAxis, type Shape, sameShape, sizeOf } from './shape.ts';
import type { Storage } from './storage.ts';

type Axes = number | readonly number[];

const NO_DROPOUT = { p: 0, perChannel: false, seed: 0, stream: 0, step: 0 };

/**
 * An immutable, contiguous, row-major array on one backend, perhaps recorded on the tape. Ops read as
 * methods and run at once. Made inside a `scope`, it is freed with it; using it after that throws.
 */
export class Tensor {
  readonly isTensor = true;
  readonly storage: Storage;
  readonly shape: Shape;
  readonly dtype: DType;
  /** The op that made it. */
  readonly op: string;
  requiresGrad = false;
  /** The tape node that made it, if recorded. */
  node: TapeNode | null = null;
  /** The scope that will free it; null outside of any, or when kept. */
  owner: Scope | null;
  private freedBy: string | null = null;

  /** For the engine: takes over one reference of `storage`. Users call `tensor`, `zeros`, … */
  constructor(storage: Storage, shape: Shape, dtype: DType, op: string) {
    this.storage = storage;
    this.shape = shape;
    this.dtype = dtype;
    this.op = op;
    this.owner = currentScope();
    this.owner?.owned.add(this);
    noteCreated(this);
  }

  get backend(): Backend {
    return this.storage.backend;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  get rank(): number {
    return this.shape.length;
  }

  get disposed(): boolean {
    return this.freedBy !== null;
  }

  // ---- Life -------------------------------------------------------------------------------------------

  /** @throws StateError naming the op, the shape and who freed it */
  checkAlive(user: string): void {
    if (this.freedBy === null) return;
    throw new StateError(
      'tensor/freed',
      `${user}: the tensor ${formatShape(this.shape)} made by ${this.op} was freed by ${this.freedBy}`,
      'keep() it, or return it from its scope',
    );
  }

  /** Frees it now. Doing so twice is fine. */
  dispose(by = 'dispose() or the end of its scope'): void {
    if (this.freedBy !== null) return;
    this.freedBy = by;
    this.owner?.owned.delete(this);
    this.owner = null;
    this.storage.release();
    noteDisposed(this);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Takes it out of its scope: it lives until `dispose()`. */
  keep(): this {
    this.checkAlive('keep');
    this.owner?.owned.delete(this);
    this.owner = null;
    return this;
  }

  /** The same values under a handle of its own, off the tape. */
  detach(): Tensor {
    this.checkAlive('detach');
    return new Tensor(this.storage.retain(), this.shape, this.dtype, this.op);
  }

  /** Marks a leaf: ops on it are recorded, and `grad` can be asked for it. */
  requireGrad(): this {
    this.requiresGrad = true;
    return this;
  }

  /** A copy of the values, row by row. */
  async data(): Promise<Values> {
    this.checkAlive('data');
    return this.backend.download(this.storage.buffer, this.size);
  }

  /** The value of a tensor of one element. */
  async item(): Promise<number> {
    if (this.size !== 1)
      throw new ShapeError(
        'tensor/item',
        `item: shape ${formatShape(this.shape)} holds ${this.size} values`,
        'Use data()',
      );
    return (await this.data())[0]!;
  }

  // ---- Elementwise --------------------------------------------------------------------------------------

  neg(): Tensor {
    return apply1('neg', [this], {});
  }
  exp(): Tensor {
    return apply1('exp', [this], {});
  }
  /** Natural logarithm. */
  log(): Tensor {
    return apply1('log', [this], {});
  }
  sqrt(): Tensor {
    return apply1('sqrt', [this], {});
  }
  square(): Tensor {
    return this.mul(this);
  }
  tanh(): Tensor {
    return apply1('tanh', [this], {});
  }
  sigmoid(): Tensor {
    return apply1('sigmoid', [this], {});
  }
  relu(): Tensor {
    return apply1('relu', [this], {});
  }
  /** x·Φ(x), the exact form (Hendrycks & Gimpel 2016). */
  gelu(): Tensor {
    return apply1('gelu', [this], {});
  }
  /** x·clamp(x+3, 0, 6)/6 (Howard et al., MobileNetV3, 2019). */
  hardswish(): Tensor {
    return apply1('hardswish', [this], {});
  }
  erf(): Tensor {
    return apply1('erf', [this], {});
  }
  /** x·scale + offset. */
  affine(scale: number, offset: number): Tensor {
    return apply1('affine', [this], { scale, offset });
  }
  add(other: Tensor | number): Tensor {
    return typeof other === 'number' ? this.affine(1, other) : apply1('add', [this, other], {});
  }
  sub(other: Tensor | number): Tensor {
    return typeof other === 'number' ? this.affine(1, -other) : apply1('sub', [this, other], {});
  }
  mul(other: Tensor | number): Tensor {
    return typeof other === 'number' ? this.affine(other, 0) : apply1('mul', [this, other], {});
  }
  div(other: Tensor | number): Tensor {
    return apply1('div', [this, this.lift(other)], {});
  }
  maximum(other: Tensor | number): Tensor {
    return apply1('maximum', [this, this.lift(other)], {});
  }
  minimum(other: Tensor | number): Tensor {
    return apply1('minimum', [this, this.lift(other)], {});
  }
  /** 1 where this > other, else 0. */
  greater(other: Tensor | number): Tensor {
    return apply1('greater', [this, this.lift(other)], {});
  }
  /** 1 where this = other, else 0. */
  equal(other: Tensor | number): Tensor {
    return apply1('equal', [this, this.lift(other)], {});
  }

  private lift(value: Tensor | number): Tensor {
    return typeof value === 'number' ? tensor(value, [], { backend: this.backend }) : value;
  }

  // ---- Reductions -----------------------------------------------------------------------------------------

  /** Sum over `axes` (all where missing). */
  sum(axes?: Axes, keepDims = false): Tensor {
    return apply1('sum', [this], { axes: this.axes('sum', axes), keepDims });
  }
  mean(axes?: Axes, keepDims = false): Tensor {
    const reduced = this.axes('mean', axes);
    const count = reduced.reduce((product, axis) => product * this.shape[axis]!, 1);
    return apply1('sum', [this], { axes: reduced, keepDims }).affine(1 / count, 0);
  }
  max(axes?: Axes, keepDims = false): Tensor {
    return apply1('max', [this], { axes: this.axes('max', axes), keepDims });
  }
  /** Sums over the axes that broadcasting `shape` to this shape would stretch: the gradient of broadcasting. */
  sumTo(shape: Shape): Tensor {
    if (sameShape(this.shape, shape)) return this;
    const axes = broadcastAxes(shape, this.shape);
    const summed = axes.length > 0 ? this.sum(axes, true) : this;
    return sameShape(summed.shape, shape) ? summed : summed.reshape(shape);
  }

  private axes(op: string, axes: Axes | undefined): number[] {
    const list =
      axes === undefined ? this.shape.map((_, axis) => axis) : typeof axes === 'number' ? [axes] : axes;
    return normaliseAxes(op, list, this.rank);
  }

  // ---- Shape ------------------------------------------------------------------------------------------------

  /** One extent may be −1: it follows from the others. Shares the values. */
  reshape(shape: Shape): Tensor {
    const known = shape.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
    return apply1('reshape', [this], {
      shape: shape.map((extent) => (extent === -1 ? this.size / known : extent)),
    });
  }
  /** [N, …] → [N, the rest]. */
  flatten(): Tensor {
    return this.reshape([this.shape[0] ?? 1, -1]);
  }
  broadcastTo(shape: Shape): Tensor {
    return sameShape(this.shape, shape) ? this : apply1('broadcastTo', [this], { shape });
  }
  /** Axis i of the result is axis `axes[i]` of this. */
  permute(axes: readonly number[]): Tensor {
    return apply1('permute', [this], { axes: axes.map((axis) => normaliseAxis('permute', axis, this.rank)) });
  }
  /** Exchanges two axes; the last two where none are given. */
  transpose(a = -2, b = -1): Tensor {
    const axes = this.shape.map((_, axis) => axis);
    const [x, y] = [normaliseAxis('transpose', a, this.rank), normaliseAxis('transpose', b, this.rank)];
    [axes[x], axes[y]] = [y, x];
    return this.permute(axes);
  }
  /** Elements [start, start + size) of every axis. */
  slice(start: readonly number[], size: readonly number[]): Tensor {
    return apply1('slice', [this], { start, size });
  }
  pad(before: readonly number[], after: readonly number[], value = 0): Tensor {
    return apply1('pad', [this], { before, after, value });
  }
  /** Joins tensors along `axis`. */
  static concat(tensors: readonly Tensor[], axis: number): Tensor {
    return apply1('concat', tensors, { axis: normaliseAxis('concat', axis, tensors[0]?.rank ?? 0) });
  }
  /** Picks slices along `axis`; `indices` is an int32 tensor of rank 1 (see `indices()`). */
  gather(indices: Tensor, axis = 0): Tensor {
    return apply1('gather', [this, indices], { axis: normaliseAxis('gather', axis, this.rank) });
  }

  // ---- Products ---------------------------------------------------------------------------------------------

  /** [..., M, K] · [..., K, N] → [..., M, N]; equal leading axes, or none on one side. */
  matmul(other: Tensor, options: Partial<OpAttributes['matmul']> = {}): Tensor {
    return apply1('matmul', [this, other], { transposeA: false, transposeB: false, ...options });
  }
  /** Cross-correlation of [N, C, H, W] with weights [outC, C/groups, kH, kW], bias [outC], perhaps relu. */
  conv2d(weight: Tensor, options: Conv2dOptions & { readonly bias?: Tensor | undefined } = {}): Tensor {
    const attributes = resolveConv2d(this.shape, weight.shape, options);
    return apply1('conv2d', options.bias ? [this, weight, options.bias] : [this, weight], attributes);
  }
  maxPool2d(kernel: number | Pair, options: PoolOptions = {}): Tensor {
    return apply1('maxPool2d', [this], resolvePool(kernel, options));
  }
  /** Mean over windows; padding counts as zeros. */
  avgPool2d(kernel: number | Pair, options: PoolOptions = {}): Tensor {
    return apply1('avgPool2d', [this], resolvePool(kernel, options));
  }

  // ---- Normalisation, regularisation, probability -------------------------------------------------------------

  /** Batch statistics over all axes but 1 → [y, mean, variance] (biased; the last two carry no gradient). */
  batchNorm(
    gamma: Tensor,
    beta: Tensor,
    options: Partial<OpAttributes['batchNorm']> = {},
  ): readonly [Tensor, Tensor, Tensor] {
    const [y, mean, variance] = apply('batchNorm', [this, gamma, beta], {
      epsilon: 1e-5,
      relu: false,
      ...options,
    });
    return [y!, mean!, variance!];
  }
  /**
   * dropout(maxPool2d(relu(batchNorm))) of [N, C, H, W] as one op → [y, mean, variance] (as batchNorm). The last two
   * steps only where asked for; windows lie side by side.
   */
  batchNormBlock(
    gamma: Tensor,
    beta: Tensor,
    options: {
      readonly epsilon?: number;
      readonly pool?: number | Pair;
      readonly dropout?: OpAttributes['dropout'];
    } = {},
  ): readonly [Tensor, Tensor, Tensor] {
    const [y, mean, variance] = apply('batchNormBlock', [this, gamma, beta], {
      epsilon: options.epsilon ?? 1e-5,
      pool: pair(options.pool ?? 1),
      dropout: options.dropout ?? NO_DROPOUT,
    });
    return [y!, mean!, variance!];
  }
  /** Over the last axis (Ba, Kiros & Hinton 2016). */
  layerNorm(gamma: Tensor, beta: Tensor, epsilon = 1e-5): Tensor {
    return apply('layerNorm', [this, gamma, beta], { epsilon })[0]!;
  }
  /** Zeroes units (or whole channels) with probability p and scales the rest by 1/(1−p). */
  dropout(attributes: OpAttributes['dropout']): Tensor {
    return apply1('dropout', [this], attributes);
  }
  softmax(axis = -1): Tensor {
    return this.alongLast(axis, (x) => apply1('softmax', [x], {}));
  }
  logSoftmax(axis = -1): Tensor {
    return this.alongLast(axis, (x) => apply1('logSoftmax', [x], {}));
  }
  /** logits [N, C] with target probabilities [N, C] → the sum of the losses of all rows by `divisor`, their number. */
  softmaxCrossEntropy(targets: Tensor, divisor = this.shape[0] ?? 1): Tensor {
    return apply1('softmaxCrossEntropy', [this, targets], { divisor });
  }
  /** Scaled dot-product attention (Vaswani et al. 2017) of queries [B,T,D] over keys [B,S,D] and values [B,S,E]. */
  attention(keys: Tensor, values: Tensor, scale = 1 / Math.sqrt(this.shape[this.rank - 1] ?? 1)): Tensor {
    return apply1('attention', [this, keys, values], { scale });
  }

  private alongLast(axis: number, body: (x: Tensor) => Tensor): Tensor {
    const at = normaliseAxis('softmax', axis, this.rank);
    if (at === this.rank - 1) return body(this);
    return body(this.transpose(at, -1)).transpose(at, -1);
  }
}
