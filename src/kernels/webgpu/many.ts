/** Kernels that read any of several tensors in one dispatch: WGSL has no arrays of buffers. */
import type { Gpu } from './kernel.ts';

/** What the uniforms of such kernels have room for. */
const MOST = 15;

/** Tensors a dispatch at most, beside one output. */
export function mostTensors(gpu: Gpu): number {
  return Math.min(MOST, gpu.limits.maxStorageBuffersPerShaderStage - 1);
}

/**
 * What `lib-many.wgsl` is compiled with, by number of tensors.
 * @param width elements that are loaded at once
 * @param loaded what they are converted to, given the number of tensors
 */
export function definesOfMany(width: 1 | 4, loaded: (tensors: number) => string) {
  return Array.from({ length: MOST + 1 }, (_, tensors) => {
    const each = Array.from({ length: tensors }, (_, k) => k);
    const type = (k: number) => (width === 4 ? `vec4<T${k}>` : `T${k}`);
    return {
      TENSORS: tensors,
      LOADED: loaded(tensors),
      DECLARATIONS: each
        .map((k) => `@group(0) @binding(${k}) var<storage, read> tensor${k}: array<${type(k)}>;`)
        .join('\n'),
      CASES: each.map((k) => `case ${k}u: { return ${loaded(tensors)}(tensor${k}[i]); }`).join('\n'),
    };
  });
}
