import { basename, join, resolve } from 'node:path';
import type { DataError } from '../../base/errors.ts';
import { tableColumns } from '../csv.ts';
import { audioStem, isAudioName, isFolder, listFolder, readBytes } from '../files.ts';
import { byCodeUnits, type DatasetProblem, problemOf, type RecordingEntry } from '../recording.ts';
import {
  FIELDS,
  type Patient,
  readPatientFile,
  readPatientTable,
  readPersons,
} from './circor2022-patients.ts';
import { joinPersons } from './circor2022-persons.ts';
import { duplicateRecord, type Layout, type LayoutScan, type ScanOptions, unknownLabel } from './layout.ts';

/**
 * CirCor DigiScope, the George B. Moody PhysioNet Challenge 2022 (https://physionet.org/content/circor-heart-sound/):
 * `training_data.csv` and a folder `training_data` with `<patient>.txt` and `<patient>_<place>[_n].wav`. That folder
 * alone will do, and either of the two sources of labels. Labels are of patients: the murmur or the clinical outcome.
 */
export const circor2022: Layout = {
  name: 'circor2022',
  needs: '<patient>.txt beside <patient>_<place>.wav, or training_data.csv above them',
  labels: ['murmur', 'outcome'],
  matches: (root) => {
    const { table, texts, sounds } = locate(root);
    const ids = new Set([...sounds.keys()].map((stem) => stem.split('_')[0]!));
    return table !== undefined || texts.some((name) => ids.has(name.slice(0, -4)));
  },
  scan: scanCircor,
};

const CLASSES_OF: Readonly<Record<string, readonly string[]>> = {
  // Unknown: the annotator could not decide. It is a class of the Challenge, taken where some patient has it.
  murmur: ['Absent', 'Present', 'Unknown'],
  outcome: ['Normal', 'Abnormal'],
};
const LOCATIONS = new Set(['AV', 'PV', 'TV', 'MV', 'Phc']);
const SEXES = new Map<string, 'female' | 'male'>([
  ['female', 'female'],
  ['male', 'male'],
]);

interface Place {
  /** The folder with the sounds. */
  readonly folder: string;
  /** `training_data.csv`, where there is one. */
  readonly table?: string;
  /** Folders in which `person_groups.csv` may be. */
  readonly above: readonly string[];
  /** Names of the patients' files. */
  readonly texts: readonly string[];
  /** Record → file name. */
  readonly sounds: ReadonlyMap<string, string>;
  /** A record with two files, of which only a scan complains: looking for a layout must not. */
  readonly duplicate: DataError | undefined;
}

function locate(root: string): Place {
  const below = join(root, 'training_data');
  const folder = isFolder(below) ? below : root;
  const alone = folder === root && basename(resolve(root)) === 'training_data';
  const above = alone ? [root, resolve(root, '..')] : [root];
  const table = above.map((each) => join(each, 'training_data.csv')).find(isPatientTable);
  const { files } = listFolder(folder);
  const sounds = new Map<string, string>();
  let duplicate: DataError | undefined;
  for (const name of files.filter(isAudioName)) {
    const stem = audioStem(name);
    const earlier = sounds.get(stem);
    if (earlier) duplicate ??= duplicateRecord(stem, [join(folder, earlier), join(folder, name)]);
    sounds.set(stem, name);
  }
  const texts = files.filter((name) => /^\d+\.txt$/i.test(name));
  return { folder, above, texts, sounds, duplicate, ...(table === undefined ? {} : { table }) };
}

function isPatientTable(path: string): boolean {
  const { files } = listFolder(resolve(path, '..'));
  if (!files.includes(basename(path))) return false;
  const columns = tableColumns(new TextDecoder().decode(readBytes(path)));
  return columns.includes('patient id') && (columns.includes('murmur') || columns.includes('outcome'));
}

