import { CommanderError } from 'commander';
import { EngineError } from '../base/errors.ts';
import type { Io } from './io.ts';
import { styleFor } from './style.ts';

/** An error as the user sees it. */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

/** Says what went wrong in one sentence, as JSON too where that was asked for, and gives the exit code. */
export function reportFailure(
  error: unknown,
  io: Io,
  { json, debug, help }: { readonly json: boolean; readonly debug: boolean; readonly help: string },
): number {
  const { code, message, exitCode } = describe(error, help);
  const { red } = styleFor(io.stderr, io.env);
  io.stderr.write(`${red('error:')} ${message}\n`);
  if (debug && error instanceof Error) io.stderr.write(`${stackOf(error)}\n`);
  if (json) io.stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`);
  return exitCode;
}

function describe(error: unknown, help: string): Failure {
  if (error instanceof CommanderError) return { ...usage(error, help), exitCode: 2 };
  if (error instanceof EngineError)
    return { code: error.code, message: sentence(error.message), exitCode: error.exitCode };
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const message = `unexpected: ${sentence(what)} Run again with --debug to see where; it is a bug in pcg-engine.`;
  return { code: 'unexpected', message, exitCode: 1 };
}

/** Commander's words on one line: `error: unknown option '--epoch'\n(Did you mean --epochs?)`. */
function usage(error: CommanderError, help: string): Omit<Failure, 'exitCode'> {
  const words = error.message
    .replace(/^error: /, '')
    .split('\n')
    .map((line) => line.replace(/^\((.*)\)$/, '$1'))
    .map(sentence)
    .join(' ');
  if (error.code === 'commander.excessArguments' && help.includes(' train '))
    return {
      code: 'usage/excess-arguments',
      message: `${words} Recordings are given with --data. See: ${help}`,
    };
  const code = error.code.replace('commander.', '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return { code: `usage/${code}`, message: `${words} See: ${help}` };
}

function sentence(text: string): string {
  return /[.?!…]$/.test(text) ? text : `${text}.`;
}

/** With the causes below it. */
function stackOf(error: Error): string {
  const below = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${below}`;
}
