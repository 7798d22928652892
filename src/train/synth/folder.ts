import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../base/errors.ts';
import { writeWav16 } from '../../dsp/index.ts';
import { formatCsv } from '../csv.ts';
import { fileError, makeFolders, systemCode } from '../files.ts';
import { breathe, Interruption } from '../interruption.ts';
import { toJson } from '../json.ts';
import { byCodeUnits, formatNames } from '../recording.ts';
import { synthRecordings } from './dataset.ts';
import { synthNotes, synthSettings } from './notes.ts';
import { resolveSynthOptions, SYNTH_CLASSES, type SynthOptions } from './options.ts';
import { formatSegments, segmentsOf } from './truth.ts';

export interface SynthFolderHooks {
  /** After each recording. */
  readonly progress?: (done: number, total: number) => void;
  /** Once it is aborted nothing is left of what was written. */
  readonly signal?: AbortSignal;
}

export interface SynthFolderSummary {
  readonly path: string;
  readonly recordings: number;
  readonly subjects: number;
  /** Bytes of all WAV files. */
  readonly bytes: number;
  readonly classes: readonly string[];
  /** Recordings by site and class. */
  readonly counts: ReadonlyMap<string, readonly number[]>;
}

/** Where files are until all of them are there. */
const UNFINISHED = '.unfinished';

/** The table comes last: without it a folder is no data set. */
const ENTRIES = ['recordings', 'truth', 'NOT-CLINICAL.txt', 'synth.json', 'labels.csv'] as const;

/**
 * Writes synthetic recordings, their labels (layout `csv`) and what is true of each into a new or empty folder. Files
 * appear there when all are written; after a failure or an interruption nothing is left.
 *
 * @returns null when interrupted
 * @throws UsageError `synth/options`, `synth/exists` · DataError `file/…`
 */
export async function writeSynthFolder(
  path: string,
  options: SynthOptions,
  hooks: SynthFolderHooks = {},
): Promise<SynthFolderSummary | null> {
  resolveSynthOptions(options);
  const made = claim(path);
  const unfinished = join(path, UNFINISHED);
  try {
    act(unfinished, () => mkdirSync(unfinished));
    const summary = await writeFiles(path, unfinished, options, hooks);
    for (const name of ENTRIES)
      act(join(path, name), () => renameSync(join(unfinished, name), join(path, name)));
    act(unfinished, () => rmdirSync(unfinished));
    return summary;
  } catch (error) {
    discard(path, made);
    if (error instanceof Interruption) return null;
    throw error;
  }
}

/** Makes the folder, or makes sure that it is empty; says whether it made it. */
function claim(path: string): boolean {
  if (!existsSync(path)) {
    act(path, () => makeFolders(path));
    return true;
  }
  const names = act(path, () => readdirSync(path)).sort(byCodeUnits);
  if (names.length === 0) return false;
  const hint = names.includes(UNFINISHED)
    ? `Something ended an earlier attempt (${UNFINISHED}): remove the folder, or choose another one`
    : 'Nothing is ever overwritten: choose a new or an empty folder';
  throw new UsageError('synth/exists', `${path} is not empty (${formatNames(names)})`, hint);
}

/** What a `node:fs` call gives, or its failure as one of the engine's errors. */
function act<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw fileError(systemCode(cause) === 'ENOTDIR' ? 'read' : 'write', path, cause);
  }
}

function discard(path: string, made: boolean): void {
  try {
    for (const name of [UNFINISHED, ...ENTRIES]) rmSync(join(path, name), { recursive: true, force: true });
    if (made) rmdirSync(path);
  } catch {
    // What went wrong before is the thing to report.
  }
}

async function writeFiles(
  path: string,
  unfinished: string,
  options: SynthOptions,
  { progress, signal }: SynthFolderHooks,
): Promise<SynthFolderSummary> {
  const classes = SYNTH_CLASSES[options.classes ?? 2];
  const write = (name: string, content: string | Uint8Array) => {
    const file = join(unfinished, name);
    act(file, () => writeFileSync(file, content));
  };
  for (const folder of ['recordings', 'truth']) act(path, () => mkdirSync(join(unfinished, folder)));
  const rows: string[][] = [['record', 'path', 'label', 'subject', 'site']];
  const subjects = new Set<string>();
  const counts = new Map<string, number[]>();
  let bytes = 0;
  for (const { id, group, site, label, samples, sampleRate, truth } of synthRecordings(options)) {
    const wav = writeWav16(samples, sampleRate);
    bytes += wav.length;
    write(`recordings/${id}.wav`, wav);
    const known = { record: id, label: classes[label]!, subject: group, site, ...truth };
    write(`truth/${id}.json`, toJson(known));
    write(`truth/${id}.tsv`, formatSegments(segmentsOf(truth)));
    rows.push([id, `recordings/${id}.wav`, classes[label]!, group, site]);
    subjects.add(group);
    const bySite = counts.get(site) ?? classes.map(() => 0);
    bySite[label]! += 1;
    counts.set(site, bySite);
    progress?.(rows.length - 1, options.recordings);
    if (rows.length % 8 === 0) await breathe(signal);
  }
  await breathe(signal);
  write('NOT-CLINICAL.txt', synthNotes(options));
  write('synth.json', toJson(synthSettings(options)));
  write('labels.csv', formatCsv(rows));
  const recordings = rows.length - 1;
  return { path, recordings, subjects: subjects.size, bytes, classes, counts };
}
