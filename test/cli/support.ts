import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Io } from '../../src/cli/io.ts';
import { runCli } from '../../src/cli/program.ts';
import { writeWav16 } from '../../src/dsp/index.ts';
import { SYNTH_RATE, synthDataset } from '../../src/train/synth/index.ts';
import { temporaryFolder } from '../train/temporary.ts';

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** Both streams are terminals of this width. */
  readonly columns?: number;
  /** Called with every text for stderr; `interrupt` is a Ctrl-C. */
  readonly onTalk?: (text: string, interrupt: () => void) => void;
}

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process and keeps what it writes. */
export async function pcg(argv: readonly string[], surroundings: Surroundings = {}): Promise<Outcome> {
  const { env = {}, columns, onTalk } = surroundings;
  const terminal = columns === undefined ? {} : { isTTY: true, columns };
  const controller = new AbortController();
  let [stdout, stderr] = ['', ''];
  let onFirst = () => {};
  const io: Io = {
    stdout: {
      ...terminal,
      write(text) {
        stdout += text;
      },
    },
    stderr: {
      ...terminal,
      write(text) {
        stderr += text;
        onTalk?.(text, () => {
          if (controller.signal.aborted) return;
          controller.abort();
          onFirst();
        });
      },
    },
    env,
    watchInterruption(first) {
      onFirst = first;
      return { signal: controller.signal, release: () => {} };
    },
  };
  const code = await runCli(argv, io);
  return { code, stdout, stderr };
}

/** The one document on stdout. */
export function json(outcome: Outcome): Record<string, unknown> {
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
}

/** The error of a command that was run with --json. */
export function jsonError(outcome: Outcome): { code: string; message: string } {
  return json(outcome).error as { code: string; message: string };
}

/** Options that make a training take a second, on any machine. */
export const QUICK = [
  '--epochs',
  '2',
  '--batch-size',
  '8',
  '--window-seconds',
  '2',
  '--device',
  'cpu',
  '--threads',
  '1',
  '--patience',
  '0',
];

/**
 * A folder in the `csv` layout with 36 made-up recordings of 4 s, some more to break, and what `change` does to
 * its table.
 */
export function recordingsFolder(change: (rows: string[]) => string[] = (rows) => rows): string {
  const root = temporaryFolder();
  const { recordings, classes } = synthDataset({ recordings: 36, seconds: 4, seed: 3 });
  const rows = recordings.map(({ id, site, group, label, samples }) => {
    write(join(root, `${id}.wav`), writeWav16(samples, SYNTH_RATE));
    return `${id}.wav,${classes[label]},${group},${site}`;
  });
  write(join(root, 'labels.csv'), ['path,label,subject,site', ...change(rows), ''].join('\n'));
  return root;
}

export function write(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
