import type { KernelName } from '../ops.ts';
import { attention, attentionBackward } from './attention.ts';
import { attentionPool, attentionPoolBackward } from './attentionpool.ts';
import { augmentWindows } from './augment.ts';
import { batchNorm, batchNormBackward } from './batchnorm.ts';
import { batchNormBlock, batchNormBlockBackward } from './batchnormblock.ts';
import { add, div, equal, greater, maximum, minimum, mul, reluBackward, sub } from './broadcast.ts';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv2d.ts';
import { dropout } from './dropout.ts';
import { affine, erf, exp, gelu, hardswish, log, neg, relu, sigmoid, sqrt, tanh } from './elementwise.ts';
import type { ReferenceKernel } from './kernel.ts';
import { layerNorm, layerNormBackward } from './layernorm.ts';
import { broadcastTo, concat, gather, pad, permute, scatterAdd, slice } from './layout.ts';
import { melPower } from './logmel.ts';
import { matmul } from './matmul.ts';
import { adamwStep, blend, globalNorm, sgdStep } from './optimizer.ts';
import { pack } from './pack.ts';
import { avgPool2d, avgPool2dBackward, maxPool2d, maxPool2dGather, maxPool2dScatter } from './pool2d.ts';
import { record } from './record.ts';
import { max, sum } from './reduce.ts';
import { logSoftmax, softmax, softmaxCrossEntropy, softmaxCrossEntropyBackward } from './softmax.ts';
import { squeezeExcitation, squeezeExcitationBackward } from './squeeze.ts';

/** The specification of every op; a missing one is a compile error. */
export const kernels = {
  neg,
  exp,
  log,
  sqrt,
  tanh,
  sigmoid,
  relu,
  gelu,
  hardswish,
  erf,
  affine,
  add,
  sub,
  mul,
  div,
  maximum,
  minimum,
  greater,
  equal,
  reluBackward,
  sum,
  max,
  broadcastTo,
  permute,
  slice,
  pad,
  concat,
  pack,
  record,
  gather,
  scatterAdd,
  matmul,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  maxPool2d,
  maxPool2dScatter,
  maxPool2dGather,
  avgPool2d,
  avgPool2dBackward,
  batchNorm,
  batchNormBackward,
  batchNormBlock,
  batchNormBlockBackward,
  layerNorm,
  layerNormBackward,
  dropout,
  squeezeExcitation,
  squeezeExcitationBackward,
  attentionPool,
  attentionPoolBackward,
  augmentWindows,
  melPower,
  softmax,
  logSoftmax,
  softmaxCrossEntropy,
  softmaxCrossEntropyBackward,
  attention,
  attentionBackward,
  globalNorm,
  adamwStep,
  sgdStep,
  blend,
} satisfies { [K in KernelName]: ReferenceKernel<K> };
