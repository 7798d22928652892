/** A feature cache as those see it who make features: looked up and put in, from any thread of any process. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { FeatureSettings } from '../../dsp/index.ts';
import { fileError, systemCode } from '../files.ts';
import { type CachedFeatures, decodeEntry, encodeEntry } from './entry.ts';
import { featureKey } from './key.ts';

/** What a thread must know of a cache: plain values. */
export interface CacheSetup {
  /** Where the entries are. */
  readonly folder: string;
  /** Of `codeVersion`. */
  readonly code: string;
  /** One 32-bit number for all threads: not 0 once nothing more is to be put in. */
  readonly closed: SharedArrayBuffer;
}

/** What became of one recording in the cache. */
export interface CacheUse {
  readonly found: boolean;
  /** There was an entry, but not a good one. */
  readonly damaged: boolean;
  /** Bytes that were put in. */
  readonly stored: number;
  /** Why it could not be put in. */
  readonly problem?: string;
}

export const ENTRY_NAME = /^[0-9a-f]{64}\.features$/;
export const PARTIAL_NAME = /^\.[0-9a-f]{64}\.[0-9a-f.]+\.partial$/;

export class CacheShelf {
  private readonly folder: string;
  private readonly closed: Int32Array;
  private readonly keyOf: (content: string) => string;

  constructor({ folder, code, closed }: CacheSetup, features: FeatureSettings) {
    this.folder = folder;
    this.closed = new Int32Array(closed);
    this.keyOf = (content) => featureKey(content, features, code);
  }

  /**
   * @param content SHA-256 of a recording's file
   * @returns `damaged` where there is something that is not a whole entry of this key
   */
  find(content: string): CachedFeatures | 'missing' | 'damaged' {
    const key = this.keyOf(content);
    const path = this.path(key);
    let file: number | undefined;
    try {
      file = openSync(path, 'r');
      const bytes = Buffer.allocUnsafeSlow(fstatSync(file).size);
      for (let at = 0; at < bytes.length; ) {
        const count = readSync(file, bytes, at, bytes.length - at, at);
        if (count === 0) return 'damaged';
        at += count;
      }
      const found = decodeEntry(key, bytes);
      if (!found) return 'damaged';
      touch(path);
      return found;
    } catch (cause) {
      return /^(ENOENT|ENOTDIR)$/.test(systemCode(cause)) ? 'missing' : 'damaged';
    } finally {
      if (file !== undefined) closeSync(file);
    }
  }

  /** Puts an entry in, or says why it could not. */
  put(content: string, features: CachedFeatures): Pick<CacheUse, 'stored' | 'problem'> {
    if (Atomics.load(this.closed, 0) !== 0) return { stored: 0 };
    const key = this.keyOf(content);
    const target = this.path(key);
    // Processes of two containers may have the same number.
    const partial = join(this.folder, `.${key}.${randomBytes(8).toString('hex')}.partial`);
    const bytes = encodeEntry(key, features);
    try {
      // Not flushed to the disk: what a power cut leaves of it does not pass for an entry.
      writeFileSync(partial, bytes);
      renameSync(partial, target);
      return { stored: bytes.length };
    } catch (cause) {
      Atomics.store(this.closed, 0, 1);
      try {
        rmSync(partial, { force: true });
      } catch {
        // The first failure is the one to report.
      }
      return { stored: 0, problem: fileError('write', target, cause).message };
    }
  }

  private path(key: string): string {
    return join(this.folder, `${key}.features`);
  }
}

/** Notes the use, by which the least recently used is known. Not where it may only be read. */
function touch(path: string): void {
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch {
    // Only the order in which entries are given up suffers.
  }
}
