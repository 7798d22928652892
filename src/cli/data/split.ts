import {
  type CommonOptions,
  classesOption,
  commonOptions,
  type DatasetOptions,
  labelOption,
  layoutOption,
  numberOption,
} from '../options.ts';
import type { AddDataCommand } from './data.ts';

export interface SplitCommandOptions extends CommonOptions, DatasetOptions {
  readonly fractions?: string;
  readonly folds?: number;
  readonly leaveOneSiteOut?: true;
  readonly seed: number;
  readonly out: string;
}

const EXAMPLES = `
Examples:
  $ pcg-engine data split .data/cinc2016 --out splits
  $ pcg-engine data split .data/cinc2016 --fractions 0.7,0.1,0.2 --seed 7 --out seven.json
  $ pcg-engine data split .data/cinc2016 --folds 5 --out folds
  $ pcg-engine data split .data/cinc2016 --leave-one-site-out --out sites
  $ pcg-engine train --data .data/cinc2016 --split folds/fold-1.json

All recordings of a subject are on one side, and so are copies of a recording under other names. Every part has
its share of every class at every site. The same recordings, seed and options give the same files.
Copies are files with the same bytes, and WAV files with the same samples.
With --folds and --leave-one-site-out, a fifth of what is not tested validates.

Exit codes: 0 all files are written · 2 usage, or a file is there already · 3 the data do not allow it (also: a
site could not be left out; the others are written)`;

/** `pcg-engine data split`: divides recordings into train, validation and test, into folds or by site. */
export const splitCommand: AddDataCommand = (data, io, exit) => {
  const command = data
    .command('split')
    .description('Divide recordings by subject, stratified by class and site, and save who is on which side.')
    .argument('<data>', 'folder with recordings and labels, or a CSV file that lists them')
    .optionsGroup('Recordings:')
    .addOption(layoutOption())
    .addOption(labelOption())
    .addOption(classesOption())
    .optionsGroup('Split:')
    .option('--fractions <shares>', 'shares of train, validation and test (default: 0.64,0.16,0.2)')
    .addOption(numberOption('--folds <k>', 'k splits, each recording tested in one of them'))
    .option('--leave-one-site-out', 'a split for each site, tested on that site')
    .addOption(numberOption('--seed <n>', 'key of the draw').default(1))
    .requiredOption('--out <path>', 'folder for the files, or the name of the one file (….json)');
  commonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, options: SplitCommandOptions) => {
      const { split } = await import('./split-run.ts');
      exit(await split(path, options, io));
    });
};
