import { DataError, RunError } from '../base/errors.ts';
import { readBytes } from './files.ts';

/**
 * JSON for people and machines: two spaces, a line end. JSON has no NaN and `JSON.stringify` would turn it
 * into null without a word, so a number that is not finite is an error that says where it is.
 * @throws RunError `json/not-finite`
 */
export function toJson(value: unknown, indent: number | undefined = 2): string {
  const path: string[] = [];
  const check = (item: unknown): void => {
    if (typeof item === 'number' && !Number.isFinite(item)) {
      throw new RunError(
        'json/not-finite',
        `${item} at ${path.join('.') || 'the top'} cannot be written as JSON`,
      );
    }
    if (typeof item !== 'object' || item === null) return;
    for (const [key, child] of Object.entries(item)) {
      path.push(key);
      check(child);
      path.pop();
    }
  };
  check(value);
  return `${JSON.stringify(value, null, indent)}\n`;
}

/** @throws DataError `file/…`, `json/invalid` */
export function readJson(path: string): unknown {
  return parseJsonText(new TextDecoder().decode(readBytes(path)), path);
}

/** @param where what messages call the text. @throws DataError `json/invalid` */
export function parseJsonText(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new DataError('json/invalid', `${where}: not JSON (${detail})`, undefined, { cause });
  }
}
