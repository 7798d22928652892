import type { Variable } from '../layers/index.ts';
import { noGrad, type Shape, sizeOf, type Tensor, tensor } from '../tensor/index.ts';
import { pack, packing, viewOf } from '../tensor/views.ts';

/** Where values of these shapes lie in a vector that `pack` makes. */
export class FlatLayout {
  readonly shapes: readonly Shape[];
  readonly starts: readonly number[];
  readonly length: number;

  constructor(shapes: readonly Shape[]) {
    this.shapes = shapes;
    const { starts, length } = packing(shapes.map(sizeOf));
    this.starts = starts;
    this.length = length;
  }

  /** The values of each, from a vector that was read back. */
  split(values: ArrayLike<number>): Float32Array[] {
    const all = Float32Array.from(values);
    return this.shapes.map((shape, i) => all.slice(this.starts[i]!, this.starts[i]! + sizeOf(shape)));
  }

  /** The vector of these values. */
  join(parts: readonly ArrayLike<number>[]): Float32Array {
    const all = new Float32Array(this.length);
    parts.forEach((part, i) => {
      all.set(part, this.starts[i]!);
    });
    return all;
  }
}

/**
 * Variables side by side in one vector, so that one op changes all of them: their values are views of it. A
 * variable that somebody else has assigned to is noticed, and the vector made anew.
 */
export class FlatVariables {
  readonly layout: FlatLayout;
  readonly variables: readonly Variable[];
  private flat: Tensor | null = null;
  /** What the variables were given, to notice when they have something else. */
  private given: readonly Tensor[] = [];

  constructor(variables: readonly Variable[]) {
    this.variables = variables;
    this.layout = new FlatLayout(variables.map(({ shape }) => shape));
  }

  /** The vector of their values. */
  get value(): Tensor {
    const fresh = this.flat !== null && this.variables.every(({ value }, i) => value === this.given[i]);
    if (!fresh) {
      noGrad(() => {
        const packed = pack(this.variables.map(({ value }) => value));
        this.assign(packed);
        packed.dispose();
      });
    }
    return this.flat!;
  }

  /** Replaces all values. */
  assign(flat: Tensor): void {
    const before = this.flat;
    this.flat = flat.detach().keep();
    this.given = this.variables.map((variable, i) => {
      const view = viewOf(flat, this.layout.starts[i]!, variable.shape);
      variable.assign(view);
      view.dispose();
      return variable.value;
    });
    before?.dispose();
  }

  /** The variables keep their values. */
  dispose(): void {
    this.flat?.dispose();
    this.flat = null;
  }
}

/** A vector beside flat variables, of the same layout: what an optimiser remembers of them. Zeros at first. */
export class FlatSlot {
  readonly layout: FlatLayout;
  private current: Tensor;

  constructor({ layout, value }: FlatVariables) {
    this.layout = layout;
    this.current = tensor(new Float32Array(layout.length), [layout.length], {
      backend: value.backend,
    }).keep();
  }

  get value(): Tensor {
    return this.current;
  }

  assign(value: Tensor): void {
    const before = this.current;
    this.current = value.detach().keep();
    before.dispose();
  }

  /** From values on the host. */
  set(values: Float32Array): void {
    const { backend, shape } = this.current;
    const value = tensor(values, shape, { backend });
    this.assign(value);
    value.dispose();
  }

  dispose(): void {
    this.current.dispose();
  }
}
