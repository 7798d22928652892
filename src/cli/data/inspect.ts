import {
  type CommonOptions,
  classesOption,
  commonOptions,
  type DatasetOptions,
  labelOption,
  layoutOption,
  threadsOption,
} from '../options.ts';
import type { AddDataCommand } from './data.ts';

export interface InspectCommandOptions extends CommonOptions, DatasetOptions {
  readonly split?: string;
  readonly html?: string;
  readonly threads?: number;
}

const EXAMPLES = `
Examples:
  $ pcg-engine data inspect .data/cinc2016
  $ pcg-engine data inspect .data/cinc2016 --html cinc2016.html
  $ pcg-engine data inspect .data/circor2022 --label outcome
  $ pcg-engine data inspect labels.csv --split splits/split.json
  $ pcg-engine data inspect recordings/ --json | jq .findings

Reads every recording once: counts by class, site and subject; durations, rates, level, clipping, silence and
spectrum by site; files that cannot be read; copies, and recordings that share sound with others, also where its
level or format was changed; and how far a rule gets that only knows the site or another fact beside the sound.

Exit codes: 0 ok · 2 usage · 3 some files cannot be read, or the split leaks · 130 interrupted`;

/** `pcg-engine data inspect`: what is in a data set. */
export const inspectCommand: AddDataCommand = (data, io, exit) => {
  const command = data
    .command('inspect')
    .description('What is in a data set: counts, sound, shortcuts, copies and shared sound.')
    .argument('<data>', 'folder with recordings and labels, or a CSV file that lists them')
    .optionsGroup('Recordings:')
    .addOption(layoutOption())
    .addOption(labelOption())
    .addOption(classesOption())
    .option('--split <file>', 'check who is on which side of this split')
    .addOption(threadsOption());
  commonOptions(command)
    .option('--html <file>', 'write a page with pictures, all in one file')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, options: InspectCommandOptions) => {
      const { inspect } = await import('./inspect-run.ts');
      exit(await inspect(path, options, io));
    });
};
