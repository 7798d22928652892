import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { DataError } from '../../../src/base/errors.ts';
import { FolderLock } from '../../../src/train/download/lock.ts';
import { temporaryFolder } from '../temporary.ts';

const { beforeRemoval } = vi.hoisted(() => ({
  beforeRemoval: { once: undefined as (() => void) | undefined },
}));

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const interrupted = <A extends unknown[], R>(work: (...args: A) => R) => {
    return (...args: A): R => {
      const { once } = beforeRemoval;
      // What another process does just before a lock is taken away, or a claim to do so is made.
      if (
        once &&
        typeof args[0] === 'string' &&
        /\.(takeover|lock)$/.test(args[0]) &&
        existsSync(args[0]) === (work.name === 'rmSync')
      ) {
        beforeRemoval.once = undefined;
        once();
      }
      return work(...args);
    };
  };
  return { ...fs, rmSync: interrupted(fs.rmSync), writeFileSync: interrupted(fs.writeFileSync) };
});

const NAMES = { lock: '.pcg-engine-download.lock', claim: '.pcg-engine-download.takeover' };

function deadLock(): { readonly folder: string; readonly lock: string; readonly claim: string } {
  const folder = temporaryFolder();
  const [lock, claim] = [join(folder, NAMES.lock), join(folder, NAMES.claim)];
  writeFileSync(lock, JSON.stringify({ process: 2 ** 22 + 1, host: hostname() }));
  return { folder, lock, claim };
}

function refusal(folder: string): DataError {
  try {
    new FolderLock(folder).release();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('the lock was given');
}

it('a dead lock that another has taken over meanwhile stays theirs', () => {
  const { folder, lock, claim } = deadLock();
  let first: FolderLock | undefined;
  beforeRemoval.once = () => {
    first = new FolderLock(folder);
  };
  expect(refusal(folder).code).toBe('download/locked');
  expect(first!.isHeld()).toBe(true);
  first!.release();
  expect(existsSync(lock)).toBe(false);
  expect(existsSync(claim)).toBe(false);
});

it('a dead lock that another is taking over is left to them', () => {
  const { folder, lock, claim } = deadLock();
  const dead = readFileSync(lock, 'utf8');
  writeFileSync(claim, '');
  expect(refusal(folder).code).toBe('download/locked');
  expect(readFileSync(lock, 'utf8')).toBe(dead);
});

it('a takeover that was cut off long ago is in nobody’s way', () => {
  const { folder, claim } = deadLock();
  writeFileSync(claim, '');
  const then = Date.now() / 1000 - 600;
  utimesSync(claim, then, then);
  const lock = new FolderLock(folder);
  expect(lock.isHeld()).toBe(true);
  lock.release();
  expect(existsSync(claim)).toBe(false);
});
