import type { WebgpuBackend, WebgpuOptions } from './backend.ts';

/**
 * Opens a GPU. Its kernels are loaded only now: who computes on the processor does not fetch them.
 * @throws DeviceError `webgpu/missing`, `webgpu/binding`, `webgpu/no-adapter`, `webgpu/software`, `webgpu/device`,
 * `webgpu/feature`
 */
export async function webgpu(options: WebgpuOptions = {}): Promise<WebgpuBackend> {
  const backend = await import('./backend.ts');
  return backend.webgpu(options);
}
