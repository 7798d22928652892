import type { Tf } from './tfjs-load.mjs';

export const tf: Tf & {
  enableProdMode(): void;
  env(): { getAsync(flag: string): Promise<boolean> };
};
/** Where its .wasm files are. */
export function setWasmPaths(folder: string): void;
