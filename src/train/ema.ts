import type { Layer, Variable } from '../layers/index.ts';
import { apply1 } from '../tensor/apply.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import { pack } from '../tensor/views.ts';
import { FlatVariables } from './flat.ts';

/**
 * An average of a model's variables over the steps of a training: a ← d·a + (1−d)·m (Polyak & Juditsky 1992;
 * exponential form as in Tarvainen & Valpola 2017). The first steps use a smaller decay, so that the initial values,
 * which mean nothing, are soon forgotten.
 */
export class MovingAverage {
  private readonly average: FlatVariables;
  private readonly sources: readonly Variable[];

  /** @param average a second instance of the same model, which takes the averages */
  constructor(average: Layer, model: Layer) {
    const sources = model.variables();
    const targets = [...average.variables()];
    this.average = new FlatVariables(targets.map(([, variable]) => variable));
    this.sources = targets.map(([path]) => sources.get(path)!);
  }

  /** @param guard a scalar; where it is not finite, the average stays as it is */
  update(decay: number, step: number, guard?: Tensor): void {
    const d = Math.min(decay, (1 + step) / (10 + step));
    noGrad(() =>
      scope(() => {
        const current = pack(this.sources.map(({ value }) => value));
        const inputs = [this.average.value, current, ...(guard ? [guard] : [])];
        this.average.assign(apply1('blend', inputs, { keep: d, take: 1 - d }));
      }),
    );
  }

  /** Makes the vector now, and not with the first update. */
  prepare(): void {
    void this.average.value;
  }

  /** The variables of the average keep their values. */
  dispose(): void {
    this.average.dispose();
  }
}
