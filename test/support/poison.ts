export { relativeError, runPoisoned } from '../../src/tensor/parity.ts';
