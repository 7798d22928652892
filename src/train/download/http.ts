import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { DataError } from '../../base/errors.ts';
import { systemCode } from '../files.ts';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import { Answer } from './answer.ts';

/** How patient a download is. */
export interface HttpPolicy {
  /** From the request to the first line of the answer, in milliseconds. */
  readonly answerMs: number;
  /** Without a byte. */
  readonly stallMs: number;
  /** Tries of one file in a row that bring nothing. */
  readonly tries: number;
  /** Tries of one file in all. */
  readonly mostTries: number;
  /** Before the second try; doubles from try to try. */
  readonly backoffMs: number;
  readonly mostBackoffMs: number;
  readonly redirects: number;
  /** What one file may have. */
  readonly mostBytes: number;
}

export const HTTP_POLICY: HttpPolicy = {
  answerMs: 30_000,
  stallMs: 30_000,
  tries: 6,
  mostTries: 60,
  backoffMs: 500,
  mostBackoffMs: 60_000,
  redirects: 5,
  mostBytes: 2 ** 31,
};

/** Why a file did not come over the network. */
export class FetchFailure extends DataError {
  /** Whether another try can help. */
  readonly again: boolean;
  /** Whether it says that the server is out of reach, and not something about one file. */
  readonly unreachable: boolean;
  /** What the server asked to wait, in milliseconds. */
  readonly afterMs: number | undefined;

  constructor(
    code: string,
    message: string,
    what: { again: boolean; unreachable?: boolean; afterMs?: number | undefined; cause?: unknown },
  ) {
    super(`download/${code}`, printable(message), undefined, { cause: what.cause });
    this.again = what.again;
    this.unreachable = what.unreachable ?? false;
    this.afterMs = what.afterMs;
  }
}

/** Requests to one server after another over kept connections. */
export class HttpClient {
  readonly policy: HttpPolicy;
  readonly signal: AbortSignal;
  private readonly http: HttpAgent;
  private readonly https: HttpsAgent;

  constructor(policy: HttpPolicy, signal: AbortSignal) {
    this.policy = policy;
    this.signal = signal;
    this.http = new HttpAgent({ keepAlive: true });
    this.https = new HttpsAgent({ keepAlive: true });
  }

  close(): void {
    this.http.destroy();
    this.https.destroy();
  }

  /**
   * The answer to a GET, after redirections; its body is still to come and must be read or destroyed.
   * @throws FetchFailure `download/…` for all but 200, 206 and 416
   */
  async get(url: URL, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    let at = url;
    for (let hops = 0; ; hops++) {
      const answer = await this.ask(at, headers);
      const { status } = answer;
      const { location } = answer.headers;
      if (status === 200 || status === 206 || status === 416) return accepted(answer, at);
      answer.drop();
      if (status < 300 || status >= 400 || status === 304 || location === undefined)
        throw refused(at, status, answer.headers['retry-after']);
      const message = `${shown(url)}: more than ${this.policy.redirects} redirections`;
      if (hops >= this.policy.redirects) throw new FetchFailure('redirects', message, { again: false });
      at = redirected(at, location);
    }
  }

  private ask(url: URL, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const { answerMs } = this.policy;
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) return void reject(new Interruption());
      const secure = url.protocol === 'https:';
      const request = (secure ? httpsRequest : httpRequest)(url, {
        agent: secure ? this.https : this.http,
        headers: { 'user-agent': 'pcg-engine', accept: '*/*', 'accept-encoding': 'identity', ...headers },
        signal: this.signal,
      });
      const timer = setTimeout(() => {
        const message = `${shown(url)}: no answer for ${answerMs / 1000} s`;
        request.destroy(new FetchFailure('no-answer', message, { again: true, unreachable: true }));
      }, answerMs);
      request.on('response', (message) => {
        clearTimeout(timer);
        resolve(new Answer(message));
      });
      request.on('error', (cause) => {
        clearTimeout(timer);
        reject(this.signal.aborted ? new Interruption() : lost(url, cause));
      });
      request.end();
    });
  }

  /**
   * The body, piece by piece. The time that the reader takes does not count as a stall.
   * @throws FetchFailure `download/stalled`, `download/connection` · Interruption
   */
  async *body(answer: Answer, url: URL): AsyncGenerator<Uint8Array> {
    const { stallMs } = this.policy;
    const stalled = () => {
      const message = `${shown(url)}: no byte for ${stallMs / 1000} s`;
      return new FetchFailure('stalled', message, { again: true, unreachable: true });
    };
    try {
      yield* answer.body(stallMs, stalled);
    } catch (cause) {
      throw this.signal.aborted ? new Interruption() : lost(url, cause);
    } finally {
      answer.drop();
    }
  }
}

/** Whether a source or a list is on a server. */
export function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** A URL as it is shown and recorded: without a password. */
export function shown(url: URL): string {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy.href;
}

function accepted(answer: Answer, url: URL): Answer {
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return answer;
  answer.drop();
  const message = `${shown(url)}: the server packs files (${encoding}) although asked not to`;
  throw new FetchFailure('encoded', message, { again: false });
}

function redirected(from: URL, location: string): URL {
  let to: URL;
  try {
    to = new URL(location, from);
  } catch (cause) {
    const message = `${shown(from)}: redirected to ${JSON.stringify(location)}, which is no address`;
    throw new FetchFailure('redirects', message, { again: false, cause });
  }
  if (to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')) return to;
  const message = `${shown(from)}: redirected to ${shown(to)}, which is not as safe`;
  throw new FetchFailure('redirects', message, { again: false });
}

/** Whether what a file did not come for, a code `download/…`, may pass by itself. */
export function mayPass(code: string): boolean {
  const [, reason = ''] = /^download\/(.+)$/.exec(code) ?? [];
  const status = /^http-(\d+)$/.exec(reason)?.[1];
  if (status !== undefined) return isPassing(Number(status));
  return ['connection', 'no-answer', 'stalled', 'range', 'wrong-hash', 'not-tried'].includes(reason);
}

function isPassing(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** 408, 425, 429 and 5xx may pass; nothing else does. */
function refused(url: URL, status: number, retryAfter: string | undefined): FetchFailure {
  const again = isPassing(status);
  return new FetchFailure(`http-${status}`, `${shown(url)}: the server answered ${status}`, {
    again,
    unreachable: again,
    afterMs: again ? waitOf(retryAfter) : undefined,
  });
}

/** Of `Retry-After` (RFC 9110, 10.2.3): seconds or a date. */
function waitOf(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

const LOST: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name of the server is not known',
  EAI_AGAIN: 'the name of the server cannot be looked up',
  ECONNREFUSED: 'the connection was refused',
  EHOSTUNREACH: 'the server is out of reach',
  ENETUNREACH: 'the network is out of reach',
  ETIMEDOUT: 'the connection timed out',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
};

function lost(url: URL, cause: unknown): FetchFailure {
  if (cause instanceof FetchFailure) return cause;
  const code = systemCode(cause);
  const text =
    LOST[code] ?? (cause instanceof Error ? `the connection failed (${cause.message})` : LOST.ECONNRESET!);
  // A certificate does not become right by asking again.
  const again = !/CERT|SELF_SIGNED|ERR_TLS|UNABLE_TO_/.test(code);
  return new FetchFailure('connection', `${shown(url)}: ${text}`, { again, unreachable: true, cause });
}
