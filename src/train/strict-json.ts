/** Builds the error to throw: what kind, at which byte of the text, in words. */
export type JsonFailure = (kind: 'not-json' | 'duplicate-name', offset: number, what: string) => Error;

/**
 * Parses UTF-8 JSON whose top is an object, and refuses a name that an object has twice: `JSON.parse` would
 * silently keep the last, and two readers of one file could see different content.
 */
export function parseStrictJson(bytes: Uint8Array, failure: JsonFailure): Record<string, unknown> {
  let text: string;
  let value: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw failure('not-json', 0, 'the header is not UTF-8 text');
  }
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw failure(
      'not-json',
      0,
      `the header is not JSON (${cause instanceof Error ? cause.message : cause})`,
    );
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw failure('not-json', 0, 'the header is not a JSON object');
  }
  const twice = findDuplicateName(text);
  if (twice) {
    const offset = new TextEncoder().encode(text.slice(0, twice.at)).length;
    throw failure('duplicate-name', offset, `the name "${twice.name}" is there twice`);
  }
  return value as Record<string, unknown>;
}

/** The first name that any object of valid JSON text has twice, and where. */
function findDuplicateName(text: string): { name: string; at: number } | undefined {
  // One entry an open bracket: the names so far of an object, null for an array.
  const open: (Set<string> | null)[] = [];
  const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]/g;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    const found = match[0];
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(null);
    else if (found === '}' || found === ']') open.pop();
    else if (followedByColon(text, token.lastIndex)) {
      const names = open.at(-1);
      const name = JSON.parse(found) as string;
      if (names?.has(name)) return { name, at: match.index };
      names?.add(name);
    }
  }
  return undefined;
}

/** Whether a string that ends before `at` is a name, and not a value. */
function followedByColon(text: string, at: number): boolean {
  const colon = /\s*:/y;
  colon.lastIndex = at;
  return colon.test(text);
}
