import { type Command, Option } from 'commander';
import type { DeviceName } from './device.ts';
import {
  type CommonOptions,
  cacheOption,
  channelOption,
  classesOption,
  commonOptions,
  type DatasetOptions,
  deviceOption,
  labelOption,
  layoutOption,
  numberOption,
  threadsOption,
} from './options.ts';
import type { AddCommand } from './program.ts';

export interface TrainOptions extends CommonOptions, DatasetOptions {
  readonly data?: string;
  readonly split?: string;
  readonly allowLeaks?: true;
  readonly out?: string;
  readonly resume?: string;
  readonly config?: string;
  readonly model?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly weightDecay?: number;
  readonly patience?: number;
  readonly metric?: 'auc' | 'site-auc' | 'macc' | 'loss';
  readonly balance?: 'none' | 'class' | 'site';
  readonly cropsPerRecording?: number;
  readonly seed?: number;
  readonly channel?: 'mix' | number;
  readonly windowSeconds?: number;
  readonly bands?: number;
  readonly nFft?: number;
  readonly hop?: number;
  readonly fMin?: number;
  readonly fMax?: number;
  readonly cache?: string;
  readonly device: DeviceName;
  readonly storage?: 'f32' | 'f16';
  readonly threads?: number;
}

const EXAMPLES = `
Examples:
  $ pcg-engine train
  $ pcg-engine train --data .data/cinc2016 --out runs/first
  $ pcg-engine train --data .data/circor2022 --label murmur --classes Absent,Present
  $ pcg-engine train --data labels.csv --epochs 40 --metric site-auc --balance site
  $ pcg-engine train --config runs/first/run.json --data .data/cinc2016 --split runs/first/split.json
  $ pcg-engine train --resume runs/first

Without --data it trains on built-in synthetic recordings, to show that everything works.
A data folder is laid out as cinc2016 (training-a … with REFERENCE.csv), as circor2022 (training_data.csv), as
folders (a folder a class, two or more), or holds a CSV file with the columns path and label (where known also
subject, patient, site, location, sex, age, sqi, record).
Where recordings name a patient, the test is reported for patients too: the mean over their recordings.
Of recordings with several channels the mean is heard, or with --channel 2 the second; the model keeps the choice.
Ctrl-C writes a checkpoint and exits 130; a second Ctrl-C exits at once.`;

/** `pcg-engine train`: trains, tests on the held-back part and writes a run folder. */
export const trainCommand: AddCommand = (program, io, exit) => {
  const command = program
    .command('train')
    .description('Train a model on labelled recordings and test it on a held-back part of them.');
  addOptions(command);
  command.addHelpText('after', EXAMPLES).action(async (options: TrainOptions) => {
    const { train } = await import('./train-run.ts');
    const given = new Set(
      Object.keys(options).filter((name) => command.getOptionValueSource(name) === 'cli'),
    );
    exit(await train(options, given, io));
  });
};

function addOptions(command: Command): void {
  command
    .optionsGroup('Recordings:')
    .option('--data <path>', 'folder with recordings and labels, or a CSV file that lists them')
    .addOption(layoutOption())
    .addOption(labelOption())
    .addOption(classesOption())
    .option(
      '--split <file>',
      'split.json of another run or of data split; default: drawn by subject, 64 % train, 16 % validation',
    )
    .option('--allow-leaks', 'take a split that has a subject or a sound on two sides: for figures too good')
    .optionsGroup('Run folder:')
    .option('--out <folder>', 'new folder for everything about the run (default: runs/001, runs/002, …)')
    .option('--resume <run>', 'go on with an interrupted run')
    .optionsGroup('Training:')
    .option(
      '--config <file>',
      'JSON file with settings (or the run.json of another run); options come on top',
    )
    .option('--model <name>', 'pcg-lite, seed or reference-step (default: pcg-lite)')
    .addOption(numberOption('--epochs <n>', 'most epochs (default: 20)'))
    .addOption(numberOption('--batch-size <n>', 'windows a step (default: 32)'))
    .addOption(numberOption('--learning-rate <x>', 'peak of the schedule (default: 0.002)'))
    .addOption(numberOption('--weight-decay <x>', 'of AdamW (default: 0.02)'))
    .addOption(
      numberOption('--patience <n>', 'epochs without improvement before stopping, 0: never (default: 8)'),
    )
    .addOption(
      new Option('--metric <name>', 'what the best epoch is chosen by, on validation (default: auc)').choices(
        ['auc', 'site-auc', 'macc', 'loss'],
      ),
    )
    .addOption(
      new Option('--balance <how>', 'what takes turns in a batch (default: site)').choices([
        'none',
        'class',
        'site',
      ]),
    )
    .addOption(numberOption('--crops-per-recording <x>', 'windows of a recording an epoch (default: 2)'))
    .addOption(numberOption('--seed <n>', 'key of every random draw (default: 1)'))
    .optionsGroup('Features:')
    .addOption(channelOption())
    .addOption(numberOption('--window-seconds <s>', 'length of an input window (default: 5)'))
    .addOption(numberOption('--bands <n>', 'mel bands (default: 64)'))
    .addOption(numberOption('--n-fft <n>', 'samples of a spectrum at 2 kHz (default: 256)'))
    .addOption(numberOption('--hop <n>', 'samples from one spectrum to the next (default: 50)'))
    .addOption(numberOption('--f-min <hz>', 'lower edge of the mel bands (default: 20)'))
    .addOption(numberOption('--f-max <hz>', 'upper edge of the mel bands (default: 900)'))
    .addOption(cacheOption())
    .optionsGroup('Device:')
    .addOption(deviceOption('auto'))
    .addOption(
      new Option(
        '--storage <type>',
        'on webgpu, keep activations in float32 (f32, default) or float16 (f16): half the memory',
      ).choices(['f32', 'f16']),
    )
    .addOption(threadsOption());
  commonOptions(command);
}
