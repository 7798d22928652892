/** Every function exported here can be launched by its name. One line a family, in alphabetical order. */
export * from './broadcast';
export * from './batchnorm';
export * from './conv2d';
export * from './conv2dweight';
export * from './elementwise';
export * from './layout';
export * from './reduce';
export * from './matmul';
export * from './pool2d';
export * from './worker';
