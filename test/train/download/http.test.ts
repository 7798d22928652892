import { existsSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/errors.ts';
import { type DownloadResult, downloadSet } from '../../../src/train/download/index.ts';
import { expectComplete, folder, LIST, only, put, WAV } from './expected.ts';
import { listOf, NEEDED, noise, serve, sha256, smallSet } from './server.ts';
import { bytesOf, failureOf, get, pathsBelow, QUICK } from './support.ts';

describe('a server that serves right', () => {
  it('fills the folder, and writes record, licence and list beside', async () => {
    const server = await serve(smallSet());
    const result = await get(server.url);
    expectComplete(result);
    expect(result.files).toEqual({ kept: 0, brought: 12, replaced: 0 });
    const record = JSON.parse(readFileSync(join(result.folder, 'download.json'), 'utf8'));
    const bytes = NEEDED.reduce((sum, path) => sum + smallSet()[path]!.length, 0);
    expect(record).toEqual(result.record);
    expect(record).toMatchObject({
      dataset: 'cinc2016',
      source: { kind: 'http', address: server.url },
      list: { address: `${server.url}${LIST}`, sha256: sha256(smallSet()[LIST]!), files: 14 },
      files: { selected: 12, present: 12, verified: 12 },
      recordings: { present: 4, published: 3240 },
      bytes,
      complete: true,
      verified: true,
    });
    const notice = readFileSync(join(result.folder, 'LICENCE-AND-CITATION.txt'), 'utf8');
    for (const part of ['ODC-By 1.0', 'Liu C,', '37(12):2181', 'Clifford GD,', 'Goldberger AL,'])
      expect(notice).toContain(part);
    expect(bytesOf(result.folder, LIST)).toEqual(smallSet()[LIST]);
    // The copy of training recordings is not even asked for.
    expect(server.asked.some(({ path }) => path.startsWith('validation/'))).toBe(false);
  });

  it('is the publisher, where nothing else is said', async () => {
    const server = await serve(smallSet());
    const to = folder();
    expectComplete(await downloadSet({ dataset: 'cinc2016', to, publisher: server.url }));
  });

  it('gives everything with all', async () => {
    const server = await serve(smallSet());
    const result = await get(server.url, { all: true });
    expect(result.status).toBe('complete');
    expect(pathsBelow(result.folder)).toContain('validation/a0001.wav');
    expect(result.record.files.selected).toBe(14);
  });

  it('is asked for nothing but the list when all is there and right', async () => {
    const server = await serve(smallSet());
    const to = folder();
    await get(server.url, { to });
    const before = server.asked.length;
    const result = await get(server.url, { to });
    expectComplete(result);
    expect(result.files).toEqual({ kept: 12, brought: 0, replaced: 0 });
    expect(server.asked.slice(before).map(({ path }) => path)).toEqual([LIST]);
  });

  it('gives the same record whoever is asked first', async () => {
    const server = await serve(smallSet());
    const [one, many] = [await get(server.url, { parallel: 1 }), await get(server.url, { parallel: 16 })];
    expect(many.record).toEqual(one.record);
  });

  it('never has more requests under way, nor more connections open, than asked for', async () => {
    const files = smallSet();
    let connections = 0;
    let now = 0;
    let most = 0;
    const http = createServer((request, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        response.end(files[request.url!.slice(1)]);
      }, 5);
    }).on('connection', () => connections++);
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const result = await get(url, { parallel: 3 });
    http.closeAllConnections();
    http.close();
    expectComplete(result);
    expect(most).toBe(3);
    expect(connections).toBeLessThanOrEqual(4);
  });
});

