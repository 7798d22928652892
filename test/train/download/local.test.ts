import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { openArchive } from '../../../src/train/download/archive-source.ts';
import type { DownloadOptions, DownloadResult } from '../../../src/train/download/index.ts';
import { PUBLISHED } from '../../../src/train/download/published.ts';
import { temporaryFolder } from '../temporary.ts';
import { concat, type Entry, paxRecord, tarHeader, tarOf, zipOf } from './archives.ts';
import { NEEDED, noise, serve, sha256, smallSet, text } from './server.ts';
import { bytesOf, failureOf, get, OURS, pathsBelow } from './support.ts';

const WAV = 'training-a/a0002.wav';
const LIST = 'SHA256SUMS.txt';

function entries(files: Record<string, Uint8Array> = smallSet(), prefix = ''): Entry[] {
  return Object.entries(files).map(([path, content]) => ({ path: prefix + path, content }));
}

function saved(content: Uint8Array, name = 'archive'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, content);
  return path;
}

function folderOf(files: Record<string, Uint8Array>, prefix = ''): string {
  const root = temporaryFolder();
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, prefix + path)), { recursive: true });
    writeFileSync(join(root, prefix + path), content);
  }
  return root;
}

function without(...paths: string[]): Record<string, Uint8Array> {
  return Object.fromEntries(Object.entries(smallSet()).filter(([path]) => !paths.includes(path)));
}

function expectComplete(result: DownloadResult): void {
  expect(result.record).toMatchObject({ missing: [], complete: true, verified: true });
  expect(result.status).toBe('complete');
  expect(pathsBelow(result.folder)).toEqual([...NEEDED, ...OURS].sort());
  for (const path of NEEDED) expect(sha256(bytesOf(result.folder, path))).toBe(sha256(smallSet()[path]!));
}

const take = (from: string, options: Partial<DownloadOptions> = {}) => get(from, { list: null, ...options });

const PATH = process.env.PATH;
afterEach(() => {
  process.env.PATH = PATH;
});

/** Puts a program `xz` in front that leaves the first six bytes away, as if the rest were packed by xz. */
function pretendXz(script: string): void {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'xz'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'xz'), 0o755);
  process.env.PATH = `${folder}:${PATH}`;
}

const XZ_MAGIC = Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0);
const LONG = `${'long-name-of-a-folder-that-goes-on/'.repeat(4)}`;

describe('a source that has all', () => {
  it.each<[string, () => string]>([
    ['a folder', () => folderOf(smallSet())],
    ['a folder in a folder', () => folderOf(smallSet(), 'physionet.org/files/challenge-2016/1.0.0/')],
    ['a tar', () => saved(tarOf(entries()))],
    ['a tar of ./', () => saved(tarOf([{ path: './', type: '5' }, ...entries(smallSet(), './')]))],
    ['a tar with a folder around it', () => saved(tarOf(entries(smallSet(), 'challenge-2016-1.0.0/')))],
    ['a tar with long names (pax)', () => saved(tarOf(entries(smallSet(), LONG)))],
    ['a tar with long names (GNU)', () => saved(tarOf(entries(smallSet(), LONG), { gnu: true }))],
    ['a tar whose first entry is global', () => saved(withGlobalHeader())],
    ['a tar.gz', () => saved(gzipSync(tarOf(entries())))],
    ['a tar.gz under a wrong name', () => saved(gzipSync(tarOf(entries())), 'data.zip')],
    ['a zip', () => saved(zipOf(entries()))],
    [
      'a zip with a folder around it',
      () => saved(zipOf([{ path: 'top/', mode: 0o40755 }, ...entries(smallSet(), 'top/')])),
    ],
    ['a zip that is not packed', () => saved(zipOf(entries().map((entry) => ({ ...entry, method: 0 }))))],
    ['a zip64', () => saved(zipOf(entries(), { wide: true }))],
    ['a zip with a note', () => saved(zipOf(entries(), { note: 'PK\u0005\u0006 a note' }))],
  ])('%s: complete and verified', async (_, source) => {
    expectComplete(await take(source()));
  });

  it('a tar.xz, through the program xz', async () => {
    pretendXz('tail -c +7 "$3"');
    expectComplete(await take(saved(concat([XZ_MAGIC, tarOf(entries())]))));
  });

  it('again: what is there stays', async () => {
    const from = saved(tarOf(entries()));
    const { folder } = await take(from);
    const result = await take(from, { to: folder });
    expectComplete(result);
    expect(result.files).toEqual({ kept: 12, brought: 0, replaced: 0 });
  });

  it('fills up what an interrupted download has left', async () => {
    const server = await serve(smallSet(), (path) => (path === WAV ? 'cut' : undefined));
    const { folder } = await get(server.url, { policy: { mostTries: 1 } });
    expectComplete(await take(saved(zipOf(entries())), { to: folder }));
  });

  it('can be the folder itself', async () => {
    const from = folderOf(without('validation/a0001.wav', 'annotations/extra.csv'));
    const result = await take(from, { to: from });
    expectComplete(result);
    expect(result.files.brought).toBe(0);
  });

  function withGlobalHeader(): Uint8Array {
    const record = paxRecord('comment', 'a commit');
    const block = new Uint8Array(512);
    block.set(record);
    return concat([tarHeader('pax_global_header', 'g', record.length, ''), block, tarOf(entries())]);
  }
});

