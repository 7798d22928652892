import { Argument } from 'commander';
import { type CommonOptions, commonOptions, numberOption } from '../options.ts';
import type { AddDataCommand } from './data.ts';

export interface DownloadCommandOptions extends CommonOptions {
  readonly to: string;
  readonly from?: string;
  /** A file or an address; false for --no-list. */
  readonly list?: string | false;
  readonly all?: true;
  readonly parallel?: number;
}

const EXAMPLES = `
Examples:
  $ pcg-engine data download cinc2016 --to .data/cinc2016
  $ pcg-engine data download circor2022 --to .data/circor2022 --parallel 8
  $ pcg-engine data download cinc2016 --to .data/cinc2016 --from ~/Downloads/challenge-2016.zip
  $ pcg-engine data download cinc2016 --to .data/cinc2016 --from https://mirror.example/challenge-2016/1.0.0/

Each file is checked against the publisher's SHA-256 list before it gets its name. Run the same command again to
go on after an interruption: what is there and right is kept, what is half there is completed.
Without --all, cinc2016 leaves out validation/ (copies of training recordings: testing on them would test on
training data), annotations and archives.
Not supported: proxies, addresses that need a password.

Exit codes: 0 every file is there and right · 3 something is missing or could not be checked · 130 interrupted`;

/** `pcg-engine data download`: fills a folder with a published data set. */
export const downloadCommand: AddDataCommand = (data, io, exit) => {
  const command = data
    .command('download')
    .description('Download a public data set, resumable, every file checked against its publisher’s list.')
    .addArgument(new Argument('<set>', 'which data set').choices(['cinc2016', 'circor2022']))
    .optionsGroup('Files:')
    .requiredOption(
      '--to <folder>',
      'folder to fill; made if it is not there, other files in it are left alone',
    )
    .option('--from <source>', 'another base address, a folder, or an archive: .zip, .tar, .tar.gz, .tar.xz')
    .option(
      '--list <file>',
      'SHA256SUMS.txt of the publisher (a file or an address), for sources without one',
    )
    .option('--no-list', 'take files that bring no list unverified, without asking the publisher for it')
    .option('--all', 'everything that is published, not only what training needs')
    .addOption(numberOption('--parallel <n>', 'files at a time, 1 to 16 (default: 4)'));
  commonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (set: 'cinc2016' | 'circor2022', options: DownloadCommandOptions) => {
      const { download } = await import('./download-run.ts');
      exit(await download(set, options, io));
    });
};
