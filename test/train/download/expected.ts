import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { DownloadResult } from '../../../src/train/download/index.ts';
import { temporaryFolder } from '../temporary.ts';
import { type Fault, NEEDED, type Plan, sha256, smallSet } from './server.ts';
import { bytesOf, OURS, pathsBelow } from './support.ts';

export const WAV = 'training-a/a0002.wav';
export const LIST = 'SHA256SUMS.txt';

export function folder(): string {
  return join(temporaryFolder(), 'set');
}

export function put(root: string, path: string, content: Uint8Array | string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Every file of the selection is there with the right bytes, and nothing else but ours. */
export function expectComplete(result: DownloadResult, files = smallSet()): void {
  expect(result.record.missing).toEqual([]);
  expect(result.status).toBe('complete');
  expect(pathsBelow(result.folder)).toEqual([...NEEDED, ...OURS].sort());
  for (const path of NEEDED) expect(sha256(bytesOf(result.folder, path))).toBe(sha256(files[path]!));
}

export const only =
  (path: string, fault: Fault, times = Number.POSITIVE_INFINITY): Plan =>
  (asked, time) =>
    asked === path && time < times ? fault : undefined;
