import type { Command } from 'commander';
import type { Io } from '../io.ts';
import type { AddCommand } from '../program.ts';
import { downloadCommand } from './download.ts';
import { inspectCommand } from './inspect.ts';
import { splitCommand } from './split.ts';
import { synthCommand } from './synth.ts';

/** A command below `pcg-engine data`: declares its options on `data`, whose action gives the exit code to `exit`. */
export type AddDataCommand = (data: Command, io: Io, exit: (code: number) => void) => void;

const COMMANDS: readonly AddDataCommand[] = [inspectCommand, downloadCommand, splitCommand, synthCommand];

/** `pcg-engine data …`: what is in a data set, before an hour of training is spent on it. */
export const dataCommand: AddCommand = (program, io, exit) => {
  const data = program
    .command('data')
    .description('Look at recordings and labels, download public ones, divide them, or make synthetic ones.');
  for (const add of COMMANDS) add(data, io, exit);
};
