import type { Tensor } from './tensor.ts';

/** Reports tensors that were garbage-collected before anybody freed them. It never frees anything itself. */
let registry: FinalizationRegistry<string> | null = null;
let lost: string[] = [];

/** Starts (or stops) watching; costs a few microseconds a tensor, so it is off by default. */
export function watchLeaks(on: boolean): void {
  lost = [];
  registry = on ? new FinalizationRegistry((label: string) => lost.push(label)) : null;
}

/** Op and shape of every tensor lost so far since `watchLeaks(true)`. */
export function leaks(): readonly string[] {
  return lost;
}

export function noteCreated(tensor: Tensor): void {
  registry?.register(tensor, `${tensor.op} [${tensor.shape.join(',')}]`, tensor);
}

export function noteDisposed(tensor: Tensor): void {
  registry?.unregister(tensor);
}
