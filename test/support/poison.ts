export { relativeError, runKernel, runPoisoned } from '../../src/tensor/parity.ts';
