import type { DeviceName } from './device.ts';
import {
  type CommonOptions,
  cacheOption,
  classesOption,
  commonOptions,
  type DatasetOptions,
  deviceOption,
  labelOption,
  layoutOption,
  threadsOption,
} from './options.ts';
import type { AddCommand } from './program.ts';

export interface EvaluateOptions extends CommonOptions, DatasetOptions {
  readonly data?: string;
  readonly csv?: string;
  readonly cache?: string;
  readonly device: DeviceName;
  readonly threads?: number;
}

const EXAMPLES = `
Examples:
  $ pcg-engine evaluate runs/first
  $ pcg-engine evaluate runs/first --data other-recordings/ --csv predictions.csv
  $ pcg-engine evaluate weights.safetensors --data other-recordings/ --json

Without --data: the figures of the held-back test part, from the run's predictions.csv.
The threshold is the one that training chose on its validation part. Where recordings name a patient, figures are
given for patients too, each judged once by the mean over its recordings. The label is that of the training, where
--label names no other.`;

/** `pcg-engine evaluate`: figures on the held-back test part or on other recordings. */
export const evaluateCommand: AddCommand = (program, io, exit) => {
  const command = program
    .command('evaluate')
    .description('Figures of a trained model on its held-back test part, or on other labelled recordings.')
    .argument('<run>', 'run folder, or with --data also a weights.safetensors file')
    .optionsGroup('Recordings:')
    .option('--data <path>', 'other recordings than those of the run: a folder or a CSV file')
    .addOption(layoutOption())
    .addOption(labelOption())
    .addOption(classesOption())
    .addOption(cacheOption())
    .optionsGroup('Device:')
    .addOption(deviceOption('cpu'))
    .addOption(threadsOption());
  commonOptions(command)
    .option('--csv <file>', 'write what the model says of each recording to this file')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string, options: EvaluateOptions) => {
      const { evaluate } = await import('./evaluate-run.ts');
      exit(await evaluate(run, options, io));
    });
};
