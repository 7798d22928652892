/** The engine: tensors with gradients, backends, errors. Layers, DSP and training have entries of their own. */
export * from './base/errors.ts';
export { type CpuOptions, cpu } from './kernels/cpu/backend.ts';
export { reference } from './kernels/reference/backend.ts';
export type { AdapterDescription, WebgpuBackend, WebgpuOptions } from './kernels/webgpu/backend.ts';
export { webgpu } from './kernels/webgpu/load.ts';
export * from './tensor/index.ts';
