import { setTimeout as sleep } from 'node:timers/promises';
import { Interruption } from '../interruption.ts';
import type { Answer } from './answer.ts';
import { FetchFailure, type HttpClient, shown } from './http.ts';
import { wrongHash } from './source.ts';
import type { Target } from './target.ts';

/** A file to fetch from a server. */
export interface FetchJob {
  readonly url: URL;
  readonly path: string;
  readonly sha256: string;
}

/**
 * Fetches one file into its place: goes on where an earlier try or an earlier run was cut off, begins anew where
 * the server cannot go on, and gives up after tries that brought nothing.
 * @throws FetchFailure `download/…` when it did not come · DataError `file/…` when it cannot be written ·
 * Interruption
 */
export async function fetchFile(
  job: FetchJob,
  target: Target,
  client: HttpClient,
  onBytes: (bytes: number) => void,
): Promise<number> {
  const { signal } = client;
  const attempt = new Attempt(job, target, client, onBytes);
  return retrying(client, async () => {
    if (signal.aborted) throw new Interruption();
    return attempt.run();
  });
}

/** Tries `work` until it succeeds, fails for good, or has failed too often. */
export async function retrying<T>({ policy, signal }: HttpClient, work: () => Promise<T>): Promise<T> {
  let idle = 0;
  for (let all = 1; ; all++) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted) throw new Interruption();
      if (!(error instanceof FetchFailure) || !error.again) throw error;
      idle = error instanceof Advanced ? 1 : idle + 1;
      if (idle >= policy.tries || all >= policy.mostTries) throw error;
      const backoff = policy.backoffMs * 2 ** (idle - 1);
      const wait = Math.min(error.afterMs ?? backoff, policy.mostBackoffMs);
      await sleep(wait, undefined, { signal }).catch(() => {
        throw new Interruption();
      });
    }
  }
}

/** A try that failed but brought the file further. */
class Advanced extends FetchFailure {
  constructor(cause: FetchFailure) {
    super(cause.code.replace('download/', ''), cause.message, { ...cause, cause });
  }
}

/** What is remembered of one file from try to try. */
class Attempt {
  private readonly job: FetchJob;
  private readonly target: Target;
  private readonly client: HttpClient;
  private readonly onBytes: (bytes: number) => void;
  /** Strong `ETag` of what the file under way is a part of. */
  private validator: string | undefined;
  /** The most bytes that a try has reached. */
  private furthest: number | undefined;
  /** Whether a part that was there before turned out not to belong to the file. */
  private excused = false;

  constructor(job: FetchJob, target: Target, client: HttpClient, onBytes: (bytes: number) => void) {
    this.job = job;
    this.target = target;
    this.client = client;
    this.onBytes = onBytes;
  }

  async run(): Promise<number> {
    const { target, job } = this;
    const before = await target.partialBytes(job.path);
    this.furthest ??= before;
    let started: number;
    try {
      started = await this.transfer(before);
    } catch (error) {
      const after = await target.partialBytes(job.path);
      const advanced = after > this.furthest;
      this.furthest = Math.max(this.furthest, after);
      throw advanced && error instanceof FetchFailure && error.again ? new Advanced(error) : error;
    }
    const settled = await target.settle(job.path, job.sha256);
    if (settled.right) return settled.bytes;
    const failure = new FetchFailure('wrong-hash', wrongHash(job.path, settled.sha256, job.sha256), {
      again: true,
    });
    // Two parts of different files, perhaps: beginning anew may be all it needs.
    const excuse = started > 0 && !this.excused;
    this.excused ||= excuse;
    throw excuse ? new Advanced(failure) : failure;
  }

  /** Brings the file under way to its end. Gives where it began. */
  private async transfer(before: number): Promise<number> {
    const { client, target, job } = this;
    const headers: Record<string, string> = {};
    if (before > 0) {
      headers.range = `bytes=${before}-`;
      if (this.validator !== undefined) headers['if-range'] = this.validator;
    }
    const answer = await client.get(job.url, headers);
    try {
      const part = this.partOf(answer, before);
      if (part === 'all-there') return before;
      if (part === 'useless') {
        await target.discardPartial(job.path);
        const message = `${shown(job.url)}: the server does not go on where it was cut off`;
        throw new FetchFailure('range', message, { again: true });
      }
      await this.receive(answer, part);
      return part;
    } finally {
      answer.drop();
    }
  }

  /** Where the answer begins in the file. */
  private partOf(answer: Answer, before: number): number | 'all-there' | 'useless' {
    const etag = answer.headers.etag;
    const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(answer.headers['content-range'] ?? '');
    if (answer.status === 416) return range?.[2] === String(before) ? 'all-there' : 'useless';
    this.validator = etag?.startsWith('"') ? etag : undefined;
    if (answer.status === 200) return 0;
    return before > 0 && range?.[1] === String(before) ? before : 'useless';
  }

  private async receive(answer: Answer, start: number): Promise<void> {
    const { client, target, job } = this;
    const most = client.policy.mostBytes;
    const announced = Number(answer.headers['content-length'] ?? 0);
    let size = start;
    if (start + announced > most) throw this.tooLarge();
    const writer = await target.openPartial(job.path, start > 0);
    try {
      for await (const piece of client.body(answer, job.url)) {
        size += piece.length;
        if (size > most) break;
        await writer.write(piece);
        this.onBytes(piece.length);
      }
    } finally {
      await writer.close();
    }
    if (size > most) {
      await target.discardPartial(job.path);
      throw this.tooLarge();
    }
  }

  private tooLarge(): FetchFailure {
    const message = `${shown(this.job.url)}: larger than ${this.client.policy.mostBytes} bytes`;
    return new FetchFailure('too-large', message, { again: false });
  }
}
