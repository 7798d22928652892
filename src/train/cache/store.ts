/** A feature cache as the one sees it who opens it: how much it holds, and what was of use. */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileError, makeFolders } from '../files.ts';
import { byCodeUnits } from '../recording.ts';
import { codeVersion } from './key.ts';
import { type CacheSetup, type CacheUse, ENTRY_NAME, PARTIAL_NAME } from './shelf.ts';

/** 4 GiB: about 100 hours of sound with the default features. */
export const CACHE_LIMIT = 4 * 1024 * 1024 * 1024;

/** A cache that became too large is brought to this share of its limit, so that it is not looked through each time. */
const AFTER_TRIMMING = 0.9;
/** Milliseconds after which nobody is still writing a part of an entry. */
const ABANDONED = 3_600_000;

/** Milliseconds by which the time of a file may lie before that of the clock at which it was written. */
const CLOCKS = 5000;

/** What a cache was good for. */
export interface CacheReport {
  readonly folder: string;
  /** Recordings whose features were there. */
  readonly found: number;
  /** Recordings whose features had to be made. */
  readonly made: number;
  /** Of those, how many had an entry that was damaged. */
  readonly damaged: number;
  /** What the user should know, each once. */
  readonly warnings: readonly string[];
}

interface Entry {
  readonly path: string;
  readonly size: number;
  readonly used: number;
}

/**
 * Features kept between runs, in one folder that any number of processes may share. Nothing that is wrong with it stops
 * the work: what cannot be read is made anew, what cannot be written is not kept, and `report` says so.
 */
export class FeatureCache {
  /** Where the user finds it. */
  readonly folder: string;
  readonly limit: number;
  private readonly entries: string;
  private readonly closed = new SharedArrayBuffer(4);
  private readonly since = Date.now() - CLOCKS;
  /** Bytes in it; not known before something was put in. */
  private size: number | null = null;
  private readonly counts = { found: 0, made: 0, damaged: 0 };
  private readonly problems: string[] = [];

  /** @param options.limit bytes; what was used least recently goes first */
  constructor(folder: string, { limit = CACHE_LIMIT }: { readonly limit?: number } = {}) {
    this.folder = folder;
    this.limit = limit;
    this.entries = join(folder, 'features');
    try {
      makeFolders(this.entries);
    } catch (cause) {
      this.close(fileError('write', this.entries, cause).message);
    }
  }

  /** For the threads that make features. */
  get setup(): CacheSetup {
    return { folder: this.entries, code: codeVersion(), closed: this.closed };
  }

  /** Takes note of what became of a recording; gives up entries where there are too many. */
  note({ found, damaged, stored, problem }: CacheUse): void {
    this.counts[found ? 'found' : 'made'] += 1;
    if (damaged) this.counts.damaged += 1;
    if (problem !== undefined) this.close(problem);
    if (stored === 0) return;
    this.size = this.size === null ? sizeOf(this.list()) : this.size + stored;
    if (this.size > this.limit) this.trim();
  }

  get report(): CacheReport {
    const { folder, counts, problems } = this;
    const { damaged } = counts;
    const anew = `the feature cache ${folder} had ${damaged} damaged ${damaged === 1 ? 'entry' : 'entries'}, made anew`;
    return { folder, ...counts, warnings: damaged > 0 ? [anew, ...problems] : problems };
  }

  /** Nothing more is put in; said once. */
  private close(problem: string): void {
    const closed = new Int32Array(this.closed);
    Atomics.store(closed, 0, 1);
    if (this.problems.length === 0)
      this.problems.push(`the feature cache ${this.folder} keeps nothing new: ${problem}`);
  }

  /** Gives up what was used least recently. What this run has used stays: it would be made and lost in every run. */
  private trim(): void {
    const all = this.list().sort((a, b) => a.used - b.used || byCodeUnits(a.path, b.path));
    let size = sizeOf(all);
    for (const { path, size: bytes, used } of all) {
      if (size <= AFTER_TRIMMING * this.limit || used >= this.since) break;
      try {
        rmSync(path, { force: true });
        size -= bytes;
      } catch {
        // Somebody else is reading it, where that matters; it stays.
      }
    }
    this.size = size;
    if (size > this.limit) {
      const gib = (this.limit / CACHE_LIMIT) * 4;
      this.close(`what this run needs is more than the ${gib.toFixed(gib < 1 ? 3 : 0)} GiB that it may hold`);
    }
  }

  /** Entries, and parts of entries that somebody may still finish. None where the folder cannot be looked into. */
  private list(): Entry[] {
    const entries: Entry[] = [];
    let names: string[] = [];
    try {
      names = readdirSync(this.entries);
    } catch (cause) {
      this.close(fileError('list', this.entries, cause).message);
    }
    for (const name of names) {
      const isPartial = PARTIAL_NAME.test(name);
      if (!isPartial && !ENTRY_NAME.test(name)) continue;
      const path = join(this.entries, name);
      try {
        const { size, mtimeMs } = statSync(path);
        if (isPartial && mtimeMs < this.since - ABANDONED) rmSync(path, { force: true });
        else entries.push({ path, size, used: mtimeMs });
      } catch {
        // Another process has given it up, or finished it.
      }
    }
    return entries;
  }
}

function sizeOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { size }) => sum + size, 0);
}
