import type { KernelName, OpAttributes } from '../../../src/kernels/ops.ts';
import type { WebgpuKernel } from '../../../src/kernels/webgpu/kernel.ts';
import type { ShaderName } from '../../../src/kernels/webgpu/shaders.ts';

export interface Problem<K extends KernelName> {
  readonly inputs: readonly (readonly number[])[];
  readonly output: readonly number[];
  readonly attributes: OpAttributes[K];
}

/** A kernel as it would stand in `src/kernels/webgpu/`: sources by name, and who dispatches them. */
export interface Step<K extends KernelName> {
  readonly name: string;
  readonly sources: Readonly<Record<string, string>>;
  /** null: the one that ships. */
  readonly kernel: WebgpuKernel<K> | null;
}

export interface Steps<K extends KernelName> {
  readonly op: K;
  readonly title: string;
  readonly steps: readonly Step<K>[];
  /** Small, with odd edges: compared with `reference`. */
  readonly checked: readonly Problem<K>[];
  /** Of the size that the models have. */
  readonly timed: Problem<K>;
}

/** The name under which a source of a step is known to the engine while the step runs. */
export function step(name: string): ShaderName {
  return `step-${name}` as ShaderName;
}