describe('a source that lacks something', () => {
  const wrong = { ...smallSet(), [WAV]: noise(50, 1) };
  it.each<[string, () => string, string]>([
    ['a folder without a file', () => folderOf(without(WAV)), 'download/not-there'],
    ['a folder with a wrong file', () => folderOf(wrong), 'download/wrong-hash'],
    ['a tar without a file', () => saved(tarOf(entries(without(WAV)))), 'download/not-there'],
    ['a tar with a wrong file', () => saved(tarOf(entries(wrong))), 'download/wrong-hash'],
    ['a zip with a wrong file', () => saved(zipOf(entries(wrong))), 'download/wrong-hash'],
  ])('%s: names it, and brings the others', async (_, source, code) => {
    const result = await take(source());
    expect(result.status).toBe('incomplete');
    expect(result.record).toMatchObject({
      missing: [{ path: WAV, code }],
      files: { selected: 12, present: 11, verified: 11 },
      verified: true,
      complete: false,
    });
    expect(pathsBelow(result.folder)).toEqual([...NEEDED.filter((path) => path !== WAV), ...OURS].sort());
  });

  it('its list: taken unverified, said and recorded, never complete', async () => {
    const notes: string[] = [];
    const from = saved(tarOf(entries({ ...without(LIST), 'records.csv': text('record\n') })));
    const result = await take(from, { hooks: { onNote: (note) => notes.push(note) } });
    // Nobody was asked for the list.
    expect(notes).toEqual([]);
    expect(result.status).toBe('incomplete');
    expect(result.record).toMatchObject({
      list: null,
      verified: false,
      complete: false,
      files: { selected: null, present: 12, verified: 0 },
      recordings: { present: 4, published: 3240, folders: { 'training-a': { present: 2, published: 409 } } },
      companions: ['records.csv'],
    });
    expect(pathsBelow(result.folder)).toEqual(
      [...NEEDED, 'records.csv', 'download.json', 'LICENCE-AND-CITATION.txt'].sort(),
    );
  });

  it('its list, which the publisher has: verified', async () => {
    const server = await serve({ [LIST]: smallSet()[LIST]! });
    const result = await get(saved(zipOf(entries(without(LIST)))), { publisher: server.url });
    expectComplete(result);
    expect(result.record.list!.address).toBe(`${server.url}${LIST}`);
  });

  it('its list, and the publisher is out of reach: said, and taken unverified', async () => {
    const notes: string[] = [];
    const from = folderOf(without(LIST));
    const hooks = { onNote: (note: string) => notes.push(note) };
    const result = await get(from, { publisher: 'http://127.0.0.1:9/', hooks });
    expect(result.record).toMatchObject({ list: null, verified: false, complete: false });
    expect(notes.join()).toMatch(/list could not be fetched.*refused/);
  });

  it('its list, which is given: verified, and companions taken as they are', async () => {
    const from = folderOf({ ...without(LIST), 'records.csv': text('record\n'), 'other.csv': text('x') });
    const result = await take(from, { list: saved(smallSet()[LIST]!) });
    expect(result.record).toMatchObject({ complete: true, verified: true, companions: ['records.csv'] });
    expect(pathsBelow(result.folder)).toContain('records.csv');
    expect(pathsBelow(result.folder)).not.toContain('other.csv');
  });

  it('a list, and an earlier unverified file is wrong: replaced once a list is there', async () => {
    const { folder } = await take(
      folderOf(Object.fromEntries(Object.entries(wrong).filter(([path]) => path !== LIST))),
    );
    const result = await take(folderOf(smallSet()), { to: folder });
    expectComplete(result);
    expect(result.files).toEqual({ kept: 11, brought: 0, replaced: 1 });
  });
});

