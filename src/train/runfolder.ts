import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { UsageError } from '../base/errors.ts';
import { EventLog } from './events.ts';
import { fileError, makeFolders, systemCode, writeFileAtomic } from './files.ts';
import { readJson, toJson } from './json.ts';
import { formatSplit, type Split } from './split.ts';

/** What a finished run folder holds, by name. */
export const RUN_FILES = {
  run: 'run.json',
  split: 'split.json',
  weights: 'weights.safetensors',
  lastWeights: 'last.safetensors',
  checkpoint: 'checkpoint.safetensors',
  metrics: 'metrics.json',
  predictions: 'predictions.csv',
  events: 'events.ndjson',
  confusion: 'confusion.svg',
  curves: 'curves.svg',
} as const;

export type RunFile = keyof typeof RUN_FILES;

/** A folder with everything about one training; each file is written whole or not at all. */
export class RunFolder {
  readonly path: string;
  /** Folders that did not exist before, the innermost first. */
  readonly #made: readonly string[];
  #events: EventLog | undefined;

  /** Use `createRunFolder` for a new one and `openRunFolder` for one that is there. */
  constructor(path: string, made: readonly string[] = []) {
    this.path = path;
    this.#made = made;
  }

  file(name: RunFile): string {
    return join(this.path, RUN_FILES[name]);
  }

  has(name: RunFile): boolean {
    return existsSync(this.file(name));
  }

  /** @throws DataError `file/…` · RunError `json/not-finite` */
  writeJson(name: RunFile, value: unknown): void {
    writeFileAtomic(this.file(name), toJson(value));
  }

  /** @throws DataError `file/…`, `json/invalid` */
  readJson(name: RunFile): unknown {
    return readJson(this.file(name));
  }

  /** @throws DataError `file/…` */
  write(name: RunFile, content: string | Uint8Array): void {
    writeFileAtomic(this.file(name), content);
  }

  /** @throws DataError `file/…` */
  writeSplit(split: Split): void {
    writeFileAtomic(this.file('split'), formatSplit(split));
  }

  /** Removes what a run that never trained has left: its split, its empty log, and the folders made for it. */
  discard(): void {
    try {
      for (const name of ['split', 'events'] as const) rmSync(this.file(name), { force: true });
      for (const folder of this.#made) rmdirSync(folder);
    } catch {
      // What ended the run is the thing to report, not a folder that stays.
    }
  }

  /** Where a line an epoch goes. */
  get events(): EventLog {
    this.#events ??= new EventLog(this.file('events'));
    return this.#events;
  }
}

/**
 * Makes a new run folder, with the folders above it. What is there is never overwritten; an empty folder is
 * taken as it is.
 * @throws UsageError `run/exists`, `run/unwritable`
 */
export function createRunFolder(path: string): RunFolder {
  const made: string[] = [];
  try {
    const outermost = makeFolders(dirname(path));
    mkdirSync(path);
    made.push(path);
    if (outermost !== undefined) {
      const last = resolve(outermost);
      for (let above = dirname(resolve(path)); above.length >= last.length; above = dirname(above))
        made.push(above);
    }
  } catch (cause) {
    if (systemCode(cause) !== 'EEXIST') throw unwritable(path, cause);
    claimExisting(path);
  }
  const folder = new RunFolder(path, made);
  try {
    // Better to learn now than after an hour of training that nothing can be written here.
    folder.write('events', '');
  } catch (cause) {
    throw unwritable(path, cause);
  }
  return folder;
}

function claimExisting(path: string): void {
  let names: string[];
  try {
    names = readdirSync(path);
  } catch (cause) {
    throw unwritable(path, cause);
  }
  if (names.length === 0) return;
  const message = `${path} is there already and not empty; a run is never overwritten`;
  throw new UsageError('run/exists', message, `Choose another folder, for example ${freeName(path)}`);
}

function unwritable(path: string, cause: unknown): UsageError {
  const reason =
    cause instanceof Error && cause.name === 'DataError' ? cause : fileError('write', path, cause);
  const message = `cannot make the run folder ${path} (${reason.message})`;
  return new UsageError('run/unwritable', message, 'Choose a folder that can be written', { cause });
}

/** `runs/first-2` for `runs/first`: the first name of that kind that is free. */
function freeName(path: string): string {
  for (let n = 2; ; n++) if (!existsSync(`${path}-${n}`)) return `${path}-${n}`;
}

/**
 * A run that is there, to read or go on with.
 * @throws UsageError `run/missing`, `run/incomplete`
 */
export function openRunFolder(path: string): RunFolder {
  const folder = new RunFolder(path);
  if (!existsSync(path)) throw new UsageError('run/missing', `no run folder ${path}`, 'Check the path');
  if (!folder.has('run')) {
    const message = `${path} has no ${RUN_FILES.run}, so it is no run folder or its run never started`;
    throw new UsageError('run/incomplete', message);
  }
  return folder;
}

/**
 * The next free numbered folder in `base`: `001`, `002`, … one past the highest that is there, so that a
 * deleted run's number is not given to another while later ones exist.
 */
export function nextRunFolder(base: string): string {
  let names: string[] = [];
  try {
    names = readdirSync(base);
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw unwritable(base, cause);
  }
  const numbers = names.filter((name) => /^\d{3,9}$/.test(name)).map(Number);
  const next = numbers.reduce((highest, number) => Math.max(highest, number), 0) + 1;
  return join(base, String(next).padStart(3, '0'));
}
