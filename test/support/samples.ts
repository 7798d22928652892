export {
  type AnySample,
  type AnySpec,
  draw,
  drawInputs,
  everySample,
} from '../../src/tensor/parity.ts';
