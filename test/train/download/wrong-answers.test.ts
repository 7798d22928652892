import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../temporary.ts';
import { expectComplete, folder, LIST, only, WAV } from './expected.ts';
import { listOf, NEEDED, noise, serve, sha256, smallSet, text } from './server.ts';
import { bytesOf, failureOf, get, IMPATIENT, OURS, pathsBelow, QUICK } from './support.ts';

describe('a server that answers wrongly', () => {
  it.each([
    ['wrong', 1],
    ['short', 2],
    ['chunked', 9],
    ['drip', 9],
    ['redirect', 9],
    [408, 2],
    [429, 2],
    [500, 2],
    [503, 3],
  ] as const)('%s, %d times: complete all the same', async (fault, times) => {
    const server = await serve(smallSet(), only(WAV, fault, times));
    expectComplete(await get(server.url));
  });

  it.each([
    ['wrong', 4, 'download/wrong-hash'],
    [404, 1, 'download/http-404'],
    [403, 1, 'download/http-403'],
    [500, 4, 'download/http-500'],
    [429, 4, 'download/http-429'],
    ['redirect-loop', 6, 'download/redirects'],
    ['redirect-file', 1, 'download/redirects'],
    ['packed', 1, 'download/encoded'],
  ] as const)('%s always: after %d requests the others go on', async (fault, requests, code) => {
    const server = await serve(smallSet(), only(WAV, fault));
    const result = await get(server.url);
    expect(result.status).toBe('incomplete');
    expect(result.record).toMatchObject({
      complete: false,
      verified: true,
      files: { selected: 12, present: 11, verified: 11 },
      missing: [{ path: WAV, code }],
    });
    expect(server.times(WAV)).toBe(requests);
    expect(pathsBelow(result.folder)).toEqual([...NEEDED.filter((path) => path !== WAV), ...OURS].sort());
    expect(JSON.parse(readFileSync(join(result.folder, 'download.json'), 'utf8')).missing[0].path).toBe(WAV);
  });

  it.each([
    ['stall', 'download/stalled'],
    ['silent', 'download/no-answer'],
  ] as const)('%s: is noticed, once it passes and once it does not', async (fault, code) => {
    const passing = await serve(smallSet(), only(WAV, fault, 1));
    expectComplete(await get(passing.url, { policy: IMPATIENT }));
    const lasting = await serve(smallSet(), only(WAV, fault));
    const result = await get(lasting.url, { policy: { ...IMPATIENT, mostTries: 2 } });
    expect(result.record.missing).toMatchObject([{ path: WAV, code }]);
  });

  it('writes no more than a file may have', async () => {
    const server = await serve(smallSet(), only(WAV, 'endless'));
    const result = await get(server.url, { policy: { ...QUICK, mostBytes: 100_000 } });
    expect(result.record.missing).toMatchObject([{ path: WAV, code: 'download/too-large' }]);
    expect(pathsBelow(result.folder).filter((path) => path.includes('partial'))).toEqual([]);
    let bytes = 0;
    const announced = await get((await serve(smallSet())).url, {
      policy: { ...QUICK, mostBytes: 500 },
      hooks: { onProgress: (progress) => void (bytes = progress.bytes) },
    });
    // What is announced as too large is not even begun.
    expect(bytes).toBe(announced.record.bytes);
    expect(announced.record.missing.map(({ path }) => path).sort()).toEqual(
      NEEDED.filter((path) => smallSet()[path]!.length > 500),
    );
  });

  it('is not asked for the rest when nothing comes any more', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 60; i++) files[`training-a/x${i}.wav`] = noise(50, i);
    files[LIST] = listOf(files);
    const server = await serve(files, (path) => (path === LIST ? undefined : 503));
    const result = await get(server.url, { policy: { ...QUICK, tries: 2 } });
    const codes = result.record.missing.map(({ code }) => code);
    expect(codes.length).toBe(60);
    expect(codes.filter((code) => code === 'download/not-tried').length).toBeGreaterThan(40);
    expect(codes.filter((code) => code === 'download/http-503').length).toBeGreaterThanOrEqual(12);
  });

  it('is asked for every file when it only lacks some', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 40; i++) files[`training-a/x${i}.wav`] = noise(50, i);
    files[LIST] = listOf(files);
    const server = await serve(files, (path) => (/x\d.wav|x[12]\d.wav/.test(path) ? 404 : undefined));
    const result = await get(server.url);
    expect(result.record.files.present).toBe(10);
    expect(result.record.missing.length).toBe(30);
    expect(new Set(result.record.missing.map(({ code }) => code))).toEqual(new Set(['download/http-404']));
  });

  it('is waited for as long as it asks', async () => {
    let last = 0;
    let waited = 0;
    const files = smallSet();
    const http = createServer((request, response) => {
      const path = request.url!.slice(1);
      if (path === WAV && last === 0) {
        last = performance.now();
        return void response.writeHead(429, { 'retry-after': '1' }).end();
      }
      if (path === WAV) waited = performance.now() - last;
      response.end(files[path]);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const result = await get(url, { policy: { ...QUICK, mostBackoffMs: 5000 } });
    http.closeAllConnections();
    http.close();
    expectComplete(result);
    expect(waited).toBeGreaterThan(950);
  });
});

describe('the list', () => {
  it.each(['cut', 'short', 500, 429, 'chunked', 'redirect'] as const)(
    'comes in spite of %s',
    async (fault) => {
      const server = await serve(smallSet(), only(LIST, fault, 2));
      expectComplete(await get(server.url));
    },
  );

  it.each([
    ['is not there', {}, 'download/http-404'],
    ['is a page', { [LIST]: text('<html>') }, 'list/invalid'],
    ['leads out of the folder', { [LIST]: text(`${'a'.repeat(64)} ../../escape.wav\n`) }, 'list/path'],
    ['is of another set', { [LIST]: text(`${'a'.repeat(64)} training_data/x.wav\n`) }, 'list/nothing'],
  ])('%s: nothing is made', async (_, files, code) => {
    const server = await serve(files as Record<string, Uint8Array>);
    const to = folder();
    expect((await failureOf(get(server.url, { to }))).code).toBe(code);
    expect(existsSync(to)).toBe(false);
    expect(readdirSync(dirname(to))).toEqual([]);
  });

  it('that changes during the download is taken anew', async () => {
    const files = smallSet();
    const { [LIST]: _, ...rest } = files;
    const changed: Record<string, Uint8Array> = { ...rest, [WAV]: noise(700, 5) };
    changed[LIST] = listOf(changed);
    const notes: string[] = [];
    const server = await serve(files, (path, time) => {
      if (path === LIST && time === 0) setTimeout(() => (server.files = changed), 0);
      return undefined;
    });
    // The list is the old one, the files are the new ones.
    server.files = { ...changed, [LIST]: files[LIST]! };
    const result = await get(server.url, { parallel: 1, hooks: { onNote: (note) => notes.push(note) } });
    expectComplete(result, changed);
    expect(result.record.list!.sha256).toBe(sha256(changed[LIST]!));
    expect(bytesOf(result.folder, LIST)).toEqual(changed[LIST]);
    expect(notes.join()).toContain('the list changed');
  });

  it('can be given as a file or an address', async () => {
    const { [LIST]: list, ...files } = smallSet();
    const server = await serve(files);
    const file = join(temporaryFolder(), 'sums');
    writeFileSync(file, list!);
    expectComplete(await get(server.url, { list: file }));
    const other = await serve({ sums: list! });
    expectComplete(await get(server.url, { list: `${other.url}sums` }));
  });
});
