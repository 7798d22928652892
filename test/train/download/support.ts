import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../../src/base/errors.ts';
import {
  type DownloadOptions,
  type DownloadResult,
  downloadSet,
  type HttpPolicy,
} from '../../../src/train/download/index.ts';
import { temporaryFolder } from '../temporary.ts';

/** Waits so short that a test takes no time, and tries enough for a busy machine. */
export const QUICK: Partial<HttpPolicy> = {
  answerMs: 5000,
  stallMs: 5000,
  tries: 4,
  mostTries: 12,
  backoffMs: 1,
  mostBackoffMs: 10,
};

/** For servers that stall: they are noticed soon. */
export const IMPATIENT: Partial<HttpPolicy> = { ...QUICK, answerMs: 250, stallMs: 250 };

/** Downloads cinc2016 from `from`; into a new folder where none is given. */
export function get(from: string, options: Partial<DownloadOptions> = {}): Promise<DownloadResult> {
  return downloadSet({
    dataset: 'cinc2016',
    to: join(temporaryFolder(), 'set'),
    from,
    list: undefined,
    policy: QUICK,
    ...options,
  });
}

/** All paths below a folder, sorted. */
export function pathsBelow(root: string): string[] {
  const walk = (folder: string): string[] =>
    readdirSync(join(root, folder)).flatMap((name) => {
      const path = folder === '' ? name : `${folder}/${name}`;
      return statSync(join(root, path)).isDirectory() ? walk(path) : [path];
    });
  return existsSync(root) ? walk('').sort() : [];
}

export function bytesOf(root: string, path: string): Uint8Array {
  return new Uint8Array(readFileSync(join(root, path)));
}

/** The engine's error that `work` ends with; anything else, or none, fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<EngineError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error('expected an error, got none');
}

export const OURS = ['LICENCE-AND-CITATION.txt', 'SHA256SUMS.txt', 'download.json'];
