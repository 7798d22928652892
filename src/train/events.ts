import { appendFileSync, closeSync, existsSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import { DataError } from '../base/errors.ts';
import { fileError, readBytes } from './files.ts';
import { toJson } from './json.ts';

/** A line of `events.ndjson`; what it holds besides `event` is up to the one who writes it. */
export interface RunEvent {
  readonly event: string;
  readonly [key: string]: unknown;
}

/** Appends events to a file, a JSON document a line; lines that are there never change. */
export class EventLog {
  readonly path: string;

  /**
   * Opens the log for appending. A last line that a killed process left half written is cut off.
   * @throws DataError `file/…`
   */
  constructor(path: string) {
    this.path = path;
    if (existsSync(path)) cutPartialLine(path);
  }

  /** @throws DataError `file/…` · RunError `json/not-finite` */
  append(event: RunEvent): void {
    const line = toJson(event, 0);
    try {
      appendFileSync(this.path, line);
    } catch (cause) {
      throw fileError('write', this.path, cause);
    }
  }
}

function cutPartialLine(path: string): void {
  try {
    const file = openSync(path, 'r+');
    try {
      const bytes = readFileSync(file);
      if (bytes.length > 0 && bytes.at(-1) !== 0x0a) ftruncateSync(file, bytes.lastIndexOf(0x0a) + 1);
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw fileError('write', path, cause);
  }
}

/**
 * Reads a log back. A last line without its line end is one that was never finished, and is left out.
 * @throws DataError `events/invalid` with file and line, `file/…`
 */
export function readEvents(path: string): RunEvent[] {
  const lines = new TextDecoder().decode(readBytes(path)).split('\n');
  return lines.slice(0, -1).map((line, index) => {
    try {
      const event: unknown = JSON.parse(line);
      if (typeof event === 'object' && event !== null && 'event' in event) return event as RunEvent;
    } catch {
      // Reported below, with the line.
    }
    throw new DataError('events/invalid', `${path}:${index + 1}: not an event: ${line.slice(0, 80)}`);
  });
}
