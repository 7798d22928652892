import { type Command, InvalidArgumentError, Option } from 'commander';
import type { ScanOptions } from '../train/dataset.ts';
import { DEVICES, type DeviceName } from './device.ts';

/** Options that every command has. */
export interface CommonOptions {
  readonly json?: true;
  readonly quiet?: true;
  readonly debug?: true;
}

export function commonOptions(command: Command): Command {
  return command
    .optionsGroup('Output:')
    .option('--json', 'one JSON document on stdout, for errors as well')
    .option('--quiet', 'no progress: results, warnings and errors only')
    .option('--debug', 'where an error comes from, for bug reports');
}

/** An option that takes a number. Its range is checked where it is known, under the name of the option. */
export function numberOption(flags: string, description: string): Option {
  return new Option(flags, description).argParser((text) => {
    // Number('') is 0, and Number('0x10') 16: neither is what anybody means here.
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()))
      throw new InvalidArgumentError('It must be a number.');
    return Number(text);
  });
}

export function channelOption(): Option {
  const what = 'what is heard of several channels: mix, their mean, or one, counted from 1 (default: mix)';
  return new Option('--channel <mix|n>', what).argParser((text) => {
    if (text === 'mix') return text;
    if (!/^[1-9]\d{0,4}$/.test(text))
      throw new InvalidArgumentError('It must be mix or the number of a channel, from 1.');
    return Number(text);
  });
}

export function threadsOption(): Option {
  return numberOption('--threads <n>', 'threads that compute (default: one for every core)');
}

/** @param usual what is taken without it */
export function deviceOption(usual: DeviceName): Option {
  const what = 'where it runs: auto takes a GPU if there is one; only cpu gives the same bits everywhere';
  return new Option('--device <name>', what).choices(DEVICES).default(usual);
}

/** Which recordings and labels are meant. */
export interface DatasetOptions {
  readonly layout: NonNullable<ScanOptions['layout']>;
  readonly label?: string;
  readonly classes?: readonly string[];
}

export function layoutOption(): Option {
  return new Option('--layout <name>', 'how the folder is laid out')
    .choices(['auto', 'cinc2016', 'circor2022', 'folders', 'csv'])
    .default('auto');
}

export function labelOption(): Option {
  return new Option(
    '--label <name>',
    'which label is meant, where there are several: murmur (default) or outcome in circor2022',
  );
}

export function classesOption(): Option {
  const what = 'only these classes, in this order, such as Absent,Present; others are left out';
  return new Option('--classes <names>', what).argParser((text) => {
    const names = text.split(',').map((name) => name.trim());
    if (names.includes('')) throw new InvalidArgumentError('Class names separated by commas are needed.');
    return names;
  });
}

/** What `scanDataset` takes. */
export function scanOptions({ layout, label, classes }: DatasetOptions): ScanOptions {
  return { layout, ...(label === undefined ? {} : { label }), ...(classes === undefined ? {} : { classes }) };
}

export function cacheOption(): Option {
  return new Option(
    '--cache <folder>',
    'where features are kept between runs, or off (default: a folder of the user)',
  );
}

/** `text` as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
