import { join } from 'node:path';
import { audioStem, isAudioName, listAudioFiles, listFolder } from '../files.ts';
import { type DatasetProblem, problemOf, type RecordingEntry } from '../recording.ts';
import {
  duplicateRecord,
  type Layout,
  type LayoutScan,
  orderClasses,
  type ScanOptions,
  subjectsUnknown,
  unknownLabel,
} from './layout.ts';

/**
 * A folder a class: `<class>/<name>.wav`, or `<class>/<subject>/…/<name>.wav` (or .flac, .mp3), where the folder below the
 * class names the subject. There is one site, `all`.
 */
export const folders: Layout = {
  name: 'folders',
  needs: 'a folder a class (two or more), with .wav files in each',
  matches: (root) => {
    const { folders: names } = listFolder(root);
    // Parts of a data set look like classes, and a model would learn to tell them apart.
    if (names.some((name) => /^(train|training|val|valid|validation|test|testing)([-_ ].*)?$/i.test(name)))
      return false;
    return names.some((name) => listAudioFiles(join(root, name)).length > 0);
  },
  scan: scanFolders,
};

function scanFolders(root: string, options: ScanOptions): LayoutScan {
  const listing = listFolder(root);
  const wavsOf = new Map<string, string[]>();
  for (const name of listing.folders) {
    const wavs = listAudioFiles(join(root, name));
    if (wavs.length > 0) wavsOf.set(name, wavs);
  }
  const classes = orderClasses(wavsOf.keys(), root, options.classes);
  const recordings: RecordingEntry[] = [];
  const withoutSubject: RecordingEntry[] = [];
  const seen = new Map<string, string>();
  for (const [name, wavs] of wavsOf) {
    const label = classes.indexOf(name);
    if (label < 0) throw unknownLabel(join(root, name), name, classes);
    for (const wav of wavs) {
      const file = `${name}/${wav}`;
      const id = audioStem(file);
      const earlier = seen.get(id);
      if (earlier) throw duplicateRecord(id, [join(root, earlier), join(root, file)]);
      seen.set(id, file);
      const subject = wav.includes('/') ? wav.slice(0, wav.indexOf('/')) : undefined;
      const entry: RecordingEntry = { id, path: join(root, file), site: 'all', group: subject ?? id, label };
      if (subject === undefined) withoutSubject.push(entry);
      recordings.push(entry);
    }
  }
  const problems: DatasetProblem[] = [];
  const unlabelled = listing.files.filter(isAudioName);
  if (unlabelled.length > 0) {
    problems.push(problemOf('files-without-labels', 'files are in no class folder', unlabelled));
  }
  if (withoutSubject.length > 0) problems.push(subjectsUnknown(withoutSubject, 'the folders'));
  return { classes, recordings, excluded: [], problems };
}
