import { formatShape, RunError } from '../base/errors.ts';
import { noGrad, type Shape, sizeOf, type Tensor, tensor } from '../tensor/index.ts';
import { sameShape } from '../tensor/shape.ts';

/**
 * A named value of a layer that outlives a step: a parameter (trainable) or a statistic. Tensors are immutable,
 * so an update replaces the value; whoever caches something derived from it compares identities.
 */
export class Variable {
  readonly trainable: boolean;
  private current: Tensor;

  constructor(value: Tensor, trainable = true) {
    this.trainable = trainable;
    this.current = value.keep();
    if (trainable) value.requireGrad();
  }

  get value(): Tensor {
    return this.current;
  }

  get shape(): Shape {
    return this.current.shape;
  }

  /** Replaces the value (of the same shape) and frees the old one. */
  assign(value: Tensor): void {
    if (!sameShape(value.shape, this.shape)) {
      throw new RunError(
        'layer/assign',
        `A variable of shape ${formatShape(this.shape)} cannot take ${formatShape(value.shape)}`,
      );
    }
    const before = this.current;
    this.current = value.detach().keep();
    if (this.trainable) this.current.requireGrad();
    before.dispose();
  }

  dispose(): void {
    this.current.dispose();
  }
}

/** running ← keep·running + take·batch. */
export interface StatisticUpdate {
  readonly running: Variable;
  readonly batch: Tensor;
  readonly keep: number;
  readonly take: number;
}

/** What a forward pass needs to know beside its input. */
export interface Context {
  /** Batch statistics and dropout in training; running statistics and no dropout otherwise. */
  readonly training: boolean;
  /** Key of the run and number of the step: together with a layer's own stream they place its random draws. */
  readonly seed: number;
  readonly step: number;
  /**
   * Takes updates of statistics (the running means of batch normalisation) instead of their being made at once:
   * whoever trains makes them when the step has turned out to be finite, within its scope.
   */
  readonly defer?: (update: StatisticUpdate) => void;
  /** Called with intermediate values that explain a decision, such as attention weights. */
  readonly observe?: (layer: Layer, name: string, value: Tensor) => void;
}

export const inference: Context = { training: false, seed: 0, step: 0 };

/** A differentiable function with variables, perhaps made of others. */
export abstract class Layer {
  /** Variables of this layer itself, by name, in the order they are saved. */
  readonly own: Record<string, Variable> = {};
  /** Layers inside, by name. */
  readonly children: Record<string, Layer> = {};

  abstract forward(x: Tensor, context: Context): Tensor;

  /** Every variable below, by path: `block1.conv.weight`. */
  variables(prefix = ''): Map<string, Variable> {
    const all = new Map<string, Variable>();
    this.collect(prefix, all);
    return all;
  }

  private collect(prefix: string, all: Map<string, Variable>): void {
    for (const name in this.own) all.set(prefix + name, this.own[name]!);
    for (const name in this.children) this.children[name]!.collect(`${prefix}${name}.`, all);
  }

  /** Variables that training changes. */
  parameters(): Map<string, Variable> {
    const all = this.variables();
    for (const [path, { trainable }] of all) if (!trainable) all.delete(path);
    return all;
  }

  /** Number of trainable numbers. */
  parameterCount(): number {
    return [...this.parameters().values()].reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** Every value, read back. */
  async state(): Promise<Map<string, { shape: Shape; values: Float32Array }>> {
    // Asked for together: a device that works on its own is waited for once.
    const entries = [...this.variables()].map(async ([path, { value, shape }]) => {
      return [path, { shape, values: Float32Array.from(await value.data()) }] as const;
    });
    return new Map(await Promise.all(entries));
  }

  /** Sets every variable. @throws RunError naming variables that are missing, unknown or of another shape */
  loadState(state: ReadonlyMap<string, { readonly shape: Shape; readonly values: ArrayLike<number> }>): void {
    const variables = this.variables();
    const missing = [...variables.keys()].filter((path) => !state.has(path));
    const unknown = [...state.keys()].filter((path) => !variables.has(path));
    if (missing.length + unknown.length > 0) {
      throw new RunError(
        'layer/state',
        `The weights do not fit the model: missing ${missing.join(', ') || 'nothing'}; unknown ${unknown.join(', ') || 'nothing'}`,
        'They were saved from another model or version',
      );
    }
    for (const [path, variable] of variables) {
      const { shape } = state.get(path)!;
      if (!sameShape(shape, variable.shape)) {
        throw new RunError(
          'layer/state',
          `${path} has shape ${formatShape(shape)} in the weights and ${formatShape(variable.shape)} in the model`,
        );
      }
    }
    // Only now, so that weights that do not fit leave the model as it was.
    for (const [path, variable] of variables) {
      const { shape, values } = state.get(path)!;
      noGrad(() => {
        const value = tensor(values, shape, { backend: variable.value.backend });
        variable.assign(value);
        value.dispose();
      });
    }
  }

  /** Frees every variable and whatever the layer has cached. */
  dispose(): void {
    for (const variable of Object.values(this.own)) variable.dispose();
    for (const child of Object.values(this.children)) child.dispose();
  }
}
