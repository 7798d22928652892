import { basename, join, resolve } from 'node:path';
import type { DataError } from '../../base/errors.ts';
import { type CsvTable, decodeText, parseTable } from '../csv.ts';
import { audioStem, isAudioName, listFolder, readBytes } from '../files.ts';
import type { ExcludedRecording, RecordingEntry } from '../recording.ts';
import { problemOf } from '../recording.ts';
import {
  CLASSES,
  LABEL_OF,
  type LabelledRecord,
  parseQuality,
  readHeaderLabels,
  readReference,
} from './cinc2016-labels.ts';
import {
  duplicateRecord,
  type Layout,
  type LayoutScan,
  type ScanOptions,
  subjectsUnknown,
} from './layout.ts';

/**
 * PhysioNet/CinC Challenge 2016 (https://physionet.org/content/challenge-2016/1.0.0/): folders `training-a`
 * to `training-f`, each with `<record>.wav` and `REFERENCE.csv` (record, −1 normal or 1 abnormal, perhaps
 * the signal quality). One such folder alone will do. Where a folder has no `REFERENCE.csv`, the comments
 * `# Normal` and `# Abnormal` of its `.hea` files are the labels. `records.csv` beside them adds what the Challenge
 * does not publish in one place: `group_id` (subject), `sqi`, and `removed_…` (withdrawn by the organisers).
 */
export const cinc2016: Layout = {
  name: 'cinc2016',
  needs:
    'REFERENCE.csv (or .hea files that say "# Normal" or "# Abnormal") in the folder or in training-a … training-f',
  matches: (root) => trainingFolders(root).some((folder) => folder.hasReference || hasLabelledHeader(folder)),
  scan: scanCinc2016,
};

interface TrainingFolder {
  /** Name of the folder, which is the site. */
  readonly site: string;
  readonly path: string;
  /** Record name → file name. */
  readonly wavs: ReadonlyMap<string, string>;
  /** Record name → name of its header. */
  readonly heas: ReadonlyMap<string, string>;
  readonly hasReference: boolean;
  /** A record with two files, of which only a scan complains: looking for a layout must not. */
  readonly duplicate: DataError | undefined;
}

/** Whether the first header in a folder with sound has a label: one is enough to tell whose format it is. */
function hasLabelledHeader({ path, wavs, heas }: TrainingFolder): boolean {
  const first = [...heas].find(([record]) => wavs.has(record));
  return first !== undefined && readHeaderLabels(path, new Map([first])).labels.length > 0;
}

function scanCinc2016(root: string, options: ScanOptions): LayoutScan {
  const folders = trainingFolders(root);
  const notes = readNotes(root, folders);
  const recordings: RecordingEntry[] = [];
  const excluded: ExcludedRecording[] = [];
  const withoutFile: string[] = [];
  const withoutLabel: string[] = [];
  const conflicts: string[] = [];
  const headerConflicts: string[] = [];
  const unreadable: string[] = [];
  const fromHeaders: LabelledRecord[] = [];
  const unnoted: RecordingEntry[] = [];
  const seen = new Map<string, string>();

  for (const folder of folders) {
    if (folder.duplicate) throw folder.duplicate;
    const headers = readHeaderLabels(folder.path, folder.heas);
    const inHeader = new Map(headers.labels.map(({ record, label }) => [record, label]));
    const labels = folder.hasReference ? readReference(folder.path) : headers.labels;
    unreadable.push(...headers.unreadable);
    if (!folder.hasReference) fromHeaders.push(...headers.labels);
    for (const { record, label, sqi, where } of labels) {
      const earlier = seen.get(record);
      if (earlier) throw duplicateRecord(record, [earlier, where]);
      seen.set(record, where);
      const note = notes.get(record);
      if (note?.label !== undefined && note.label !== label) conflicts.push(record);
      if (inHeader.has(record) && inHeader.get(record) !== label) headerConflicts.push(record);
      if (note?.withdrawn && !options.includeWithdrawn) {
        excluded.push({ record, reason: note.withdrawn });
        continue;
      }
      const wav = folder.wavs.get(record);
      if (wav === undefined) {
        withoutFile.push(record);
        continue;
      }
      const quality = note?.sqi ?? sqi;
      const entry: RecordingEntry = {
        id: record,
        path: join(folder.path, wav),
        site: folder.site,
        group: note?.group ?? record,
        label,
        ...(quality === undefined ? {} : { sqi: quality }),
      };
      if (note?.group === undefined) unnoted.push(entry);
      recordings.push(entry);
    }
    for (const record of folder.wavs.keys())
      if (!seen.has(record)) withoutLabel.push(`${folder.site}/${record}`);
  }

  const problems = [
    problemOf('labels-without-files', 'labels without a sound file', withoutFile),
    problemOf('files-without-labels', 'files without a label', withoutLabel),
    problemOf(
      'labels-from-headers',
      'labels are taken from .hea files, as there is no REFERENCE.csv beside them',
      fromHeaders.map(({ record }) => record),
    ),
    problemOf(
      'label-conflict',
      `labels differ between records.csv and ${source(fromHeaders)}, which is taken`,
      conflicts,
    ),
    problemOf(
      'header-conflict',
      'labels differ between .hea files and REFERENCE.csv, which is taken',
      headerConflicts,
    ),
    problemOf('headers-unreadable', '.hea files cannot be read', unreadable),
  ].filter(({ count }) => count > 0);
  if (unnoted.length > 0) problems.push(subjectsUnknown(unnoted, `${source(fromHeaders)} and records.csv`));
  return { classes: CLASSES, recordings, excluded, problems };
}

