import { Option } from 'commander';
import type { DeviceName } from './device.ts';
import { type CommonOptions, commonOptions, deviceOption, threadsOption } from './options.ts';
import type { AddCommand } from './program.ts';

export interface PredictOptions extends CommonOptions {
  readonly csv?: true;
  readonly byPatient?: true;
  readonly device: DeviceName;
  readonly threads?: number;
}

const EXAMPLES = `
Examples:
  $ pcg-engine predict runs/first a.wav b.wav
  $ pcg-engine predict runs/first recordings/ --csv > predictions.csv
  $ pcg-engine predict weights.safetensors a.wav --json
  $ pcg-engine predict runs/circor 14241_AV.wav 14241_MV.wav --by-patient

One line a file: name, probability, decision (and over two classes the probability of each). With --by-patient a
line a patient follows: the mean over the files whose names are the same up to the first "_" (14241_AV.wav and
14241_MV.wav are of patient 14241), in one folder. A file that cannot be judged is reported, the others go on, and
the exit code is 3. Not a medical device: a decision here is no diagnosis.`;

/** `pcg-engine predict`: what a model says of recordings without labels. */
export const predictCommand: AddCommand = (program, io, exit) => {
  const command = program
    .command('predict')
    .description('Judge recordings with a trained model: one line a file.')
    .argument('<model>', 'run folder or weights.safetensors file')
    .argument('<files...>', 'WAV files (or FLAC, MP3), or folders with such')
    .optionsGroup('Patients:')
    .option('--by-patient', 'decide on patients too: files named <patient>_<anything>')
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
