/** Every function exported here can be launched by its name. One line a family, in alphabetical order. */
export * from './elementwise';
export * from './worker';
