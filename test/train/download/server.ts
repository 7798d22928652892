import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** What the server does instead of serving right. */
export type Fault =
  /** Sends half of what is left and cuts the connection. */
  | 'cut'
  /** Ends before as much has come as it announced. */
  | 'short'
  /** Right length, wrong bytes. */
  | 'wrong'
  /** Sends a little and then nothing, without an end. */
  | 'stall'
  /** Never answers. */
  | 'silent'
  /** Whole content for any Range. */
  | 'no-range'
  /** In chunks, without a length. */
  | 'chunked'
  /** In chunks, without a length and without an end. */
  | 'endless'
  /** A few bytes at a time. */
  | 'drip'
  /** Says that a Range cannot be had. */
  | 'no-such-range'
  /** Another part than was asked for. */
  | 'other-range'
  | 'packed'
  | 'redirect'
  | 'redirect-loop'
  | 'redirect-file'
  | number;

export interface Asked {
  readonly path: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
}

export interface Server {
  readonly url: string;
  /** Every request, in order. */
  readonly asked: Asked[];
  /** May be changed while it serves. */
  files: Record<string, Uint8Array>;
  /** How often a path was asked for. */
  times(path: string): number;
}

/** Chooses a fault, or none, for the `time`-th request (from 0) of a path. */
export type Plan = (path: string, time: number) => Fault | undefined;

/** Serves files on this machine until the test ends. */
export async function serve(
  files: Record<string, Uint8Array>,
  plan: Plan = () => undefined,
): Promise<Server> {
  const asked: Asked[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const times = (path: string) => asked.filter((each) => each.path === path).length;
  const server: Server = { url: '', asked, files, times };
  const http = createServer((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1)).replace(/^moved\//, '');
    const time = times(path);
    const { range, 'if-range': ifRange } = request.headers;
    asked.push({ path, range, ifRange: ifRange as string | undefined });
    const moved = request.url!.startsWith('/moved/');
    // First the plan: it may change the files.
    const fault = moved ? undefined : plan(path, time);
    answer(request, response, server.files[path], fault, timers);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const timer of timers) clearInterval(timer);
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
  });
  return Object.assign(server, { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/` });
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  content: Uint8Array | undefined,
  fault: Fault | undefined,
  timers: Set<NodeJS.Timeout>,
): void {
  if (fault === 'silent') return;
  if (typeof fault === 'number') {
    response.writeHead(fault, fault === 429 ? { 'retry-after': '0' } : {}).end('no');
    return;
  }
  if (content === undefined) {
    response.writeHead(404).end('not here');
    return;
  }
  if (fault === 'redirect' || fault === 'redirect-loop' || fault === 'redirect-file') {
    const location =
      fault === 'redirect'
        ? `/moved${request.url}`
        : fault === 'redirect-loop'
          ? request.url!
          : 'file:///etc/passwd';
    response.writeHead(302, { location }).end();
    return;
  }
  const etag = `"${sha256(content).slice(0, 16)}"`;
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const ifRange = request.headers['if-range'];
  const goesOn = asked && fault !== 'no-range' && (ifRange === undefined || ifRange === etag);
  let start = goesOn ? Number(asked[1]) : 0;
  if (fault === 'other-range' && goesOn) start = Math.max(0, start - 1);
  if (goesOn && (start >= content.length || fault === 'no-such-range')) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const left = fault === 'wrong' ? content.map((byte) => byte ^ 1).subarray(start) : content.subarray(start);
  const chunked = fault === 'chunked' || fault === 'endless';
  response.writeHead(goesOn ? 206 : 200, {
    etag,
    ...(chunked ? {} : { 'content-length': left.length + (fault === 'short' ? 7 : 0) }),
    ...(goesOn ? { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` } : {}),
    ...(fault === 'packed' ? { 'content-encoding': 'gzip' } : {}),
  });
  const half = left.subarray(0, Math.ceil(left.length / 2));
  if (fault === 'cut') response.write(half, () => setTimeout(() => response.destroy(), 5));
  else if (fault === 'short') response.write(left, () => setTimeout(() => response.destroy(), 5));
  else if (fault === 'stall') response.write(half);
  else if (fault === 'endless') repeat(response, 5, timers, () => response.write(new Uint8Array(1 << 14)));
  else if (fault === 'drip') {
    let at = 0;
    repeat(response, 3, timers, () => {
      response.write(left.subarray(at, (at += 50)));
      if (at >= left.length) response.end();
      return at < left.length;
    });
  } else response.end(left);
}

function repeat(
  response: ServerResponse,
  ms: number,
  timers: Set<NodeJS.Timeout>,
  work: () => boolean,
): void {
  const timer = setInterval(() => {
    if (response.destroyed || response.writableEnded || (!work() && response.writableEnded))
      clearInterval(timer);
  }, ms);
  timers.add(timer);
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}

/** `SHA256SUMS.txt` of some files. */
export function listOf(files: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return text(
    Object.entries(files)
      .map(([path, content]) => `${sha256(content)} ${path}\n`)
      .join(''),
  );
}

/** Made-up files in the layout of cinc2016, and the publisher's list of them. */
export function smallSet(): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {
    'LICENSE.txt': text('ODC-By'),
    RECORDS: text('training-a/a0001\ntraining-b/b0001\n'),
    'annotations/extra.csv': text('extra'),
    'validation/a0001.wav': noise(300, 1),
  };
  for (const site of ['a', 'b']) {
    files[`training-${site}/REFERENCE.csv`] = text(`${site}0001,-1\n${site}0002,1\n`);
    for (const record of [`${site}0001`, `${site}0002`]) {
      files[`training-${site}/${record}.hea`] = text(`${record} 1 2000 900\n`);
      files[`training-${site}/${record}.wav`] = noise(
        900 + 37 * Object.keys(files).length,
        record.charCodeAt(4),
      );
    }
  }
  return { ...files, 'SHA256SUMS.txt': listOf(files) };
}

/** The paths of `smallSet` that training needs: 12. */
export const NEEDED = Object.keys(smallSet())
  .filter((path) => !/^(annotations|validation)\/|^SHA256SUMS/.test(path))
  .sort();

/** Bytes of which no two parts are alike. */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed + 1;
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 24);
}
