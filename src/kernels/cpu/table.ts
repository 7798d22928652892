import type { KernelName } from '../ops.ts';
import * as elementwise from './elementwise.ts';
import type { CpuKernel } from './kernel.ts';

/** Every op's kernel. */
export const kernels: { readonly [K in KernelName]?: CpuKernel<K> } = {
  affine: elementwise.affine,
};
