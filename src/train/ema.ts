import type { Layer } from '../layers/index.ts';
import { noGrad, scope } from '../tensor/index.ts';

/**
 * Moves every variable of `average` towards `model`: a ← d·a + (1−d)·m (Polyak & Juditsky 1992; exponential
 * form as in Tarvainen & Valpola 2017). The first steps use a smaller decay, so that the initial values,
 * which mean nothing, are soon forgotten.
 */
export function updateAverage(average: Layer, model: Layer, decay: number, step: number): void {
  const d = Math.min(decay, (1 + step) / (10 + step));
  const sources = model.variables();
  noGrad(() => {
    for (const [path, variable] of average.variables()) {
      scope(() =>
        variable.assign(variable.value.affine(d, 0).add(sources.get(path)!.value.affine(1 - d, 0))),
      );
    }
  });
}