describe('a folder that is not empty', () => {
  it('keeps other files, and replaces a wrong one once the right one is there', async () => {
    const server = await serve(smallSet());
    const to = folder();
    put(to, 'notes.txt', 'mine');
    put(to, 'training-a/mine.wav', 'mine too');
    put(to, WAV, 'wrong');
    const result = await get(server.url, { to });
    expect(result.status).toBe('complete');
    expect(result.files).toEqual({ kept: 0, brought: 11, replaced: 1 });
    expect(readFileSync(join(to, 'notes.txt'), 'utf8')).toBe('mine');
    expect(readFileSync(join(to, 'training-a/mine.wav'), 'utf8')).toBe('mine too');
    expect(sha256(bytesOf(to, WAV))).toBe(sha256(smallSet()[WAV]!));
  });

  it('keeps a wrong file as long as the right one does not come', async () => {
    const server = await serve(smallSet(), only(WAV, 'wrong'));
    const to = folder();
    put(to, WAV, 'wrong in its own way');
    const result = await get(server.url, { to });
    expect(result.status).toBe('incomplete');
    expect(readFileSync(join(to, WAV), 'utf8')).toBe('wrong in its own way');
  });

  it('says what is in the way of a file', async () => {
    const server = await serve(smallSet());
    const to = folder();
    put(to, `${WAV}/mine`, 'in a folder with the name of a file');
    put(to, 'training-b', 'a file with the name of a folder');
    const result = await get(server.url, { to });
    expect(result.status).toBe('incomplete');
    const blocked = NEEDED.filter((path) => path === WAV || path.startsWith('training-b/'));
    expect(result.record.missing.map(({ path }) => path).sort()).toEqual(blocked);
    expect(new Set(result.record.missing.map(({ code }) => code))).toEqual(new Set(['download/blocked']));
    expect(readFileSync(join(to, 'training-b'), 'utf8')).toContain('a file');
  });

  it.each([
    [
      'another data set',
      'download.json',
      '{"format":"pcg-engine download","dataset":"circor2022"}',
      'download/other-set',
    ],
    ['a download.json of somebody else', 'download.json', '{"name":"mine"}', 'download/foreign-file'],
    ['a licence file of somebody else', 'LICENCE-AND-CITATION.txt', 'mine', 'download/foreign-file'],
    ['a list of somebody else', LIST, `${'a'.repeat(64)}  mine.wav\n`, 'download/foreign-file'],
  ])('with %s is refused, untouched', async (_, name, content, code) => {
    const server = await serve(smallSet());
    const to = folder();
    put(to, name, content);
    expect((await failureOf(get(server.url, { to }))).code).toBe(code);
    expect(pathsBelow(to)).toEqual([name]);
    expect(readFileSync(join(to, name), 'utf8')).toBe(content);
  });

  it('with the same list is filled, and a newer list takes the place of ours', async () => {
    const server = await serve(smallSet());
    const to = folder();
    put(to, LIST, smallSet()[LIST]!);
    expectComplete(await get(server.url, { to }));
    const changed = { ...smallSet(), [WAV]: noise(50, 1) };
    const list = listOf(Object.fromEntries(Object.entries(changed).filter(([path]) => path !== LIST)));
    server.files = { ...changed, [LIST]: list };
    expectComplete(await get(server.url, { to }), changed);
    expect(bytesOf(to, LIST)).toEqual(list);
  });

  it('for a set that nobody published is refused', async () => {
    for (const dataset of ['cinc2017', 'toString']) {
      const error = await failureOf(downloadSet({ dataset: dataset as 'cinc2016', to: folder() }));
      expect(error).toBeInstanceOf(UsageError);
      expect(error.code).toBe('usage/dataset');
      expect(error.message).toContain('Known: cinc2016, circor2022');
    }
  });

  it('that is a file is refused', async () => {
    const server = await serve(smallSet());
    const to = folder();
    writeFileSync(to, 'a file');
    expect((await failureOf(get(server.url, { to }))).code).toBe('file/not-a-folder');
  });
});

