/** Where the command line writes to; tests give their own. */
export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** A first Ctrl-C aborts `signal`; `release` ends the watch. */
export interface Interruption {
  readonly signal: AbortSignal;
  release(): void;
}

/** All that the commands know of the process they run in. */
export interface Io {
  /** Results, and nothing else. */
  readonly stdout: Stream;
  /** Human talk. */
  readonly stderr: Stream;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Watches for Ctrl-C and SIGTERM. The first calls `onFirst`, the second ends the process at once. */
  watchInterruption(onFirst: () => void): Interruption;
}

/**
 * A second signal sooner than this after the first is the same Ctrl-C: npx passes on to its child what the
 * terminal has already sent to both.
 */
const ECHO_MS = 400;

export const INTERRUPTED = 130;

/** The real process. Whoever reads our output may stop reading (`| head`): then there is nobody to write for. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit();
      // A full disk, most likely: nothing more can be said on that stream.
      if (stream === process.stdout)
        process.stderr.write(`error: cannot write the output: ${error.message}\n`);
      process.exit(1);
    });
  }
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    watchInterruption(onFirst) {
      const controller = new AbortController();
      let first = Number.POSITIVE_INFINITY;
      const handle = () => {
        if (!controller.signal.aborted) {
          first = performance.now();
          controller.abort();
          onFirst();
        } else if (performance.now() - first > ECHO_MS) process.exit(INTERRUPTED);
      };
      process.on('SIGINT', handle).on('SIGTERM', handle);
      const release = () => void process.off('SIGINT', handle).off('SIGTERM', handle);
      return { signal: controller.signal, release };
    },
  };
}
