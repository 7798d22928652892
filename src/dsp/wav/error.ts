import { DataError } from '../../base/errors.ts';

/** A `DataError` about a WAV file: says which file and at which byte offset. */
export function wavError(code: string, name: string, offset: number, what: string, hint?: string): DataError {
  return new DataError(`wav/${code}`, `${name}: ${what} (at byte ${offset})`, hint);
}
