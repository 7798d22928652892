import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DataError } from '../../base/errors.ts';
import { fileError, systemCode } from '../files.ts';
import { OWN_FILES } from './paths.ts';

const BEAT_MS = 10_000;
/** A holder that has not shown itself for so long is gone, on whatever machine it was. */
const GONE_MS = 120_000;

let made = 0;

/**
 * Keeps a second download out of a folder while one is under way: both would write the same partial files. The
 * lock of a process that ended without giving it back (kill -9, power cut) is taken over.
 */
export class FolderLock {
  private readonly path: string;
  private readonly token: string;
  private readonly beat: NodeJS.Timeout;

  /** @throws DataError `download/locked`, `file/…` */
  constructor(folder: string) {
    this.path = join(folder, OWN_FILES.lock);
    this.token = JSON.stringify({ process: process.pid, host: hostname(), number: ++made });
    for (let attempt = 0; !create(this.path, this.token); attempt++) {
      const holder = readHolder(this.path);
      if (holder === null) continue;
      if (!isGone(holder) || attempt > 3) throw locked(folder, this.path, holder);
      removeDead(folder, this.path);
    }
    this.beat = setInterval(() => this.show(), BEAT_MS);
    this.beat.unref();
  }

  /** Whether nobody has taken it away meanwhile, as after a long sleep of the machine. */
  isHeld(): boolean {
    try {
      return readFileSync(this.path, 'utf8') === this.token;
    } catch {
      return false;
    }
  }

  release(): void {
    clearInterval(this.beat);
    if (this.isHeld()) rmSync(this.path, { force: true });
  }

  private show(): void {
    try {
      const now = Date.now() / 1000;
      if (this.isHeld()) utimesSync(this.path, now, now);
    } catch {
      // Whoever finds the lock silent for two minutes may take it.
    }
  }
}

/** Whether a file was made that was not there. @throws DataError `file/…` */
function create(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw fileError('write', path, cause);
  }
}

/**
 * Takes away the lock of one that is gone. Of several that saw it dead only the first may: the others would take
 * away the lock that the first has made since. So one at a time does it, and looks again before.
 * @throws DataError `download/locked`, `file/…`
 */
function removeDead(folder: string, path: string): void {
  const claim = join(folder, OWN_FILES.takeover);
  if (!create(claim, '')) {
    const holder = readHolder(claim);
    // It takes no time, so one that is old was left by a process that was ended in between.
    if (holder && holder.silentMs <= GONE_MS) throw locked(folder, claim, holder);
    rmSync(claim, { force: true });
    return;
  }
  try {
    const holder = readHolder(path);
    if (holder && isGone(holder)) rmSync(path, { force: true });
  } finally {
    rmSync(claim, { force: true });
  }
}

interface Holder {
  readonly process: number | null;
  readonly host: string | null;
  readonly silentMs: number;
}

/** null when the lock has just been given back. */
function readHolder(path: string): Holder | null {
  try {
    const silentMs = Date.now() - statSync(path).mtimeMs;
    const text = readFileSync(path, 'utf8');
    try {
      const { process, host } = JSON.parse(text) as { process?: unknown; host?: unknown };
      return {
        process: Number.isSafeInteger(process) && (process as number) > 0 ? (process as number) : null,
        host: typeof host === 'string' ? host : null,
        silentMs,
      };
    } catch {
      // Being written at this moment, or damaged.
      return { process: null, host: null, silentMs };
    }
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return null;
    throw fileError('read', path, cause);
  }
}

function isGone(holder: Holder): boolean {
  if (holder.silentMs > GONE_MS) return true;
  if (holder.process === null || holder.host !== hostname()) return false;
  try {
    process.kill(holder.process, 0);
    return false;
  } catch (cause) {
    return systemCode(cause) === 'ESRCH';
  }
}

function locked(folder: string, path: string, { process, host }: Holder): DataError {
  const who = process === null ? '' : ` (process ${process} on ${host})`;
  return new DataError(
    'download/locked',
    `${folder}: another download into it is under way${who}`,
    `Let it end, or give another folder; if it is not running any more, remove ${path}`,
  );
}
