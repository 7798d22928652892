import { pieces } from './kernel.ts';
import type { Machine } from './machine.ts';

/** Elements a piece; CHUNK in wasm/layout.ts. */
const CHUNK = 16384;

/** Sets `count` float32 values from `address` on. */
export function fill(machine: Machine, address: number, count: number, value: number): void {
  machine.launch('fillKernel', pieces(count, CHUNK), [address, count], [value], { work: count });
}
