/** What commands have in common that make features. */
import { homedir } from 'node:os';
import { sep } from 'node:path';
import { cacheFolder } from '../train/cache/location.ts';
import { FeatureCache } from '../train/cache/store.ts';
import type { Io } from './io.ts';
import type { Progress } from './progress.ts';
import { count, plural } from './table.ts';

/** The cache that `--cache` and the environment ask for, or none. */
export function openCache(given: string | undefined, io: Io): FeatureCache | undefined {
  const folder = cacheFolder(given, io.env);
  return folder === null ? undefined : new FeatureCache(folder);
}

/** `2,143 recordings, 2,100 of them from the cache ~/.cache/pcg-engine`; undefined where the cache was not asked. */
export function cacheLine(cache: FeatureCache | undefined): string | undefined {
  if (!cache) return undefined;
  const { folder, found, made } = cache.report;
  if (found + made === 0) return undefined;
  const known = made === 0 ? 'all' : found === 0 ? 'none' : `${count(found)} of them`;
  return `${plural(found + made, 'recording')}, ${known} from the cache ${short(folder)}`;
}

/** Says once what was wrong with the cache. */
export function sayCacheWarnings(cache: FeatureCache | undefined, progress: Progress): void {
  for (const warning of cache?.report.warnings ?? [])
    progress.say(`${progress.style.yellow('warning:')} ${warning}`);
}

function short(folder: string): string {
  const home = homedir();
  return folder.startsWith(home + sep) ? `~${folder.slice(home.length)}` : folder;
}
