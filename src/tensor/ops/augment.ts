/** Training windows from recordings on the device. Formulas: `kernels/reference/augment.ts`. */
import { formatShape, ShapeError } from '../../base/errors.ts';
import type { OpAttributes } from '../../kernels/ops.ts';
import { LEVEL_COLUMNS, LEVELS, PLAN, planColumns, writeLevel } from '../../kernels/window-plan.ts';
import { indices, tensor } from '../create.ts';
import { randomWords, uniformValues } from '../random.ts';
import type { OpSpec, Sample } from '../spec.ts';

export { LEVEL_COLUMNS, LEVELS, PLAN, planColumns, writeLevel } from '../../kernels/window-plan.ts';

type Attributes = OpAttributes['augmentWindows'];

const place = { seed: 2 ** 33 + 9, stream: 0x7005, step: 17 };
const all = { ...place, frequencyMasks: 2, timeMasks: 2, gain: true, noise: true, mixup: true };
const none = { ...place, frequencyMasks: 0, timeMasks: 0, gain: false, noise: false, mixup: false };

/** Windows of recordings of 1, 4, 7, … frames, so some are shorter than a window, with every column of the plan drawn. */
function sample(batch: number, recordings: number, attributes: Attributes): Sample<Attributes> {
  const { bands, frames, frequencyMasks, timeMasks } = attributes;
  const lengths = Array.from({ length: recordings }, (_, i) => 1 + 3 * i);
  const offsets = lengths.map((_, i) => bands * lengths.slice(0, i).reduce((a, b) => a + b, 0));
  const columns = planColumns(frequencyMasks + timeMasks);
  const draws = randomWords(batch * columns, { seed: 3, stream: batch });
  const uniforms = uniformValues(batch * 4, { seed: 4, stream: batch });
  const plan = new Int32Array(batch * columns);
  const levels = new Float32Array(batch * LEVEL_COLUMNS);
  for (let row = 0; row < batch; row++) {
    const own = (column: number) => draws[row * columns + column]!;
    const at = row * columns;
    const recording = own(0) % recordings;
    plan[at + PLAN.offset] = offsets[recording]!;
    plan[at + PLAN.frames] = lengths[recording]!;
    plan[at + PLAN.start] = own(PLAN.start) % lengths[recording]!;
    plan[at + PLAN.partner] = own(PLAN.partner) % batch;
    plan[at + PLAN.noiseWord] = own(PLAN.noiseWord) % 9;
    for (let mask = 0; mask < frequencyMasks + timeMasks; mask++) {
      const extent = mask < frequencyMasks ? bands : frames;
      const width = own(PLAN.masks + 2 * mask) % (Math.floor(extent / 3) + 1);
      plan[at + PLAN.masks + 2 * mask] = own(PLAN.masks + 2 * mask + 1) % (extent - width + 1);
      plan[at + PLAN.masks + 2 * mask + 1] = width;
    }
    const first = row * LEVEL_COLUMNS;
    writeLevel(levels, first + LEVELS.level, uniforms[4 * row]! - 0.5);
    writeLevel(levels, first + LEVELS.tilt, uniforms[4 * row + 1]! - 0.5);
    writeLevel(levels, first + LEVELS.noiseScale, uniforms[4 * row + 2]! / 100);
    writeLevel(levels, first + LEVELS.share, 0.5 + uniforms[4 * row + 3]! / 2);
  }
  return {
    shapes: [[bands * lengths.reduce((a, b) => a + b, 0)]],
    attributes,
    complete: ([store]) => [
      store!,
      indices(plan, { backend: store!.backend }).reshape([batch, columns]),
      tensor(levels, [batch, LEVEL_COLUMNS], { backend: store!.backend }),
    ],
  };
}

/** Not differentiable by design: recordings are data. */
export const augmentWindows: OpSpec<Attributes> = {
  shape: ([store, plan, levels], { bands, frames, frequencyMasks, timeMasks }) => {
    const batch = plan![0]!;
    const columns = planColumns(frequencyMasks + timeMasks);
    const fit = store!.length === 1 && plan!.length === 2 && plan![1] === columns;
    if (!fit || levels!.length !== 2 || levels![0] !== batch || levels![1] !== LEVEL_COLUMNS) {
      throw new ShapeError(
        'shape/augment',
        `augmentWindows: store ${formatShape(store!)}, plan ${formatShape(plan!)} and levels ${formatShape(levels!)} must be [L], [B,${columns}] and [B,${LEVEL_COLUMNS}]`,
      );
    }
    if (!(bands >= 1 && frames >= 1))
      throw new ShapeError('shape/augment', `augmentWindows: windows of ${bands} × ${frames}`);
    return [[batch, 1, bands, frames]];
  },
  gradient: null,
  samples: [
    sample(1, 1, { ...none, bands: 1, frames: 1 }),
    sample(1, 2, { ...all, bands: 1, frames: 3 }),
    sample(3, 4, { ...all, bands: 3, frames: 5 }),
    sample(4, 6, { ...all, bands: 16, frames: 13 }),
    sample(5, 9, { ...all, bands: 32, frames: 36 }),
    sample(4, 5, { ...none, bands: 4, frames: 6 }),
    sample(4, 5, { ...none, bands: 4, frames: 6, noise: true }),
    sample(4, 5, { ...none, bands: 4, frames: 6, gain: true, timeMasks: 1 }),
    sample(4, 5, { ...none, bands: 4, frames: 6, mixup: true, frequencyMasks: 1 }),
  ],
  tolerance: { cpu: 2e-7, webgpu: 5e-7 },
};
