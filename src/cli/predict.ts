import { Option } from 'commander';
import type { DeviceName } from './device.ts';
import { type CommonOptions, commonOptions, deviceOption, threadsOption } from './options.ts';
import type { AddCommand } from './program.ts';

export interface PredictOptions extends CommonOptions {
  readonly csv?: true;
  readonly device: DeviceName;
  readonly threads?: number;
}

const EXAMPLES = `
Examples:
  $ pcg-engine predict runs/first a.wav b.wav
  $ pcg-engine predict runs/first recordings/ --csv > predictions.csv
  $ pcg-engine predict weights.safetensors a.wav --json

One line a file: name, probability, decision. A file that cannot be judged is reported, the others go on,
and the exit code is 3. Not a medical device: a decision here is no diagnosis.`;

/** `pcg-engine predict`: what a model says of recordings without labels. */
export const predictCommand: AddCommand = (program, io, exit) => {
  const command = program
    .command('predict')
    .description('Judge recordings with a trained model: one line a file.')
    .argument('<model>', 'run folder or weights.safetensors file')
    .argument('<files...>', 'WAV files, or folders with WAV files')
    .optionsGroup('Device:')
    .addOption(deviceOption('cpu'))
    .addOption(threadsOption());
  commonOptions(command)
    .addOption(new Option('--csv', 'a CSV table on stdout').conflicts('json'))
    .addHelpText('after', EXAMPLES)
    .action(async (model: string, files: string[], options: PredictOptions) => {
      const { predict } = await import('./predict-run.ts');
      exit(await predict(model, files, options, io));
    });
};
