import { formatShape, RunError } from '../base/errors.ts';
import type { Variable } from '../layers/index.ts';
import { apply, apply1 } from '../tensor/apply.ts';
import { noGrad, type Shape, scope, type Tensor } from '../tensor/index.ts';
import { sameShape } from '../tensor/shape.ts';
import { pack } from '../tensor/views.ts';
import { FlatSlot, FlatVariables } from './flat.ts';

/** How far a step may go: gradients are scaled so that their joint norm is at most `limit` (0: however large). */
export interface Clip {
  /** A scalar, as `globalNorm` gives it. Where it is not finite, the step changes nothing. */
  readonly norm: Tensor;
  readonly limit: number;
}

/** What an optimiser remembers, by path: `m.head.weight`. */
export type OptimizerState = ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }>;

/** Changes parameters along their gradients. Its own values can be saved and set, for resuming. */
export interface Optimizer {
  /** @param gradients one a parameter, in the order of the map the optimiser was made with */
  step(gradients: readonly Tensor[], learningRate: number, clip?: Clip): void;
  /** Steps done so far; settable, for resuming. */
  steps: number;
  /** Everything it remembers, read back. */
  state(): Promise<OptimizerState>;
  /** @throws RunError `optimizer/state` naming what is missing or has another shape */
  loadState(state: OptimizerState): void;
  /** Frees what it remembers. */
  dispose(): void;
}

/**
 * The norm of all gradients together (Pascanu, Mikolov & Bengio 2013), a scalar; NaN where `loss` or the norm of
 * the step before is not finite, so that a training that has left the numbers stays where it was until somebody
 * looks. The first step has no norm before it.
 */
export function globalNorm(gradients: readonly Tensor[], loss: Tensor, previous: Tensor = loss): Tensor {
  return noGrad(() => apply1('globalNorm', [loss, previous, ...gradients], {}));
}

/** What is common: all parameters as one vector, and vectors beside it, changed by one op a step. */
abstract class FlatOptimizer implements Optimizer {
  steps = 0;
  /** Parameters in the order in which they lie in the vector. */
  readonly flat: FlatVariables;
  private readonly paths: readonly string[];
  private readonly order: readonly number[];
  private readonly parameters: ReadonlyMap<string, Variable>;
  private readonly kinds: readonly string[];
  private slots: FlatSlot[] | null = null;

  /** @param order numbers of the parameters of the map as they shall lie */
  constructor(parameters: ReadonlyMap<string, Variable>, kinds: readonly string[], order: readonly number[]) {
    const all = [...parameters];
    this.parameters = parameters;
    this.kinds = kinds;
    this.order = order;
    this.paths = order.map((i) => all[i]![0]);
    this.flat = new FlatVariables(order.map((i) => all[i]![1]));
  }

  step(gradients: readonly Tensor[], learningRate: number, clip?: Clip): void {
    this.check(gradients);
    this.steps++;
    noGrad(() =>
      scope(() => {
        const gradient = pack(this.order.map((i) => gradients[i]!));
        const slots = this.memory();
        const [value, ...rest] = this.update(
          this.flat.value,
          gradient,
          slots.map((slot) => slot.value),
          learningRate,
          clip,
        );
        this.flat.assign(value!);
        for (const [i, slot] of slots.entries()) slot.assign(rest[i]!);
      }),
    );
  }

  /** Makes the vectors now, and not with the first step. */
  prepare(): void {
    this.memory();
  }

  /** The new parameters and what is remembered of them. */
  protected abstract update(
    parameter: Tensor,
    gradient: Tensor,
    memory: readonly Tensor[],
    learningRate: number,
    clip: Clip | undefined,
  ): readonly Tensor[];

  async state(): Promise<OptimizerState> {
    const state = new Map<string, { shape: Shape; values: Float32Array }>();
    const { layout } = this.flat;
    for (const [k, slot] of this.memory().entries()) {
      for (const [i, values] of layout.split(await slot.value.data()).entries()) {
        state.set(`${this.kinds[k]}.${this.paths[i]}`, { shape: layout.shapes[i]!, values });
      }
    }
    return state;
  }

