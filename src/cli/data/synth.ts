import { Option } from 'commander';
import { type CommonOptions, commonOptions, numberOption } from '../options.ts';
import type { AddDataCommand } from './data.ts';

export interface SynthCommandOptions extends CommonOptions {
  readonly recordings: number;
  readonly seconds: number;
  readonly seed: number;
  readonly rate: number;
  readonly classes: number;
  readonly sites: number;
  readonly heartRate?: number;
  readonly snr?: number;
  readonly stethoscope?: 'flat' | 'bell' | 'diaphragm' | 'electronic';
  readonly timing?: 'early' | 'mid' | 'late' | 'holo';
  readonly shape?: 'crescendo' | 'decrescendo' | 'diamond' | 'plateau';
  readonly grade?: number;
}

const EXAMPLES = `
Examples:
  $ pcg-engine data synth .data/synth
  $ pcg-engine data synth .data/three --classes 3 --recordings 600 --seed 2
  $ pcg-engine data synth .data/faint --grade 1 --shape plateau --snr 10
  $ pcg-engine train --data .data/synth

The recordings are computed after a published model of heart sounds. They are NOT CLINICAL: no figure found on
them says anything about patients. Beside each lies what is true of it: rate, S1 and S2, murmur, noise.
The same options give the same bytes on every machine, and recording 7 is the same however many there are.
The defaults make the recordings that train uses without --data.`;

/** `pcg-engine data synth`: synthetic recordings with known truth, in a folder. */
export const synthCommand: AddDataCommand = (data, io, exit) => {
  const command = data
    .command('synth')
    .description('Make synthetic heart sound recordings with known truth. Not clinical.')
    .argument('<dir>', 'new or empty folder')
    .optionsGroup('Recordings:')
    .addOption(numberOption('--recordings <n>', 'how many').default(240))
    .addOption(numberOption('--seconds <s>', 'length of each').default(8))
    .addOption(numberOption('--seed <n>', 'key of every random draw').default(1))
    .addOption(numberOption('--rate <hz>', 'samples a second, from 2000').default(2000))
    .addOption(
      numberOption('--classes <n>', '2: normal, abnormal; 3: absent, diastolic, systolic').default(2),
    )
    .addOption(
      numberOption('--sites <n>', '1 to 6, each with its stethoscope, noise and share of abnormal').default(
        3,
      ),
    )
    .optionsGroup('The same for all of them, instead of drawn:')
    .addOption(numberOption('--heart-rate <bpm>', 'mean beats a minute, 40 to 150'))
    .addOption(numberOption('--snr <db>', 'power of S1 and S2 over that of all noise, in dB'))
    .addOption(
      new Option('--stethoscope <name>', 'its frequency response').choices([
        'flat',
        'bell',
        'diaphragm',
        'electronic',
      ]),
    )
    .optionsGroup('The same for every murmur, instead of drawn:')
    .addOption(
      new Option('--timing <name>', 'part of systole or diastole').choices(['early', 'mid', 'late', 'holo']),
    )
    .addOption(
      new Option('--shape <name>', 'how its loudness runs').choices([
        'crescendo',
        'decrescendo',
        'diamond',
        'plateau',
      ]),
    )
    .addOption(numberOption('--grade <n>', 'loudness, 1 (hardly audible) to 6'));
  commonOptions(command);
  command.addHelpText('after', EXAMPLES).action(async (dir: string, options: SynthCommandOptions) => {
    const { synth } = await import('./synth-run.ts');
    exit(await synth(dir, options, io));
  });
};
