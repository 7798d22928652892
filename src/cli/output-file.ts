import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { UsageError } from '../base/errors.ts';

/**
 * Before work begins: whether its result may be written there. A file of an earlier time is replaced; one of another
 * kind, a recording with a mistyped option before it, is not.
 *
 * @param code of the error
 * @param begins what such a file has near its beginning
 * @throws UsageError
 */
export function checkOutputFile(path: string, code: string, begins: string): void {
  if (!existsSync(dirname(path))) {
    const message = `there is no folder ${dirname(path)} to write ${path} in`;
    throw new UsageError(code, message, 'Make it first');
  }
  if (!existsSync(path)) return;
  if (!statSync(path).isFile()) throw new UsageError(code, `${path} is not a regular file`, 'Name a file');
  const head = headOf(path);
  if (head === '' || head.includes(begins)) return;
  const message = `${path} is there, and not something that this command wrote`;
  throw new UsageError(code, message, 'Nothing else is ever overwritten: name another file');
}

function headOf(path: string): string {
  const bytes = new Uint8Array(1024);
  const file = openSync(path, 'r');
  try {
    return new TextDecoder().decode(bytes.subarray(0, readSync(file, bytes)));
  } finally {
    closeSync(file);
  }
}
