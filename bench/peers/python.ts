/** The other side of torch_peer.py and torch_gpu_peer.py: one JSON document a line each way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Contestant } from '../harness.ts';

/** What the process says of itself when it starts. */
export type Versions = Readonly<Record<string, string>> & {
  readonly python: string;
  readonly torch: string;
};

/** A Python process with PyTorch (and librosa, for torch_peer.py) that answers one request after another. */
export class Python {
  readonly versions: Versions;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  private constructor(
    child: ChildProcess,
    reader: Interface,
    lines: AsyncIterator<string>,
    versions: Versions,
  ) {
    this.child = child;
    this.reader = reader;
    this.lines = lines;
    this.versions = versions;
  }

  /** Starts it; resolves to the reason where it cannot be. */
  static async start(executable: string, script = 'bench/peers/torch_peer.py'): Promise<Python | string> {
    const child = spawn(executable, [script], {
      stdio: ['pipe', 'pipe', 'pipe'],
      // NumPy's own threads; PyTorch's are set by every request.
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1' },
    });
    let complaint = '';
    child.stderr.on('data', (data) => {
      complaint = (complaint + data).slice(-2000);
    });
    const failed = new Promise<string>((resolve) => {
      child.on('error', (error) => resolve(`it does not start: ${(error as NodeJS.ErrnoException).code}`));
      child.on('exit', () => resolve(`it ended: ${complaint.trim().split('\n').pop()}`));
    });
    child.stdin.on('error', () => {});
    const reader = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const hello = await Promise.race([lines.next(), failed]);
    if (typeof hello === 'string') return hello;
    if (hello.done) return failed;
    return new Python(child, reader, lines, JSON.parse(hello.value) as Versions);
  }

  async ask<T>(request: Readonly<Record<string, unknown>>): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error('The Python peer has ended');
    const answer = JSON.parse(line.value) as { error?: string; value: T };
    if (answer.error) throw new Error(`Python peer: ${answer.error}`);
    return answer.value;
  }

  /** A contestant whose runs Python itself times, so that the pipe does not count. */
  contestant(name: string, request: Readonly<Record<string, unknown>>): Contestant {
    return { name, turn: (seconds) => this.ask<number[]>({ command: 'time', ...request, seconds }) };
  }

  close(): void {
    this.reader.close();
    this.child.stdin!.end();
    this.child.kill();
  }
}
