import type { Layer, Variable } from '../../src/layers/index.ts';
import { apply } from '../../src/tensor/apply.ts';
import { grad, type OpAttributes, type Tensor, zeros } from '../../src/tensor/index.ts';

type Settings = Omit<OpAttributes['adamwStep'], 'step' | 'clipNorm' | 'decayed'>;

/** The least that trains a layer with the `adamwStep` op: moments beside every parameter, and a count of steps. */
export class AdamwStepper {
  private readonly settings: Settings;
  private readonly slots: { readonly variable: Variable; m: Tensor; v: Tensor }[];
  private step = 0;

  constructor(layer: Layer, settings: Settings) {
    this.settings = settings;
    this.slots = [...layer.parameters().values()].map((variable) => {
      const moment = () => zeros(variable.shape, { backend: variable.value.backend }).keep();
      return { variable, m: moment(), v: moment() };
    });
  }

  /** One step against the gradient of `loss`; resolves to its value. */
  async minimise(loss: Tensor): Promise<number> {
    const value = await loss.item();
    const gradients = grad(
      loss,
      this.slots.map(({ variable }) => variable.value),
    );
    this.step++;
    this.slots.forEach((slot, i) => {
      const inputs = [slot.variable.value.detach(), gradients[i]!, slot.m, slot.v];
      const decayed = slot.variable.value.size;
      const attributes = { ...this.settings, step: this.step, clipNorm: 0, decayed };
      const [next, m, v] = apply('adamwStep', inputs, attributes);
      slot.variable.assign(next!);
      this.dropMoments(slot);
      [slot.m, slot.v] = [m!.keep(), v!.keep()];
    });
    return value;
  }

  dispose(): void {
    this.slots.forEach(this.dropMoments);
  }

  private dropMoments({ m, v }: { m: Tensor; v: Tensor }): void {
    m.dispose();
    v.dispose();
  }
}
