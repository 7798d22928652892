import type { Layer, StatisticUpdate, Variable } from '../layers/index.ts';
import { apply1 } from '../tensor/apply.ts';
import { noGrad, scope, type Tensor } from '../tensor/index.ts';
import { pack } from '../tensor/views.ts';
import { FlatVariables } from './flat.ts';

/** What a model follows without training it, such as the running means of batch normalisations, as one vector. */
export class RunningStatistics {
  readonly flat: FlatVariables;

  constructor(model: Layer) {
    this.flat = new FlatVariables([...model.variables().values()].filter(({ trainable }) => !trainable));
  }

  /**
   * Makes the updates that a step has asked for: as one where each statistic has one and all are kept alike.
   * @param guard a scalar; where it is not finite, the statistics stay as they are
   */
  follow(updates: readonly StatisticUpdate[], guard: Tensor): void {
    if (updates.length === 0) return;
    noGrad(() =>
      scope(() => {
        const ordered = this.inOrder(updates);
        if (!ordered) {
          for (const { running, batch, keep, take } of updates) {
            running.assign(apply1('blend', [running.value, batch, guard], { keep, take }));
          }
          return;
        }
        const taken = pack(
          ordered.map(({ batch }) => batch),
          ordered.map(({ take }) => take),
        );
        const { keep } = ordered[0]!;
        this.flat.assign(apply1('blend', [this.flat.value, taken, guard], { keep, take: 1 }));
      }),
    );
  }

  /** Makes the vector now, and not with the first update. */
  prepare(): void {
    if (this.flat.variables.length > 0) void this.flat.value;
  }

  /** Frees the vector; the model keeps its values. */
  dispose(): void {
    this.flat.dispose();
  }

  /** The updates in the order of the vector, or null where they are not one for each place. */
  private inOrder(updates: readonly StatisticUpdate[]): StatisticUpdate[] | null {
    const byVariable = new Map<Variable, StatisticUpdate>(updates.map((update) => [update.running, update]));
    const { variables } = this.flat;
    if (updates.length !== variables.length || byVariable.size !== variables.length) return null;
    const ordered = variables.map((variable) => byVariable.get(variable));
    const { keep } = updates[0]!;
    return ordered.every((update) => update?.keep === keep) ? (ordered as StatisticUpdate[]) : null;
  }
}
