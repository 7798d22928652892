import { loadModel } from '../train/model-file.ts';
import {
  type FilePrediction,
  findFiles,
  judgePatients,
  patientOfFile,
  predictFiles,
} from '../train/predict.ts';
import { openDevice } from './device.ts';
import type { Io } from './io.ts';
import type { PredictOptions } from './predict.ts';
import { csvWriter, describeColumns, jsonWriter, patientName, textWriter } from './predict-writers.ts';
import { styleFor } from './style.ts';
import { plural } from './table.ts';

export async function predict(
  modelPath: string,
  paths: readonly string[],
  options: PredictOptions,
  io: Io,
): Promise<number> {
  const files = findFiles(paths);
  // One recording is done before a second thread is up.
  const threads = options.threads ?? (files.length < 8 ? 1 : undefined);
  const { backend, reason } = await openDevice({ device: options.device, threads });
  try {
    const loaded = loadModel(modelPath, backend);
    const { card } = loaded;
    const { dim, yellow, red } = styleFor(io.stderr, io.env);
    if (options.device !== 'cpu' && !options.quiet) io.stderr.write(`${dim(reason)}\n`);
    if (card.trainedOn.layout === 'synthetic')
      io.stderr.write(
        `${yellow('note:')} this model was trained on SYNTHETIC recordings; it says nothing about patients.\n`,
      );
    const byPatient = options.byPatient === true;
    const names = byPatient ? [...files, ...patientNames(files)] : files;
    const heading = options.quiet ? undefined : describeColumns(card, byPatient);
    const writer = options.json
      ? jsonWriter(modelPath, card, byPatient)
      : options.csv
        ? csvWriter(card, byPatient)
        : textWriter(names, card, io, heading);
    if (byPatient && card.patientThreshold === undefined && !options.quiet)
      io.stderr.write(
        `${yellow('note:')} this model was trained without knowing of patients; they are decided on as its files are.\n`,
      );
    io.stdout.write(writer.begin());
    let failed = 0;
    const results: FilePrediction[] = [];
    for await (const result of predictFiles(loaded, files)) {
      if (byPatient) results.push(result);
      io.stdout.write(writer.each(result));
      if ('error' in result) {
        failed++;
        io.stderr.write(`${red('error:')} ${result.error.message}\n`);
      } else for (const warning of result.warnings) io.stderr.write(`${yellow('warning:')} ${warning}\n`);
    }
    for (const patient of judgePatients(loaded, results)) {
      io.stdout.write(writer.patient(patient));
      if (patient.failed === 0) continue;
      const what = `patient ${patient.patient} is judged without ${plural(patient.failed, 'file')} of theirs`;
      io.stderr.write(`${yellow('warning:')} ${what}.\n`);
    }
    io.stdout.write(writer.end());
    loaded.model.dispose();
    if (failed > 0 && files.length > 1)
      io.stderr.write(`${red('error:')} ${failed} of ${plural(files.length, 'file')} could not be judged.\n`);
    return failed > 0 ? 3 : 0;
  } finally {
    await backend.close();
  }
}

function patientNames(files: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const patient of files.map(patientOfFile)) counts.set(patient, (counts.get(patient) ?? 0) + 1);
  return [...counts].map(([patient, count]) => patientName({ patient, files: count }));
}
