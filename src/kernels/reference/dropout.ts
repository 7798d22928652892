import { keyOf, philox4x32 } from '../../base/philox.ts';
import { countOf, type ReferenceKernel } from './kernel.ts';

/**
 * Srivastava et al., "Dropout" (2014), in the inverted form: kept units are scaled by 1/(1−p), so that nothing
 * needs to be scaled when predicting. A unit is one element, or one channel of one image (Tompson et al. 2015).
 * Which units are dropped depends on (seed, stream, step, unit) alone. p = 1 drops everything; a dropped NaN is 0.
 */
export const dropout: ReferenceKernel<'dropout'> = ([x], [y], { p, perChannel, seed, stream, step }) => {
  const count = countOf(x.shape);
  const unitSize = perChannel ? countOf(x.shape.slice(2)) : 1;
  const [k0, k1] = keyOf(seed);
  const threshold = Math.round(p * 65536);
  const scale = 1 / (1 - p);
  const words = new Uint32Array(4);
  let drawn = -1;
  for (let i = 0; i < count; i++) {
    const unit = Math.floor(i / unitSize);
    const block = Math.floor(unit / 8);
    if (block !== drawn) {
      philox4x32(block >>> 0, step >>> 0, stream >>> 0, 0, k0, k1, words);
      drawn = block;
    }
    // Eight units a block: four lower halves, then four upper ones.
    const bits = (unit & 4) === 0 ? words[unit & 3]! & 0xffff : words[unit & 3]! >>> 16;
    y.data[i] = bits < threshold ? 0 : x.data[i]! * scale;
  }
};
