import type { KernelName } from '../ops.ts';
import * as broadcast from './broadcast.ts';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv2d.ts';
import * as elementwise from './elementwise.ts';
import type { CpuKernel } from './kernel.ts';
import * as layout from './layout.ts';

/** Every op's kernel. */
export const kernels: { readonly [K in KernelName]?: CpuKernel<K> } = {
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  ...broadcast,
  ...elementwise,
  ...layout,
};
