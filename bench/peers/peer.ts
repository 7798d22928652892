/** A peer in a process of its own: one JSON document a line each way, the first of which says who answers. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import type { Contestant } from '../harness.ts';

/** Answers one request after another. */
export class Peer {
  /** What the process says of itself when it starts. */
  readonly versions: Readonly<Record<string, string>>;
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;
  private readonly reader: Interface;

  private constructor(
    child: ChildProcess,
    reader: Interface,
    lines: AsyncIterator<string>,
    versions: Readonly<Record<string, string>>,
  ) {
    this.child = child;
    this.reader = reader;
    this.lines = lines;
    this.versions = versions;
  }

  /** Starts it; resolves to the reason where it cannot be, which it gives in the last line of its stderr. */
  static async start(executable: string, args: readonly string[]): Promise<Peer | string> {
    const child = spawn(executable, args, {
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
      child.on('close', () => resolve(complaint.trim().split('\n').pop() || 'it ended without a word'));
    });
    child.stdin.on('error', () => {});
    const reader = createInterface({ input: child.stdout });
    const lines = reader[Symbol.asyncIterator]();
    const hello = await Promise.race([lines.next(), failed]);
    if (typeof hello === 'string') return hello;
    if (hello.done) return failed;
    return new Peer(child, reader, lines, JSON.parse(hello.value) as Readonly<Record<string, string>>);
  }

  /** @throws Error with what the peer has to say */
  async ask<T>(request: Readonly<Record<string, unknown>>): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await this.lines.next();
    if (line.done) throw new Error('the peer has ended');
    const answer = JSON.parse(line.value) as { error?: string; value: T };
    if (answer.error) throw new Error(answer.error);
    return answer.value;
  }

  /** A contestant whose runs the peer itself times, so that the pipe does not count. */
  contestant(name: string, request: Readonly<Record<string, unknown>>): Contestant {
    return { name, turn: (seconds) => this.ask<number[]>({ command: 'time', ...request, seconds }) };
  }

  close(): void {
    this.reader.close();
    this.child.stdin!.end();
    this.child.kill();
  }
}
