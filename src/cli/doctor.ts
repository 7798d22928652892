import { type CommonOptions, commonOptions } from './options.ts';
import type { AddCommand } from './program.ts';

const EXAMPLES = `
Examples:
  $ pcg-engine doctor
  $ pcg-engine doctor --json

Nothing is changed and nothing is sent anywhere. On a GPU every op is compared with the reference in float64.
Exits with 4 where the device that --device auto takes does not compute rightly.`;

/** `pcg-engine doctor`: what this machine has and which device will be used. */
export const doctorCommand: AddCommand = (program, io, exit) => {
  const command = program
    .command('doctor')
    .description(
      'What this machine has, which device will be used and why, and whether it computes rightly.',
    );
  commonOptions(command)
    .addHelpText('after', EXAMPLES)
    .action(async (options: CommonOptions) => {
      const { doctor } = await import('./doctor-run.ts');
      exit(await doctor(options, io));
    });
};