/** What the labels came from, for messages. */
function source(fromHeaders: readonly LabelledRecord[]): string {
  return fromHeaders.length > 0 ? '.hea files' : 'REFERENCE.csv';
}

/**
 * The folders of the Challenge under `root`, or `root` itself. `validation` is left out beside training
 * folders: it repeats recordings of theirs, and testing on it has leaked in published work.
 */
function trainingFolders(root: string): TrainingFolder[] {
  const own = readTrainingFolder(root, basename(resolve(root)));
  if (own.hasReference || hasLabelledHeader(own)) return [own];
  const below = listFolder(root).folders.map((name) => readTrainingFolder(join(root, name), name));
  const training = below.filter(({ site }) => /^training-/.test(site));
  return training.length > 0 ? training : below.filter(({ hasReference }) => hasReference);
}

function readTrainingFolder(path: string, site: string): TrainingFolder {
  const { files } = listFolder(path);
  const wavs = new Map<string, string>();
  const heas = new Map<string, string>();
  let duplicate: DataError | undefined;
  for (const file of files) {
    if (/\.hea$/i.test(file)) heas.set(file.slice(0, -4), file);
    if (!isAudioName(file)) continue;
    const record = audioStem(file);
    const earlier = wavs.get(record);
    if (earlier) duplicate ??= duplicateRecord(record, [join(path, earlier), join(path, file)]);
    wavs.set(record, file);
  }
  return { site, path, wavs, heas, duplicate, hasReference: files.includes('REFERENCE.csv') };
}

interface RecordNote {
  group?: string;
  sqi?: number;
  label?: number;
  /** Why it was withdrawn, if it was. */
  withdrawn?: string;
}

/** Reads `records.csv` in the folder or, for one training folder alone, in the folder above. */
function readNotes(root: string, folders: readonly TrainingFolder[]): Map<string, RecordNote> {
  const notes = new Map<string, RecordNote>();
  const alone = folders.length === 1 && folders[0]!.path === root && /^training-/.test(folders[0]!.site);
  for (const folder of alone ? [root, resolve(root, '..')] : [root]) {
    const { files } = listFolder(folder);
    if (!files.includes('records.csv')) continue;
    const file = join(folder, 'records.csv');
    const table = parseTable(decodeText(readBytes(file), file), file, ['record']);
    addNotes(notes, table);
    break;
  }
  return notes;
}

function addNotes(notes: Map<string, RecordNote>, table: CsvTable): void {
  const removed = table.columns.find((column) => column.startsWith('removed'));
  const lines = new Map<string, number>();
  for (const row of table.rows) {
    const record = table.cell(row, 'record');
    const earlier = lines.get(record);
    if (earlier) throw duplicateRecord(record, [`${table.file}:${earlier}`, `${table.file}:${row.line}`]);
    lines.set(record, row.line);
    const note: RecordNote = {};
    const group = table.cell(row, 'group_id');
    const quality = parseQuality(table.cell(row, 'sqi'));
    const label = LABEL_OF.get(table.cell(row, 'label'));
    if (group !== '') note.group = group;
    if (quality !== undefined) note.sqi = quality;
    if (label !== undefined) note.label = label;
    if (removed && table.cell(row, removed) === '1')
      note.withdrawn = `withdrawn by the organisers (${removed})`;
    notes.set(record, note);
  }
}