function scanCircor(root: string, options: ScanOptions): LayoutScan {
  const label = options.label === 'outcome' ? 'outcome' : 'murmur';
  const place = locate(root);
  if (place.duplicate) throw place.duplicate;
  const { patients, links, problems: sourceProblems } = mergePatients(place);
  const persons = joinPersons(
    [...patients.values()],
    new Map([...place.above].reverse().flatMap((folder) => [...readPersons(folder)])),
    links,
  );
  const all = CLASSES_OF[label]!;
  const recordings: RecordingEntry[] = [];
  const announced = new Set<string>();
  const [unlabelled, unlisted, oddLocations, oddSexes, withoutSite] = [[], [], [], [], []] as string[][];
  const withoutLabel = new Set<string>();
  const found = new Map<string, string[]>();

  for (const [id, name] of place.sounds) {
    const [, patientId = '', location = ''] = /^([^_]+)_([A-Za-z]+)(?:_\d+)?$/.exec(id) ?? [];
    const patient = patients.get(patientId);
    if (!patient) {
      unlabelled!.push(name);
      continue;
    }
    found.set(patientId, [...(found.get(patientId) ?? []), location]);
    announced.add(id);
    const { fields, where } = patient;
    if (patient.recordings && !patient.recordings.includes(id)) unlisted!.push(id);
    if (fields[label] === '') {
      withoutLabel.add(patientId);
      continue;
    }
    const index = all.indexOf(fields[label]);
    if (index < 0) throw unknownLabel(where, fields[label], all);
    const sex = SEXES.get(fields.sex.toLowerCase());
    if (sex === undefined && fields.sex !== '') oddSexes!.push(`${patientId} "${fields.sex}"`);
    if (!LOCATIONS.has(location)) oddLocations!.push(id);
    if (fields.campaign === '') withoutSite!.push(id);
    recordings.push({
      id,
      path: join(place.folder, name),
      site: fields.campaign || 'unknown',
      group: persons.personOf.get(patientId)!,
      label: index,
      patient: patientId,
      location,
      ...(sex ? { sex } : {}),
      ...(fields.age === '' ? {} : { age: fields.age }),
    });
  }

  const unknown = new Set(
    recordings.filter((each) => all[each.label] === 'Unknown').map((each) => each.patient!),
  );
  const missing = [...patients.values()].flatMap((patient) =>
    missingOf(patient, found.get(patient.id) ?? [], announced),
  );
  const problems = [
    problemOf('labels-without-files', 'labels without a sound file', missing),
    problemOf('files-without-labels', 'files without a label', unlabelled!),
    ...sourceProblems,
    problemOf('patients-without-label', `patients have no ${label}, and are not used`, [...withoutLabel]),
    problemOf(
      'label-unknown',
      'patients have the murmur "Unknown", a class of its own (left out with --classes Absent,Present)',
      options.classes?.includes('Unknown') === false ? [] : [...unknown],
    ),
    problemOf(
      'recordings-unlisted',
      'recordings are not named in the file of their patient, and used',
      unlisted!,
    ),
    problemOf(
      'same-person',
      'persons are several patients each, all on one side of any split',
      persons.several,
    ),
    problemOf(
      'additional-id-one-sided',
      'links by Additional ID are not returned, and followed',
      persons.oneSided,
    ),
    problemOf(
      'person-conflict',
      'links by Additional ID are between persons that person_groups.csv keeps apart, and followed',
      persons.apart,
    ),
    problemOf(
      'locations-unknown',
      'recordings are from places other than AV, PV, TV, MV and Phc',
      oddLocations!,
    ),
    problemOf(
      'sex-unknown',
      'recordings are of a sex that is neither Female nor Male, which is left open',
      oddSexes!,
    ),
    problemOf('sites-unknown', 'recordings name no campaign, and count as of site "unknown"', withoutSite!),
  ].filter(({ count }) => count > 0);
  const classes = unknown.size > 0 ? all : all.filter((name) => name !== 'Unknown');
  return { classes, recordings, excluded: [], problems, label };
}

/** Recordings that a patient should have and that are not there; the patient, where none was announced or found. */
function missingOf(
  { id, recordings, locations }: Patient,
  found: readonly string[],
  present: ReadonlySet<string>,
): string[] {
  if (recordings) return recordings.filter((name) => !present.has(name));
  if (locations.length === 0) return found.length === 0 ? [id] : [];
  const rest = [...found];
  return locations
    .filter((location) => {
      const at = rest.indexOf(location);
      if (at >= 0) rest.splice(at, 1);
      return at < 0;
    })
    .map((location) => `${id}_${location}`);
}

/** Patients of both sources; where they differ, the patient's own file is taken, as in the Challenge's scoring. */
function mergePatients(place: Place): {
  readonly patients: ReadonlyMap<string, Patient>;
  /** All that the table links, whatever a patient's own file says. */
  readonly links: readonly (readonly [id: string, other: string])[];
  readonly problems: readonly DatasetProblem[];
} {
  const files = new Map(
    place.texts
      .map((name) => readPatientFile(join(place.folder, name)))
      .map((each) => [each.id, each] as const),
  );
  const rows = new Map(
    (place.table === undefined ? [] : readPatientTable(place.table)).map((each) => [each.id, each] as const),
  );
  const both = files.size > 0 && rows.size > 0;
  const ids = [...new Set([...files.keys(), ...rows.keys()])].sort(byCodeUnits);
  const patients = new Map(ids.map((id) => [id, (files.get(id) ?? rows.get(id))!]));
  const conflicts = ids.flatMap((id) => {
    const [file, row] = [files.get(id), rows.get(id)];
    if (!file || !row) return [];
    const differing = FIELDS.filter((field) => file.fields[field] !== row.fields[field]).map(
      (field) => `${id} ${field} "${file.fields[field]}"/"${row.fields[field]}"`,
    );
    const [inFile, inRow] = [file, row].map(({ locations }) => [...locations].sort(byCodeUnits).join('+'));
    return inFile === inRow || inRow === ''
      ? differing
      : [...differing, `${id} locations ${inFile}/${inRow}`];
  });
  const alone = (here: ReadonlyMap<string, Patient>, there: ReadonlyMap<string, Patient>) =>
    both ? [...here.keys()].filter((id) => !there.has(id)) : [];
  return {
    patients,
    links: [...rows.values()].map(({ id, fields }) => [id, fields['additional id']] as const),
    problems: [
      problemOf(
        'label-conflict',
        "details differ between a patient's own file, which is taken, and training_data.csv",
        conflicts,
      ),
      problemOf(
        'patients-without-row',
        'patients have a file but no row in training_data.csv',
        alone(files, rows),
      ),
      problemOf(
        'patients-without-file',
        'patients have a row in training_data.csv but no file',
        alone(rows, files),
      ),
    ],
  };
}
