import { keyOf } from '../../base/philox.ts';
import { checkPlan, planColumns } from '../window-plan.ts';
import { type CpuKernel, sizeOf } from './kernel.ts';
import { KEYS } from './philox.ts';

/** About how many plain operations an element's cut and masks, its noise, and its mixing are worth. */
const COST = { cut: 2, noise: 8, mix: 4 };

/** Numbers are float64 between the steps and float32 in memory after each. */
export const augmentWindows: CpuKernel<'augmentWindows'> = (
  machine,
  [store, plan, levels],
  [y],
  attributes,
) => {
  const { bands, frames, frequencyMasks, timeMasks, gain, noise, mixup, seed, stream, step } = attributes;
  const batch = y!.shape[0]!;
  const count = batch * bands * frames;
  checkPlan(machine.heap.i32, plan!.address / 4, batch, sizeOf(store!.shape), attributes);
  const columns = planColumns(frequencyMasks + timeMasks);
  const varied = mixup ? machine.temporary(4 * count) : y!.address;
  const work = count * (COST.cut + (noise ? COST.noise : 0));
  machine.launch(
    'varyWindowsKernel',
    batch,
    [
      varied,
      ...[store!.address, plan!.address, levels!.address],
      ...[columns, bands, frames, frequencyMasks, timeMasks, gain ? 1 : 0, noise ? 1 : 0],
      ...[step, stream, ...keyOf(seed)],
    ],
    [],
    { work, scratch: KEYS + 4 * 36 },
  );
  if (!mixup) return;
  const integers = [y!.address, varied, plan!.address, levels!.address, columns, bands * frames];
  machine.launch('mixWindowsKernel', batch, integers, [], { work: count * COST.mix });
};