  loadState(state: OptimizerState): void {
    const { layout } = this.flat;
    const parts = this.kinds.map((kind) =>
      this.paths.map((path, i) => {
        const stored = state.get(`${kind}.${path}`);
        if (stored && sameShape(stored.shape, layout.shapes[i]!)) return stored.values;
        throw new RunError(
          'optimizer/state',
          `There is no ${kind}.${path} of shape ${formatShape(layout.shapes[i]!)} for the optimiser`,
          'What was saved belongs to another model',
        );
      }),
    );
    for (const [k, slot] of this.memory().entries()) slot.set(layout.join(parts[k]!));
  }

  dispose(): void {
    for (const slot of this.slots ?? []) slot.dispose();
    this.slots = null;
    this.flat.dispose();
  }

  private memory(): readonly FlatSlot[] {
    this.slots ??= this.kinds.map(() => new FlatSlot(this.flat));
    return this.slots;
  }

  private check(gradients: readonly Tensor[]): void {
    const { parameters } = this;
    if (gradients.length !== parameters.size) {
      throw new RunError(
        'optimizer/count',
        `The optimiser has ${parameters.size} parameters and was given ${gradients.length} gradients`,
      );
    }
    let i = 0;
    for (const [path, { value, shape }] of parameters) {
      const gradient = gradients[i++]!;
      if (gradient.size === value.size) continue;
      throw new RunError(
        'optimizer/shape',
        `The gradient of ${path} has shape ${formatShape(gradient.shape)}, the parameter ${formatShape(shape)}`,
      );
    }
  }
}

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled decay of weights; vectors (biases, gains of norms) are not decayed. */
  readonly weightDecay?: number;
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), one op for all parameters. */
export class AdamW extends FlatOptimizer {
  private readonly options: Required<AdamWOptions>;
  /** Values at the front of the vector that are decayed. */
  private readonly decayed: number;

  constructor(parameters: ReadonlyMap<string, Variable>, options: AdamWOptions = {}) {
    const all = [...parameters.values()].map((_, i) => i);
    const ranks = [...parameters.values()].map(({ shape }) => shape.length);
    const matrices = all.filter((i) => ranks[i]! > 1);
    super(parameters, ['m', 'v'], [...matrices, ...all.filter((i) => ranks[i]! <= 1)]);
    this.options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, ...options };
    this.decayed = this.flat.layout.starts[matrices.length] ?? this.flat.layout.length;
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    memory: readonly Tensor[],
    learningRate: number,
    clip: Clip | undefined,
  ): readonly Tensor[] {
    return apply('adamwStep', [parameter, gradient, ...memory, ...(clip ? [clip.norm] : [])], {
      ...this.options,
      learningRate,
      step: this.steps,
      decayed: this.decayed,
      clipNorm: clip?.limit ?? 0,
    });
  }
}

export interface SgdOptions {
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent with momentum, as PyTorch defines it. */
export class Sgd extends FlatOptimizer {
  private readonly options: Required<SgdOptions>;

  constructor(parameters: ReadonlyMap<string, Variable>, options: SgdOptions = {}) {
    super(
      parameters,
      ['velocity'],
      [...parameters.values()].map((_, i) => i),
    );
    this.options = { momentum: 0.9, weightDecay: 0, nesterov: false, ...options };
  }

  protected update(
    parameter: Tensor,
    gradient: Tensor,
    memory: readonly Tensor[],
    learningRate: number,
    clip: Clip | undefined,
  ): readonly Tensor[] {
    if (!clip) return apply('sgdStep', [parameter, gradient, ...memory], { ...this.options, learningRate });
    const { norm, limit } = clip;
    const limited = limit > 0 ? gradient.div(norm.maximum(limit).affine(1 / limit, 0)) : gradient;
    const before = [parameter, ...memory];
    const after = apply('sgdStep', [parameter, limited, ...memory], { ...this.options, learningRate });
    return before.map((value, i) => apply1('blend', [value, after[i]!, norm], { keep: 0, take: 1 }));
  }
}
