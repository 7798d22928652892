import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { dataCommand } from './data/data.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { reportFailure } from './failure.ts';
import type { Io } from './io.ts';
import { predictCommand } from './predict.ts';
import { trainCommand } from './train.ts';

/** A command: declares its options on `command`, whose action gives the exit code to `exit`. */
export type AddCommand = (program: Command, io: Io, exit: (code: number) => void) => void;

const COMMANDS: readonly AddCommand[] = [
  trainCommand,
  evaluateCommand,
  predictCommand,
  dataCommand,
  doctorCommand,
];

const EXAMPLES = `
Examples:
  $ pcg-engine train                                      try it on built-in synthetic recordings
  $ pcg-engine train --data recordings/ --out runs/first  train and test on recordings of your own
  $ pcg-engine evaluate runs/first                        figures of the held-back test part
  $ pcg-engine predict runs/first a.wav b.wav folder/     one line a file: probability, decision
  $ pcg-engine doctor                                     what this machine has and what will be used

Exit codes: 0 ok · 1 failed · 2 usage · 3 data (also: some files could not be used) · 4 device · 130 interrupted`;

/** Runs the command line and gives its exit code; every error is reported here. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  let exitCode = 0;
  const exit = (code: number) => {
    exitCode = code;
  };
  const options = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : argv.length);
  const program = buildProgram(io, exit);
  try {
    // Without a command there is nothing to do but to say what can be done.
    await program.parseAsync(argv.length > 0 ? argv : ['--help'], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    const help = `${pathOf(program, argv).join(' ')} --help`;
    return reportFailure(error, io, {
      json: options.includes('--json'),
      debug: options.includes('--debug'),
      help,
    });
  }
}

/** Names of the commands that the arguments begin with: `pcg-engine data split`. */
function pathOf(command: Command, [name, ...rest]: readonly string[]): string[] {
  const below = command.commands.find((each) => each.name() === name);
  return [command.name(), ...(below ? pathOf(below, rest) : [])];
}

function buildProgram(io: Io, exit: (code: number) => void): Command {
  const program = new Command('pcg-engine')
    .description('Train, evaluate and use a small neural network on heart sounds.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      // Errors are reported in one place, runCli; usage errors reach it as CommanderError.
      writeErr: () => {},
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 100, 110),
      getOutHasColors: () => false,
    })
    .addHelpText('after', EXAMPLES);
  for (const add of COMMANDS) add(program, io, exit);
  return program;
}

function version(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
