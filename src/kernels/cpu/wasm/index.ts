/** Every function exported here can be launched by its name. One line a family, in alphabetical order. */
export * from './attention';
export * from './batchnorm';
export * from './broadcast';
export * from './conv2d';
export * from './conv2dweight';
export * from './depthwise';
export * from './dropout';
export * from './elementwise';
export * from './layernorm';
export * from './layout';
export * from './matmul';
export * from './optimizer';
export * from './pool2d';
export * from './reduce';
export * from './softmax';
export * from './worker';
