import { countOf, type ReferenceKernel } from './kernel.ts';

/** A copy of the log with two of its values replaced. */
export const record: ReferenceKernel<'record'> = ([log, a, b], [y], { at }) => {
  y!.data.set(log!.data.subarray(0, countOf(log!.shape)));
  y!.data[at] = a!.data[0]!;
  y!.data[at + 1] = b!.data[0]!;
};
