import { formatCsv } from '../train/csv.ts';
import { loadModel, type ModelCard } from '../train/model-file.ts';
import { type FilePrediction, findFiles, predictFiles } from '../train/predict.ts';
import { openDevice } from './device.ts';
import type { Io } from './io.ts';
import type { PredictOptions } from './predict.ts';
import { isTerminal, type Style, styleFor } from './style.ts';
import { plural } from './table.ts';

/** How results are written: `each` as they come, `end` when all are there. */
interface Writer {
  begin(): string;
  each(result: FilePrediction): string;
  end(): string;
}

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
    const writer = options.json
      ? jsonWriter(modelPath, card)
      : options.csv
        ? csvWriter(card)
        : textWriter(files, io, options.quiet === true ? undefined : explain(card, io));
    io.stdout.write(writer.begin());
    let failed = 0;
    for await (const result of predictFiles(loaded, files)) {
      io.stdout.write(writer.each(result));
      if ('error' in result) {
        failed++;
        io.stderr.write(`${red('error:')} ${result.error.message}\n`);
      } else for (const warning of result.warnings) io.stderr.write(`${yellow('warning:')} ${warning}\n`);
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

/** What the columns mean, on stderr before the first line. */
function explain({ classes, threshold }: ModelCard, io: Io): () => void {
  const { dim } = styleFor(io.stderr, io.env);
  const text =
    classes.length === 2
      ? `file, probability of "${classes[1]}", decision ("${classes[1]}" from ${threshold.toFixed(3)} on)`
      : 'file, probability of the decision, decision';
  return () => void io.stderr.write(`${dim(text)}\n`);
}

/** The number beside a decision, as in predictions.csv: of the second of two classes, else of the one decided on. */
function probabilityOf({ probabilities }: Exclude<FilePrediction, { error: unknown }>): number {
  return probabilities.length === 2 ? probabilities[1]! : Math.max(...probabilities);
}

/** Columns aligned for people, tabs for programs. A file that failed has no line: it is on stderr. */
function textWriter(files: readonly string[], io: Io, heading: (() => void) | undefined): Writer {
  const aligned = isTerminal(io.stdout, io.env);
  const style: Style = styleFor(io.stdout, io.env);
  const width = Math.min(60, Math.max(...files.map((file) => file.length)));
  return {
    begin: () => {
      heading?.();
      return '';
    },
    each(result) {
      if ('error' in result) return '';
      const cells = [result.file, probabilityOf(result).toFixed(4), result.decision];
      if (!aligned) return `${cells.join('\t')}\n`;
      return `${cells[0]!.padEnd(width)}  ${cells[1]}  ${style.bold(cells[2]!)}\n`;
    },
    end: () => '',
  };
}

function csvWriter({ classes }: ModelCard): Writer {
  const many = classes.length > 2;
  const heading = ['file', 'probability', 'decision', 'error'];
  const perClass = many ? classes.map((name) => `probability:${name}`) : [];
  return {
    begin: () => formatCsv([[...heading, ...perClass]]),
    each(result) {
      if ('error' in result)
        return formatCsv([[result.file, '', '', result.error.message, ...perClass.map(() => '')]]);
      const cells = [result.file, probabilityOf(result), result.decision, ''];
      return formatCsv([many ? [...cells, ...result.probabilities] : cells]);
    },
    end: () => '',
  };
}

function jsonWriter(model: string, { classes, threshold, trainedOn }: ModelCard): Writer {
  const results: object[] = [];
  return {
    begin: () => '',
    each(result) {
      if ('error' in result) results.push(result);
      else {
        const { file, seconds, decision, probabilities, warnings } = result;
        const byClass = Object.fromEntries(classes.map((name, k) => [name, probabilities[k]]));
        results.push({
          file,
          seconds,
          probability: probabilityOf(result),
          decision,
          probabilities: byClass,
          warnings,
        });
      }
      return '';
    },
    end() {
      const synthetic = trainedOn.layout === 'synthetic';
      return `${JSON.stringify({ model, classes, threshold, synthetic, results }, null, 2)}\n`;
    },
  };
}
