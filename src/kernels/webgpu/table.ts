import type { KernelName } from '../ops.ts';
import * as elementwise from './elementwise.ts';
import type { WebgpuKernel } from './kernel.ts';
import { pack } from './pack.ts';

/** Every op's kernel. */
export const kernels: { readonly [K in KernelName]?: WebgpuKernel<K> } = {
  ...elementwise,
  pack,
};
