import type { Io, Stream } from './io.ts';

type Paint = (text: string) => string;

/** Colours of a stream, or none: every function gives its text back as it is. */
export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

const CODES: Readonly<Record<keyof Style, readonly [open: number, close: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** NO_COLOR (no-color.org) and FORCE_COLOR (force-color.org) decide, else whether the stream is a terminal. */
export function styleFor(stream: Stream, env: Io['env']): Style {
  const coloured = wantsColour(stream, env);
  const paint =
    ([open, close]: readonly [number, number]): Paint =>
    (text) =>
      coloured && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  return Object.fromEntries(
    Object.entries(CODES).map(([name, codes]) => [name, paint(codes)]),
  ) as unknown as Style;
}

function wantsColour(stream: Stream, env: Io['env']): boolean {
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '')
    return env.FORCE_COLOR !== '0' && env.FORCE_COLOR !== 'false';
  return isTerminal(stream, env);
}

/** Whether a line can be redrawn there. */
export function isTerminal(stream: Stream, env: Io['env']): boolean {
  return stream.isTTY === true && env.TERM !== 'dumb';
}
