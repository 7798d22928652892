/** What features depend on, as one hash: the recording, the settings, and the code that makes them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FeatureSettings } from '../../dsp/index.ts';
import { hashBytes } from '../hash.ts';
import { byCodeUnits } from '../recording.ts';
import type { ChannelChoice } from '../sound.ts';

/** Folders and beginnings of file names, seen from this folder, of all code between a file and its features. */
const SOURCES = ['../../base/', '../../dsp/', '../compressed', '../sound', '../workers/extract'];

/**
 * Name of a recording's features in a cache.
 * @param content SHA-256 of the recording's file
 * @param code of `codeVersion`
 */
export function featureKey(
  content: string,
  features: FeatureSettings,
  channel: ChannelChoice,
  code: string,
): string {
  return hashBytes(JSON.stringify(canonical(['pcg-engine/features', content, features, channel, code])));
}

/** The same value with the fields of objects in code-unit order. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => byCodeUnits(a, b));
  return Object.fromEntries(fields.map(([name, field]) => [name, canonical(field)]));
}

let known: string | undefined;

/**
 * SHA-256 over the files that hold the code, so that features of older code are never taken for those of this one.
 * In a bundle that is the bundle.
 */
export function codeVersion(): string {
  known ??= hashCode(import.meta.url);
  return known;
}

/** @param module where this module is */
export function hashCode(module: string): string {
  const own = fileURLToPath(module);
  const extension = own.slice(own.lastIndexOf('.'));
  const isSource = (name: string) => name.endsWith(extension) && !name.endsWith('.d.ts');
  const hash = createHash('sha256');
  let count = 0;
  for (const source of SOURCES) {
    const place = fileURLToPath(new URL(source, module));
    const [folder, start] = place.endsWith(sep)
      ? [place, '']
      : [join(place, '..'), place.slice(place.lastIndexOf(sep) + 1)];
    // In a bundle there is none of them.
    const names = namesIn(folder).filter((name) => name.startsWith(start) && isSource(name));
    for (const name of names.sort(byCodeUnits)) {
      const content = readFileSync(join(folder, name));
      hash.update(`${source} ${name.split(sep).join('/')} ${content.length}\n`).update(content);
      count += 1;
    }
  }
  return count > 0 ? hash.digest('hex') : hashBytes(readFileSync(own));
}

/** Files in a folder and below. */
function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}
