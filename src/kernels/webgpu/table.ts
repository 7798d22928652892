import type { KernelName } from '../ops.ts';
import * as attention from './attention.ts';
import * as attentionpool from './attentionpool.ts';
import * as augment from './augment.ts';
import * as batchnorm from './batchnorm.ts';
import * as batchnormblock from './batchnormblock.ts';
import * as broadcast from './broadcast.ts';
import { concat } from './concat.ts';
import * as convolution from './conv2d.ts';
import { conv2dWeightGrad } from './conv2dweight.ts';
import * as dropout from './dropout.ts';
import * as elementwise from './elementwise.ts';
import type { WebgpuKernel } from './kernel.ts';
import * as layernorm from './layernorm.ts';
import * as layout from './layout.ts';
import * as logmel from './logmel.ts';
import { matmul } from './matmul.ts';
import * as optimizer from './optimizer.ts';
import { pack } from './pack.ts';
import * as pool2d from './pool2d.ts';
import { record } from './record.ts';
import * as reduce from './reduce.ts';
import * as softmax from './softmax.ts';
import * as squeeze from './squeeze.ts';

/** Every op's kernel. */
export const kernels: { readonly [K in KernelName]?: WebgpuKernel<K> } = {
  ...attentionpool,
  ...batchnorm,
  ...batchnormblock,
  ...broadcast,
  concat,
  ...convolution,
  conv2dWeightGrad,
  ...layernorm,
  ...layout,
  ...elementwise,
  ...reduce,
  matmul,
  ...augment,
  ...logmel,
  ...dropout,
  pack,
  record,
  ...squeeze,
  ...pool2d,
  ...optimizer,
  ...softmax,
  ...attention,
};
