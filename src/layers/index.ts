/** Layers with variables, losses and models. */
export { AttentionPool, type AttentionPoolConfig, SelfAttention } from './attention.ts';
export { BatchNorm, type BatchNormOptions } from './batchnorm.ts';
export { Conv2d, type Conv2dConfig } from './conv2d.ts';
export { ConvNorm } from './convnorm.ts';
export { Dense } from './dense.ts';
export { Dropout } from './dropout.ts';
export { Initialiser } from './init.ts';
export { type Context, inference, Layer, type StatisticUpdate, Variable } from './layer.ts';
export { type CrossEntropyOptions, crossEntropy } from './loss.ts';
export {
  buildModel,
  Model,
  type ModelConfig,
  modelNames,
  PcgLite,
  ReferenceStep,
  Seed,
} from './models/index.ts';
export { AvgPool2d, Flatten, GlobalAvgPool, MaxPool2d, ReLU, Sequential, Softmax } from './simple.ts';
export { SqueezeExcitation } from './squeeze.ts';