describe('a connection that is cut', () => {
  it('is taken up where it was cut', async () => {
    const server = await serve(smallSet(), only(WAV, 'cut', 2));
    expectComplete(await get(server.url));
    const asked = server.asked.filter(({ path }) => path === WAV);
    const size = smallSet()[WAV]!.length;
    const half = Math.ceil(size / 2);
    expect(asked.map(({ range }) => range)).toEqual([
      undefined,
      `bytes=${half}-`,
      `bytes=${half + Math.ceil((size - half) / 2)}-`,
    ]);
    const tag = `"${sha256(smallSet()[WAV]!).slice(0, 16)}"`;
    expect(asked.map(({ ifRange }) => ifRange)).toEqual([undefined, tag, tag]);
  });

  it('may be cut more often than there are tries, as long as something comes each time', async () => {
    const server = await serve(smallSet(), only(WAV, 'cut', 8));
    expectComplete(await get(server.url));
    expect(server.times(WAV)).toBe(9);
  });

  it('begins anew where the server cannot go on', async () => {
    const server = await serve(smallSet(), (path, time) =>
      path === WAV ? (time === 0 ? 'cut' : 'no-range') : undefined,
    );
    expectComplete(await get(server.url));
    expect(server.times(WAV)).toBe(2);
  });

  it.each(['no-such-range', 'other-range'] as const)('begins anew after %s', async (fault) => {
    const server = await serve(smallSet(), (path, time) =>
      path === WAV ? (['cut', fault] as const)[time] : undefined,
    );
    expectComplete(await get(server.url));
    expect(server.asked.filter(({ path }) => path === WAV)[2]!.range).toBeUndefined();
  });

  it('begins anew when the file on the server is another by then', async () => {
    const files = smallSet();
    const right = files[WAV]!;
    const server = await serve({ ...files, [WAV]: noise(right.length, 99) }, (path, time) => {
      if (path !== WAV) return undefined;
      if (time === 1) server.files = files;
      return time === 0 ? 'cut' : undefined;
    });
    expectComplete(await get(server.url));
    expect(server.times(WAV)).toBe(2);
  });

  it('is taken up by a later run', async () => {
    const to = folder();
    const broken = await serve(smallSet(), only(WAV, 'cut'));
    const first = await get(broken.url, { to, policy: { ...QUICK, mostTries: 1 } });
    expect(first.record.missing.map(({ path }) => path)).toEqual([WAV]);
    expect(pathsBelow(to)).toContain('training-a/.a0002.wav.partial');
    const server = await serve(smallSet());
    const second = await get(server.url, { to });
    expectComplete(second);
    expect(second.files).toEqual({ kept: 11, brought: 1, replaced: 0 });
    const half = Math.ceil(smallSet()[WAV]!.length / 2);
    expect(server.asked.filter(({ path }) => path === WAV).map(({ range }) => range)).toEqual([
      `bytes=${half}-`,
    ]);
  });

  it.each([
    ['of another file', (size: number) => noise(size - 10, 77)],
    ['that is as long as the file, and wrong', (size: number) => noise(size, 77)],
    ['that is longer than the file', (size: number) => noise(size + 10, 77)],
  ])('finds out about a part %s', async (_, part) => {
    const server = await serve(smallSet());
    const to = folder();
    put(to, 'training-a/.a0002.wav.partial', part(smallSet()[WAV]!.length));
    expectComplete(await get(server.url, { to }));
  });

  it('does not count a part of another file as a failed try', async () => {
    const server = await serve(smallSet(), only(WAV, 500, 2));
    const to = folder();
    put(to, 'training-a/.a0002.wav.partial', noise(40, 77));
    expectComplete(await get(server.url, { to, policy: { ...QUICK, tries: 3 } }));
    expect(server.times(WAV)).toBe(4);
  });

  it('needs no request for the bytes of a part that is all there', async () => {
    const server = await serve(smallSet());
    const to = folder();
    put(to, 'training-a/.a0002.wav.partial', smallSet()[WAV]!);
    expectComplete(await get(server.url, { to }));
    expect(server.times(WAV)).toBe(1);
  });
});

