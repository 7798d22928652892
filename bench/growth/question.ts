import type { Bench, Question } from '../question.ts';
import { batchGrowth, widthGrowth } from './network.ts';
import { bundleChild } from './process.ts';
import { countGrowth, lengthGrowth } from './recordings.ts';
import { threadGrowth } from './threads.ts';

async function* answers(bench: Bench) {
  const child = await bundleChild();
  yield await batchGrowth(child, bench);
  yield await lengthGrowth(child, bench);
  yield await countGrowth(child, bench);
  yield await widthGrowth(child, bench);
  yield await threadGrowth(bench);
}

export const growthQuestion: Question = {
  name: 'growth',
  title: 'Growth',
  method:
    'Times are medians of runs in one process, all sizes taking turns. Memory of a process is its peak resident memory ' +
    'above that of one with the same code that is ready and has nothing to do, the median of three fresh processes; sizes ' +
    'within 2 MB of that are not fitted. Memory of tensors is the most that is live at once. Fits are power laws, least ' +
    'squares on logarithms, with the standard error of the exponent; of the upper half of the sizes (three at least) where ' +
    'its exponent differs by over 0.05 from that of all, so that what costs the same for every size does not pass for slow growth. ' +
    'Made-up recordings are noise; their files are in the page cache.',
  run: answers,
};