describe('an archive that is hostile or damaged', () => {
  const good = entries();
  const size = tarOf(good).length;
  it.each<[string, () => Uint8Array, string]>([
    ['a tar out of the folder', () => tarOf([...good, { path: '../escape' }]), 'archive/path'],
    [
      'a tar out of the folder, further in',
      () => tarOf([...good, { path: 'training-a/../../escape' }]),
      'archive/path',
    ],
    ['a tar to an absolute path', () => tarOf([...good, { path: '/tmp/escape' }]), 'archive/path'],
    ['a tar with backslashes', () => tarOf([...good, { path: '..\\escape' }]), 'archive/path'],
    ['a tar with a drive', () => tarOf([...good, { path: 'C:/escape' }]), 'archive/path'],
    [
      'a tar with a long name out of the folder',
      () => tarOf([...good, { path: `${'x/'.repeat(60)}../y` }]),
      'archive/path',
    ],
    [
      'a tar with a symbolic link',
      () => tarOf([{ path: 'training-a', type: '2', link: '/tmp' }, ...good]),
      'archive/link',
    ],
    [
      'a tar with a hard link',
      () => tarOf([...good, { path: 'x', type: '1', link: '/etc/passwd' }]),
      'archive/link',
    ],
    ['a tar with a device', () => tarOf([...good, { path: 'x', type: '3' }]), 'archive/unsupported'],
    ['a tar with a pipe', () => tarOf([...good, { path: 'x', type: '6' }]), 'archive/unsupported'],
    ['a tar with a sparse file', () => tarOf([...good, { path: 'x', type: 'S' }]), 'archive/unsupported'],
    ['a tar that claims 8 GB', () => tarOf([...good, { path: 'x', size: 8 ** 11 - 1 }]), 'archive/truncated'],
    ['a tar with a file twice', () => tarOf([...good, ...good.slice(3, 4)]), 'archive/duplicate'],
    ['a tar that is cut off', () => tarOf(good).subarray(0, size - 2000), 'archive/truncated'],
    ['a tar without its end', () => tarOf(good, { end: false }), 'archive/truncated'],
    [
      'a tar with a damaged header',
      () => tarOf(good).map((byte, i) => (i === 1030 ? byte ^ 1 : byte)),
      'archive/corrupt',
    ],
    ['a tar.gz that is cut off', () => gzipSync(tarOf(good)).subarray(0, -200), 'archive/truncated'],
    [
      'a tar.gz that is damaged',
      () => gzipSync(tarOf(good)).map((byte, i) => (i === 600 ? byte ^ 255 : byte)),
      'archive/corrupt',
    ],
    ['a zip out of the folder', () => zipOf([...good, { path: '../escape' }]), 'archive/path'],
    ['a zip with backslashes', () => zipOf([...good, { path: 'a\\..\\b' }]), 'archive/path'],
    ['a zip with a link', () => zipOf([...good, { path: 'x', mode: 0o120777 }]), 'archive/link'],
    ['a zip with a device', () => zipOf([...good, { path: 'x', mode: 0o020777 }]), 'archive/unsupported'],
    ['a zip with an encrypted file', () => zipOf([...good, { path: 'x', flags: 1 }]), 'archive/encrypted'],
    ['a zip packed in another way', () => zipOf([...good, { path: 'x', method: 14 }]), 'archive/unsupported'],
    ['a zip that is cut off', () => zipOf(good).subarray(0, -30), 'archive/truncated'],
    ['a zip with a part cut out', () => cutOut(zipOf(good)), 'archive/corrupt'],
    ['a zip whose files share bytes', () => sharing(zipOf(good)), 'archive/overlap'],
    ['a tar without the set', () => tarOf([{ path: 'readme' }]), 'download/not-the-set'],
    ['a zip without anything', () => zipOf([]), 'download/not-the-set'],
    [
      'a tar with the set twice',
      () => tarOf([...entries(smallSet(), 'x/'), ...entries(smallSet(), 'y/')]),
      'download/ambiguous',
    ],
    [
      'a tar whose list is hostile',
      () => tarOf(entries({ ...smallSet(), [LIST]: text(`${'a'.repeat(64)} ../x`) })),
      'list/path',
    ],
    ['no archive', () => noise(5000, 1), 'archive/unknown'],
    ['nothing', () => new Uint8Array(0), 'archive/unknown'],
  ])('%s is refused before anything is written', async (_, content, code) => {
    const to = join(temporaryFolder(), 'set');
    const error = await failureOf(take(saved(content()), { to }));
    expect(error.code).toBe(code);
    expect(pathsBelow(dirname(to))).toEqual([]);
  });

  it.each<[string, Entry, string]>([
    [
      'unpacks to more than it says',
      { path: WAV, content: smallSet()[WAV]!, size: 100 },
      'more than its 100 bytes',
    ],
    ['unpacks to less than it says', { path: WAV, content: smallSet()[WAV]!, size: 5000 }, 'of 5000 bytes'],
    ['has a wrong checksum', { path: WAV, content: smallSet()[WAV]!, crc: 1 }, 'CRC-32'],
  ])('a zip whose file %s ends the download, and the file has no name', async (_, entry, words) => {
    const to = join(temporaryFolder(), 'set');
    const source = saved(zipOf([...entries(without(WAV, LIST)), entry]));
    const error = await failureOf(take(source, { to }));
    expect(error.code).toBe('archive/corrupt');
    expect(error.message).toContain(WAV);
    expect(error.message).toContain(words);
    expect(pathsBelow(to).filter((path) => path.includes('a0002.wav'))).toEqual([]);
    expect(JSON.parse(readFileSync(join(to, 'download.json'), 'utf8')).complete).toBe(false);
  });

  it('too many files or bytes are refused', async () => {
    const open = (limits: { entries: number; bytes: number }) =>
      openArchive(saved(tarOf(entries())), PUBLISHED.cinc2016, new AbortController().signal, limits);
    expect((await failureOf(open({ entries: 14, bytes: 1e9 }))).code).toBe('archive/too-large');
    expect((await failureOf(open({ entries: 100, bytes: 2000 }))).code).toBe('archive/too-large');
    (await open({ entries: 15, bytes: 1e9 })).close();
  });

  it('a tar.xz that xz cannot read says what xz says', async () => {
    pretendXz('echo "xz: File is damaged" >&2; exit 1');
    const error = await failureOf(take(saved(XZ_MAGIC)));
    expect(error.code).toBe('archive/corrupt');
    expect(error.message).toContain('File is damaged');
  });

  it('a tar.xz where there is no xz says what to do', async () => {
    process.env.PATH = temporaryFolder();
    const error = await failureOf(take(saved(XZ_MAGIC)));
    expect(error.code).toBe('archive/no-xz');
    expect(error.message).toContain('give the folder');
  });

  it('a path that leads nowhere is said to', async () => {
    expect((await failureOf(take(join(temporaryFolder(), 'nothing')))).code).toBe('file/not-found');
    expect((await failureOf(take(temporaryFolder()))).code).toBe('download/not-the-set');
  });

  /** Without some bytes in the middle the directory is not where the end says. */
  function cutOut(zip: Uint8Array): Uint8Array {
    return concat([zip.subarray(0, 200), zip.subarray(240)]);
  }

  /** The second file of the directory is said to begin where the first does. */
  function sharing(zip: Uint8Array): Uint8Array {
    const bytes = Buffer.from(zip);
    const central = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    const second = bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2]), central + 4);
    bytes.writeUInt32LE(0, second + 42);
    return new Uint8Array(bytes);
  }
});

