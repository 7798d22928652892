import { createHash } from 'node:crypto';
import type { Values } from '../../src/kernels/backend.ts';

/** SHA-256 of the bits. */
export function hashOf(...arrays: readonly Values[]): string {
  const hash = createHash('sha256');
  for (const a of arrays) hash.update(new Uint8Array(a.buffer, a.byteOffset, a.byteLength));
  return hash.digest('hex');
}
