/** Bundled where they are installed: npm ci --ignore-scripts --prefix bench/peers. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';

export { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
export * as tf from '@tensorflow/tfjs-core';
