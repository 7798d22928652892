import { isAbsolute, join, resolve } from 'node:path';

/**
 * The folder that keeps features between runs, or null for none: what was asked for, else `$PCG_ENGINE_CACHE`, else
 * the place that the system has for such things. `off` is none, and so is a user without a home.
 *
 * @param given a folder or `off`
 * @param platform as `process.platform`
 */
export function cacheFolder(
  given: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  platform: string = process.platform,
): string | null {
  const wanted = given ?? (env.PCG_ENGINE_CACHE || undefined);
  if (wanted !== undefined) return wanted === 'off' ? null : resolve(wanted);
  const base = systemFolder(env, platform);
  return base === null ? null : join(base, 'pcg-engine');
}

/** XDG Base Directory Specification on Linux and its like; a relative path there is to be ignored. */
function systemFolder(env: Readonly<Record<string, string | undefined>>, platform: string): string | null {
  if (platform === 'win32') return env.LOCALAPPDATA || null;
  if (env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME)) return env.XDG_CACHE_HOME;
  if (!env.HOME) return null;
  return platform === 'darwin' ? join(env.HOME, 'Library', 'Caches') : join(env.HOME, '.cache');
}
