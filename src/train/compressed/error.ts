import { DataError } from '../../base/errors.ts';
import { printable } from '../recording.ts';

/** A `DataError` about a compressed file: says which file and at which byte offset. */
export function audioError(
  code: 'damaged' | 'truncated' | 'unsupported' | 'empty' | 'too-long',
  path: string,
  offset: number,
  what: string,
  hint?: string,
): DataError {
  return new DataError(`audio/${code}`, printable(`${path}: ${what} (at byte ${offset})`), hint);
}

export const CONVERT = 'Convert it to WAV first';
