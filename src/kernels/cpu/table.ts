import type { KernelName } from '../ops.ts';
import * as attention from './attention.ts';
import * as attentionpool from './attentionpool.ts';
import * as augment from './augment.ts';
import { batchNorm, batchNormBackward } from './batchnorm.ts';
import { batchNormBlock, batchNormBlockBackward } from './batchnormblock.ts';
import * as broadcast from './broadcast.ts';
import { conv2d, conv2dInputGrad } from './conv2d.ts';
import { conv2dWeightGrad } from './conv2dweight.ts';
import * as dropout from './dropout.ts';
import * as elementwise from './elementwise.ts';
import type { CpuKernel } from './kernel.ts';
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
export const kernels: { readonly [K in KernelName]: CpuKernel<K> } = {
  batchNorm,
  batchNormBackward,
  batchNormBlock,
  batchNormBlockBackward,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  ...broadcast,
  matmul,
  pack,
  record,
  ...pool2d,
  ...elementwise,
  ...layout,
  ...reduce,
  ...softmax,
  ...squeeze,
  ...dropout,
  ...augment,
  ...logmel,
  ...optimizer,
  ...attention,
  ...attentionpool,
  ...layernorm,
};
