import { basename, join, resolve } from 'node:path';
import { type CsvTable, decodeText, parseCsv, parseTable } from '../csv.ts';
import { audioStem, isAudioName, listFolder, readBytes } from '../files.ts';
import type { DatasetProblem, ExcludedRecording, RecordingEntry } from '../recording.ts';
import { problemOf } from '../recording.ts';
import {
  duplicateRecord,
  type Layout,
  type LayoutScan,
  type ScanOptions,
  subjectsUnknown,
  unknownLabel,
} from './layout.ts';

/**
 * PhysioNet/CinC Challenge 2016 (https://physionet.org/content/challenge-2016/1.0.0/): folders `training-a`
 * to `training-f`, each with `<record>.wav` and `REFERENCE.csv` (record, −1 normal or 1 abnormal, perhaps
 * the signal quality). One such folder alone will do. `records.csv` beside them adds what the Challenge
 * does not publish in one place: `group_id` (subject), `sqi`, and `removed_…` (withdrawn by the organisers).
 */
export const cinc2016: Layout = {
  name: 'cinc2016',
  needs: 'REFERENCE.csv in the folder or in training-a … training-f',
  matches: (root) => trainingFolders(root).some(({ hasReference }) => hasReference),
  scan: scanCinc2016,
};

const CLASSES = ['normal', 'abnormal'];
const LABEL_OF = new Map([
  ['-1', 0],
  ['1', 1],
]);

interface TrainingFolder {
  /** Name of the folder, which is the site. */
  readonly site: string;
  readonly path: string;
  /** Record name → file name. */
  readonly wavs: ReadonlyMap<string, string>;
  readonly hasReference: boolean;
}

function scanCinc2016(root: string, options: ScanOptions): LayoutScan {
  const folders = trainingFolders(root);
  const notes = readNotes(root, folders);
  const recordings: RecordingEntry[] = [];
  const excluded: ExcludedRecording[] = [];
  const withoutFile: string[] = [];
  const withoutLabel: string[] = [];
  const conflicts: string[] = [];
  const unnoted: RecordingEntry[] = [];
  const seen = new Map<string, string>();

  for (const folder of folders) {
    for (const { record, label, sqi, where } of readReference(folder)) {
      const earlier = seen.get(record);
      if (earlier) throw duplicateRecord(record, [earlier, where]);
      seen.set(record, where);
      const note = notes.get(record);
      if (note?.label !== undefined && note.label !== label) conflicts.push(record);
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

  const problems: DatasetProblem[] = [];
  if (withoutFile.length > 0)
    problems.push(problemOf('labels-without-files', 'labels without a .wav', withoutFile));
  if (withoutLabel.length > 0)
    problems.push(problemOf('files-without-labels', 'files without a label', withoutLabel));
  if (conflicts.length > 0) {
    problems.push(
      problemOf(
        'label-conflict',
        'labels differ between records.csv and REFERENCE.csv, which is taken',
        conflicts,
      ),
    );
  }
  if (unnoted.length > 0) problems.push(subjectsUnknown(unnoted, 'REFERENCE.csv and records.csv'));
  return { classes: CLASSES, recordings, excluded, problems };
}

/**
 * The folders of the Challenge under `root`, or `root` itself. `validation` is left out beside training
 * folders: it repeats recordings of theirs, and testing on it has leaked in published work.
 */
function trainingFolders(root: string): TrainingFolder[] {
  const own = readTrainingFolder(root, basename(resolve(root)));
  if (own.hasReference) return [own];
  const below = listFolder(root).folders.map((name) => readTrainingFolder(join(root, name), name));
  const training = below.filter(({ site }) => /^training-/.test(site));
  return training.length > 0 ? training : below.filter(({ hasReference }) => hasReference);
}

function readTrainingFolder(path: string, site: string): TrainingFolder {
  const { files } = listFolder(path);
  const wavs = new Map<string, string>();
  for (const file of files) {
    if (!isAudioName(file)) continue;
    const record = audioStem(file);
    const earlier = wavs.get(record);
    if (earlier) throw duplicateRecord(record, [join(path, earlier), join(path, file)]);
    wavs.set(record, file);
  }
  return { site, path, wavs, hasReference: files.includes('REFERENCE.csv') };
}

function readReference(folder: TrainingFolder) {
  if (!folder.hasReference) return [];
  const file = join(folder.path, 'REFERENCE.csv');
  return parseCsv(decodeText(readBytes(file), file), file).map(({ line, cells }) => {
    const [record = '', value = '', quality] = cells.map((cell) => cell.trim());
    const where = `${file}:${line}`;
    const label = LABEL_OF.get(value);
    if (label === undefined || record === '')
      throw unknownLabel(where, value, ['-1 (normal)', '1 (abnormal)']);
    return { record, label, sqi: parseQuality(quality), where };
  });
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

function parseQuality(cell: string | undefined): number | undefined {
  return cell === '0' ? 0 : cell === '1' ? 1 : undefined;
}
