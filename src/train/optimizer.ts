import { formatShape, RunError } from '../base/errors.ts';
import type { Variable } from '../layers/index.ts';
import { apply } from '../tensor/apply.ts';
import { noGrad, scope, type Tensor, zeros } from '../tensor/index.ts';

/** Changes parameters along their gradients. Its own values can be saved and set, for resuming. */
export interface Optimizer {
  /** @param gradients one a parameter, in the order of the map the optimiser was made with */
  step(gradients: readonly Tensor[], learningRate: number): void;
  /** Steps done so far; settable, for resuming. */
  steps: number;
  /** Everything it remembers, by path: `m.head.weight`. */
  readonly memory: ReadonlyMap<string, Slot>;
  /** Frees what it remembers. */
  dispose(): void;
}

/** A value of the optimiser that outlives a step. */
export class Slot {
  private current: Tensor;
  constructor(value: Tensor) {
    this.current = value.keep();
  }
  get value(): Tensor {
    return this.current;
  }
  assign(value: Tensor): void {
    const before = this.current;
    this.current = value.detach().keep();
    before.dispose();
  }
  dispose(): void {
    this.current.dispose();
  }
}

export interface AdamWOptions {
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decoupled decay of weights; vectors (biases, gains of norms) are not decayed. */
  readonly weightDecay?: number;
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), one fused op a parameter. */
export class AdamW implements Optimizer {
  steps = 0;
  readonly memory = new Map<string, Slot>();
  private readonly parameters: ReadonlyMap<string, Variable>;
  private readonly options: Required<AdamWOptions>;

  constructor(parameters: ReadonlyMap<string, Variable>, options: AdamWOptions = {}) {
    this.parameters = parameters;
    this.options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, ...options };
    for (const [path, variable] of parameters) {
      for (const kind of ['m', 'v']) this.memory.set(`${kind}.${path}`, zeroSlot(variable));
    }
  }

  step(gradients: readonly Tensor[], learningRate: number): void {
    this.steps++;
    const { weightDecay, ...rest } = this.options;
    forEachParameter(this.parameters, gradients, (path, variable, gradient) => {
      const [m, v] = [this.memory.get(`m.${path}`)!, this.memory.get(`v.${path}`)!];
      const decayed = variable.shape.length > 1 ? gradient.size : 0;
      const attributes = { ...rest, weightDecay, learningRate, step: this.steps, clipNorm: 0, decayed };
      const [value, first, second] = apply(
        'adamwStep',
        [variable.value, gradient, m.value, v.value],
        attributes,
      );
      variable.assign(value!);
      m.assign(first!);
      v.assign(second!);
    });
  }

  dispose(): void {
    for (const slot of this.memory.values()) slot.dispose();
  }
}

export interface SgdOptions {
  readonly momentum?: number;
  readonly weightDecay?: number;
  readonly nesterov?: boolean;
}

/** Stochastic gradient descent with momentum, as PyTorch defines it. */
export class Sgd implements Optimizer {
  steps = 0;
  readonly memory = new Map<string, Slot>();
  private readonly parameters: ReadonlyMap<string, Variable>;
  private readonly options: Required<SgdOptions>;

  constructor(parameters: ReadonlyMap<string, Variable>, options: SgdOptions = {}) {
    this.parameters = parameters;
    this.options = { momentum: 0.9, weightDecay: 0, nesterov: false, ...options };
    for (const [path, variable] of parameters) this.memory.set(`velocity.${path}`, zeroSlot(variable));
  }

  step(gradients: readonly Tensor[], learningRate: number): void {
    this.steps++;
    forEachParameter(this.parameters, gradients, (path, variable, gradient) => {
      const velocity = this.memory.get(`velocity.${path}`)!;
      const [value, next] = apply('sgdStep', [variable.value, gradient, velocity.value], {
        ...this.options,
        learningRate,
      });
      variable.assign(value!);
      velocity.assign(next!);
    });
  }

  dispose(): void {
    for (const slot of this.memory.values()) slot.dispose();
  }
}

function zeroSlot({ shape, value }: Variable): Slot {
  return new Slot(zeros(shape, { backend: value.backend }));
}

function forEachParameter(
  parameters: ReadonlyMap<string, Variable>,
  gradients: readonly Tensor[],
  body: (path: string, variable: Variable, gradient: Tensor) => void,
): void {
  if (gradients.length !== parameters.size) {
    throw new RunError(
      'optimizer/count',
      `The optimiser has ${parameters.size} parameters and was given ${gradients.length} gradients`,
    );
  }
  noGrad(() => {
    let i = 0;
    for (const [path, variable] of parameters) {
      const gradient = gradients[i++]!;
      if (gradient.size !== variable.value.size) {
        throw new RunError(
          'optimizer/shape',
          `The gradient of ${path} has shape ${formatShape(gradient.shape)}, the parameter ${formatShape(variable.shape)}`,
        );
      }
      scope(() => body(path, variable, gradient));
    }
  });
}

/**
 * Scales gradients so that their joint Euclidean norm is at most `limit` (Pascanu, Mikolov & Bengio 2013).
 * @returns the scaled gradients and the norm before, a scalar tensor
 */
export function clipByGlobalNorm(
  gradients: readonly Tensor[],
  limit: number,
): { clipped: Tensor[]; norm: Tensor } {
  return noGrad(() => {
    const squares = gradients.map((g) => g.square().sum());
    const norm = squares.reduce((a, b) => a.add(b)).sqrt();
    // limit / max(norm, limit): 1 where nothing is to be clipped.
    const factor = norm.maximum(limit).affine(1 / limit, 0);
    return { clipped: gradients.map((g) => g.div(factor)), norm };
  });
}
