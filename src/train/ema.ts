import type { Layer } from '../layers/index.ts';
import { apply1 } from '../tensor/apply.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import { FlatVariables } from './flat.ts';

/**
 * An average of a model's variables over the steps of a training: a ← d·a + (1−d)·m (Polyak & Juditsky 1992;
 * exponential form as in Tarvainen & Valpola 2017). The first steps use a smaller decay, so that the initial values,
 * which mean nothing, are soon forgotten.
 */
export class MovingAverage {
  /** Vectors of the average beside those of the model that they follow. */
  private readonly pairs: readonly { readonly average: FlatVariables; readonly model: FlatVariables }[];

  /**
   * @param average a second instance of the same model, which takes the averages
   * @param vectors the model's variables, as they lie in vectors
   */
  constructor(average: Layer, model: Layer, vectors: readonly FlatVariables[]) {
    const paths = new Map([...model.variables()].map(([path, variable]) => [variable, path]));
    const targets = average.variables();
    this.pairs = vectors
      .filter(({ variables }) => variables.length > 0)
      .map((vector) => ({
        average: new FlatVariables(vector.variables.map((variable) => targets.get(paths.get(variable)!)!)),
        model: vector,
      }));
  }

  /** @param guard a scalar; where it is not finite, the average stays as it is */
  update(decay: number, step: number, guard?: Tensor): void {
    const d = Math.min(decay, (1 + step) / (10 + step));
    noGrad(() =>
      scope(() => {
        for (const { average, model } of this.pairs) {
          const inputs = [average.value, model.value, ...(guard ? [guard] : [])];
          average.assign(apply1('blend', inputs, { keep: d, take: 1 - d }));
        }
      }),
    );
  }

  /** Makes the vectors now, and not with the first update. */
  prepare(): void {
    for (const { average } of this.pairs) void average.value;
  }

  /** The variables of the average keep their values. */
  dispose(): void {
    for (const { average } of this.pairs) average.dispose();
  }
}