describe('a disk that does not take it', () => {
  const full = '/dev/full';

  it('that is full ends the download, keeps what is there, and says what to do', async () => {
    const to = join(temporaryFolder(), 'set');
    mkdirSync(join(to, 'training-a'), { recursive: true });
    // Linux has a device that is always full; a part that leads there is written to it.
    const part = join(to, 'training-a', '.a0002.wav.partial');
    symlinkSync(full, part);
    const error = await failureOf(take(folderOf(smallSet()), { to, parallel: 1 }));
    // Elsewhere the device is not there, and may not be made.
    expect(error.code).toBe(existsSync(full) ? 'file/disk-full' : 'file/denied');
    if (existsSync(full)) expect(error.message).toContain('make room and run it again');
    expect(pathsBelow(to)).toContain('training-a/a0001.wav');
    expect(JSON.parse(readFileSync(join(to, 'download.json'), 'utf8'))).toMatchObject({ complete: false });
    rmSync(part, { force: true });
    expectComplete(await take(folderOf(smallSet()), { to }));
  });

  it('where nothing can be made is named', async () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, 'a file');
    const error = await failureOf(take(folderOf(smallSet()), { to: join(file, 'below', 'set') }));
    expect(error.code).toBe('file/not-a-folder');
    expect(readFileSync(file, 'utf8')).toBe('a file');
  });
});

it('a folder that leads round in circles is read once', async () => {
  const from = folderOf(smallSet());
  symlinkSync(from, join(from, 'training-a', 'round'));
  expectComplete(await take(from));
});

it('an interruption while an archive is unpacked keeps what is right', async () => {
  const from = saved(tarOf(entries()));
  const controller = new AbortController();
  const hooks = { onProgress: ({ files }: { files: number }) => files === 5 && controller.abort() };
  const result = await take(from, { signal: controller.signal, hooks });
  expect(result.status).toBe('interrupted');
  expect(result.record.files.present).toBe(5);
  expectComplete(await take(from, { to: result.folder }));
});