describe('two downloads into one folder', () => {
  it('do not go on at the same time', async () => {
    const server = await serve(smallSet(), (path) => (path === LIST ? undefined : 'drip'));
    const to = folder();
    const [first, second] = await Promise.allSettled([get(server.url, { to }), get(server.url, { to })]);
    const outcomes = [first, second].map((each) => each!.status).sort();
    expect(outcomes).toEqual(['fulfilled', 'rejected']);
    const done = [first, second].find(
      (each) => each!.status === 'fulfilled',
    ) as PromiseFulfilledResult<DownloadResult>;
    const refused = [first, second].find((each) => each!.status === 'rejected') as PromiseRejectedResult;
    expect(refused.reason.code).toBe('download/locked');
    expectComplete(done.value);
  });

  it.each([
    ['of a process that ended', { process: 2 ** 22 + 1 }, 0],
    ['that has been silent for long', { process: process.pid }, 600],
    ['that is damaged and old', null, 600],
  ])('a lock %s is taken over', async (_, holder, secondsAgo) => {
    const { hostname } = await import('node:os');
    const server = await serve(smallSet());
    const to = folder();
    const lock = join(to, '.pcg-engine-download.lock');
    put(to, '.pcg-engine-download.lock', holder ? JSON.stringify({ ...holder, host: hostname() }) : '{');
    const then = Date.now() / 1000 - secondsAgo;
    utimesSync(lock, then, then);
    expectComplete(await get(server.url, { to }));
    expect(existsSync(lock)).toBe(false);
  });

  it('a lock of another machine is respected', async () => {
    const server = await serve(smallSet());
    const to = folder();
    put(to, '.pcg-engine-download.lock', JSON.stringify({ process: 1, host: 'elsewhere' }));
    const error = await failureOf(get(server.url, { to }));
    expect(error.code).toBe('download/locked');
    expect(error.message).toContain('elsewhere');
    expect(pathsBelow(to)).toEqual(['.pcg-engine-download.lock']);
  });
});

describe('an interruption', () => {
  it('stops at once, keeps what is half there, and a later run completes it', async () => {
    const to = folder();
    const controller = new AbortController();
    const slow = await serve(smallSet(), (path) => (path === WAV ? 'stall' : undefined));
    const result = await get(slow.url, {
      to,
      parallel: 2,
      signal: controller.signal,
      hooks: { onProgress: ({ files }) => files === 11 && setTimeout(() => controller.abort(), 50) },
    });
    expect(result.status).toBe('interrupted');
    expect(result.record).toMatchObject({ complete: false, files: { present: 11 } });
    expect(pathsBelow(to)).toContain('training-a/.a0002.wav.partial');
    expect(pathsBelow(to)).not.toContain('.pcg-engine-download.lock');
    const server = await serve(smallSet());
    expectComplete(await get(server.url, { to }));
    expect(server.asked.at(-1)!.range).toMatch(/^bytes=\d+-$/);
  });

  it('before the list has come leaves nothing', async () => {
    const to = folder();
    const controller = new AbortController();
    const server = await serve(smallSet(), () => 'silent');
    setTimeout(() => controller.abort(), 30);
    const error = await failureOf(get(server.url, { to, signal: controller.signal }));
    expect(error.code).toBe('download/interrupted');
    expect(existsSync(to)).toBe(false);
  });

  it('ends a wait between tries', async () => {
    const controller = new AbortController();
    const server = await serve(smallSet(), only(WAV, 500));
    const policy = { ...QUICK, backoffMs: 60_000, mostBackoffMs: 60_000 };
    const hooks = {
      onProgress: ({ files }: { files: number }) => files === 11 && setTimeout(() => controller.abort(), 20),
    };
    const result = await get(server.url, { policy, signal: controller.signal, hooks });
    expect(result.status).toBe('interrupted');
  });
});

describe('what is asked for', () => {
  it.each([
    ['ftp://127.0.0.1/', 'usage/from'],
    ['http://127.0.0.1/x?y', 'usage/from'],
    ['http://127.0.0.1/x#y', 'usage/from'],
    ['http://', 'usage/from'],
  ])('%s is no source', async (from, code) => {
    expect((await failureOf(get(from))).code).toBe(code);
  });

  it.each([0, 17, 1.5, Number.NaN])('%d files at a time are refused', async (parallel) => {
    expect((await failureOf(get('http://127.0.0.1:9/', { parallel }))).code).toBe('usage/parallel');
  });

  it('says when nobody listens', async () => {
    const error = await failureOf(get('http://127.0.0.1:9/'));
    expect(error.code).toBe('download/connection');
    expect(error.message).toContain('refused');
  });

  it('never shows a password', async () => {
    const server = await serve(smallSet(), only(WAV, 404));
    const result = await get(server.url.replace('://', '://user:secret@'));
    expect(JSON.stringify(result)).not.toContain('secret');
  });
});
