/** Bundled where they are installed: npm ci --ignore-scripts --prefix bench/peers. */
export { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
export * as tf from '@tensorflow/tfjs-core';
