/** What features depend on, as one hash: the recording, the settings, and the code that makes them. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FeatureSettings } from '../../dsp/index.ts';
import { hashBytes } from '../hash.ts';
import { byCodeUnits } from '../recording.ts';

/** Folders, seen from this one, of code between a file and its features. */
const FOLDERS = ['../../base', '../../dsp', '../compressed'];
/** Files beside them, by how their names begin. */
const FILES = { '..': ['compressed.', 'sound'], '../workers': ['extract.'] } as const;
/** Where this module is unless it was bundled with others. */
const OWN_PLACE = /\/train\/cache\/key\.[jt]s$/;

/**
 * Name of a recording's features in a cache.
 * @param content SHA-256 of the recording's file
 * @param code of `codeVersion`
 */
export function featureKey(content: string, features: FeatureSettings, code: string): string {
  const settings = { ...features, channel: features.channel ?? 'mix' };
  return hashBytes(JSON.stringify(canonical(['pcg-engine/features', content, settings, code])));
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
 * In a bundle those are the files beside this one: it may be cut into several.
 */
export function codeVersion(): string {
  known ??= hashCode(import.meta.url);
  return known;
}

/** @param module where this module is */
export function hashCode(module: string): string {
  const own = fileURLToPath(module);
  const extension = own.slice(own.lastIndexOf('.'));
  const hash = createHash('sha256');
  const add = (folder: string, recursive: boolean, wanted: (name: string) => boolean) => {
    const path = join(own, '..', folder);
    const names = readdirSync(path, { recursive, encoding: 'utf8' });
    const isCode = (name: string) => name.endsWith(extension) && !name.endsWith('.d.ts');
    for (const name of names.filter((each) => isCode(each) && wanted(each)).sort(byCodeUnits)) {
      const content = readFileSync(join(path, name));
      hash.update(`${folder} ${name.split(sep).join('/')} ${content.length}\n`).update(content);
    }
  };
  if (!OWN_PLACE.test(module)) {
    add('.', false, () => true);
    return hash.digest('hex');
  }
  for (const folder of FOLDERS) add(folder, true, () => true);
  for (const [folder, starts] of Object.entries(FILES))
    add(folder, false, (name) => starts.some((start) => name.startsWith(start)));
  return hash.digest('hex');
}
