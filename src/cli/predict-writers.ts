import { formatCsv } from '../train/csv.ts';
import type { ModelCard } from '../train/model-file.ts';
import { type FilePrediction, type PatientPrediction, patientOfFile } from '../train/predict.ts';
import { printable } from '../train/recording.ts';
import type { Io } from './io.ts';
import { isTerminal, type Style, styleFor } from './style.ts';
import { plural } from './table.ts';

/** How results are written: files as they come, patients after them, `end` when all are there. */
export interface Writer {
  begin(): string;
  each(result: FilePrediction): string;
  patient(result: PatientPrediction): string;
  end(): string;
}

/** The number beside a decision, as in predictions.csv: of the second of two classes, else of the one decided on. */
function probabilityOf({ probabilities }: { readonly probabilities: readonly number[] }): number {
  return probabilities.length === 2 ? probabilities[1]! : Math.max(...probabilities);
}

/** What the columns of the text mean. */
export function describeColumns(
  { classes, threshold, patientThreshold }: ModelCard,
  byPatient: boolean,
): string {
  if (classes.length > 2)
    return `file, probability of the decision, decision, probabilities of ${classes.join(', ')}`;
  const from = (value: number) => `"${classes[1]}" from ${value.toFixed(3)} on`;
  const files = `file, probability of "${classes[1]}", decision (${from(threshold)})`;
  if (!byPatient) return files;
  return `${files}; then by patient, the mean of the files (${from(patientThreshold ?? threshold)})`;
}

/** Columns aligned for people, tabs for programs. A file that failed has no line: it is on stderr. */
export function textWriter(
  names: readonly string[],
  { classes }: ModelCard,
  io: Io,
  heading: string | undefined,
): Writer {
  const aligned = isTerminal(io.stdout, io.env);
  const style: Style = styleFor(io.stdout, io.env);
  const width = Math.min(60, Math.max(...names.map((name) => printable(name).length)));
  const decisionWidth = Math.max(...classes.map((name) => name.length));
  const line = (name: string, judged: { decision: string; probabilities: readonly number[] }) => {
    const all = classes.length > 2 ? judged.probabilities.map((value) => value.toFixed(4)) : [];
    const cells = [name, probabilityOf(judged).toFixed(4), judged.decision, ...all];
    if (!aligned) return `${cells.join('\t')}\n`;
    const decision = style.bold(judged.decision) + ' '.repeat(decisionWidth - judged.decision.length);
    return `${[cells[0]!.padEnd(width), cells[1], decision, ...all].join('  ').trimEnd()}\n`;
  };
  return {
    begin: () => {
      if (heading !== undefined) io.stderr.write(`${styleFor(io.stderr, io.env).dim(heading)}\n`);
      return '';
    },
    each: (result) => ('error' in result ? '' : line(printable(result.file), result)),
    patient: (result) => line(patientName(result), result),
    end: () => '',
  };
}

/** What a patient's line begins with. */
export function patientName({ patient, files }: Pick<PatientPrediction, 'patient' | 'files'>): string {
  return `patient ${printable(patient)} (${plural(files, 'file')})`;
}

/** With `byPatient` a column `patient` follows `file`; patients have lines of their own, without a file. */
export function csvWriter({ classes }: ModelCard, byPatient: boolean): Writer {
  const perClass = classes.length > 2 ? classes.map((name) => `probability:${name}`) : [];
  const row = (
    file: string,
    patient: string,
    judged: { decision: string; probabilities: readonly number[] } | { error: { message: string } },
  ) => {
    const who = byPatient ? [file, patient] : [file];
    if ('error' in judged)
      return formatCsv([[...who, '', '', judged.error.message, ...perClass.map(() => '')]]);
    const all = perClass.length > 0 ? judged.probabilities : [];
    return formatCsv([[...who, probabilityOf(judged), judged.decision, '', ...all]]);
  };
  const who = byPatient ? ['file', 'patient'] : ['file'];
  return {
    begin: () => formatCsv([[...who, 'probability', 'decision', 'error', ...perClass]]),
    each: (result) => row(result.file, byPatient ? patientOfFile(result.file) : '', result),
    patient: (result) => row('', result.patient, result),
    end: () => '',
  };
}

export function jsonWriter(model: string, card: ModelCard, byPatient: boolean): Writer {
  const { classes, threshold, patientThreshold = threshold, trainedOn } = card;
  const results: object[] = [];
  const patients: object[] = [];
  const named = (probabilities: readonly number[]) =>
    Object.fromEntries(classes.map((name, k) => [name, probabilities[k]]));
  return {
    begin: () => '',
    each(result) {
      if ('error' in result) results.push(result);
      else {
        const { file, seconds, decision, probabilities, warnings } = result;
        const judged = { probability: probabilityOf(result), decision, probabilities: named(probabilities) };
        results.push({ file, seconds, ...judged, warnings });
      }
      return '';
    },
    patient(result) {
      const { patient, files, failed, decision, probabilities } = result;
      const judged = { probability: probabilityOf(result), decision, probabilities: named(probabilities) };
      patients.push({ patient, files, failed, ...judged });
      return '';
    },
    end() {
      const synthetic = trainedOn.layout === 'synthetic';
      const forPatients = byPatient ? { patientThreshold, patients } : {};
      return `${JSON.stringify({ model, classes, threshold, synthetic, results, ...forPatients }, null, 2)}\n`;
    },
  };
}
