import { keyOf } from '../../base/philox.ts';
import { fill } from './fill.ts';
import { type CpuKernel, pieces, sizeOf } from './kernel.ts';
import { KEYS } from './philox.ts';

/** Elements a piece; CHUNK in wasm/dropout.ts. */
const CHUNK = 16384;
/** Elements whose masks are drawn at a time; MASKS in wasm/dropout.ts. */
const MASKS = 512;
/** About how many plain operations an element, and a unit's random word, are worth. */
const COST = 5;

/** Drops the same units as every other backend. */
export const dropout: CpuKernel<'dropout'> = (machine, [x], [y], { p, perChannel, seed, stream, step }) => {
  const count = sizeOf(x!.shape);
  const threshold = Math.round(p * 65536);
  if (threshold >= 65536) {
    fill(machine, y!.address, count, 0);
    return;
  }
  const random = [threshold, step, stream, ...keyOf(seed)];
  const floats = [1 / (1 - p)];
  const scratch = KEYS + 4 * MASKS;
  if (!perChannel) {
    const integers = [y!.address, x!.address, count, ...random];
    machine.launch('dropoutKernel', pieces(count, CHUNK), integers, floats, { work: count * COST, scratch });
    return;
  }
  const size = sizeOf(x!.shape.slice(2));
  const units = sizeOf(x!.shape.slice(0, 2));
  // Whole draws of 32 units, so that every piece starts at one.
  const perPiece = 32 * Math.max(1, Math.ceil(CHUNK / (32 * Math.max(1, size))));
  const integers = [y!.address, x!.address, units, ...random, size, perPiece];
  const work = count + units * COST;
  machine.launch('dropoutChannelsKernel', pieces(units, perPiece), integers, floats, { work, scratch });
};
