import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listAudioFiles, makeFolders, readBytes } from '../../src/train/files.ts';
import { hashFile } from '../../src/train/hash.ts';
import { formatNames, printable } from '../../src/train/recording.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

it('named pipes and devices are refused, not waited for', () => {
  const root = temporaryFolder();
  const pipe = join(root, 'pipe.wav');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  symlinkSync(pipe, join(root, 'link.wav'));
  for (const path of [pipe, join(root, 'link.wav'), '/dev/zero']) {
    expect(errorOf(() => readBytes(path)).code).toBe('file/not-regular');
    expect(errorOf(() => hashFile(path)).code).toBe('file/not-regular');
  }
  expect(errorOf(() => readBytes(pipe)).message).toContain(`${pipe}: it is a named pipe, not a file`);
  expect(listAudioFiles(root)).toEqual(['link.wav']);
});

it('folders that all link to each other are listed once', () => {
  const root = temporaryFolder();
  const names = Array.from({ length: 12 }, (_, i) => `d${String.fromCharCode(97 + i)}`);
  for (const name of names) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'x.wav'), '');
  }
  for (const name of names)
    for (const other of names) symlinkSync(join(root, other), join(root, name, other));
  const found = listAudioFiles(root);
  expect(found).toHaveLength(12);
  expect(found).toContain('da/x.wav');
});

it('names with control characters are written out in messages', () => {
  expect(printable('a\nb\tc\r\u001b[31m\u0007\u009b\u202eä ok')).toBe(
    'a\\nb\\tc\\r\\u{1b}[31m\\u{7}\\u{9b}\\u{202e}ä ok',
  );
  expect(formatNames(['a\n', 'b'])).toBe('a\\n, b');
  const error = errorOf(() => readBytes(join(temporaryFolder(), 'no\u001b[2J\nsuch.wav')));
  expect(error.code).toBe('file/not-found');
  expect(error.message).toContain('no\\u{1b}[2J\\nsuch.wav');
});

it('a link to a folder above brings nothing in', () => {
  const root = temporaryFolder({ 'normal/1.wav': '', 'abnormal/2.wav': '' });
  symlinkSync('..', join(root, 'abnormal/loop'));
  expect(listAudioFiles(join(root, 'abnormal'))).toEqual(['2.wav']);
});

it('makes folders that are missing, and says which', () => {
  const root = temporaryFolder();
  expect(makeFolders(join(root, 'a/b/c'))).toBe(join(root, 'a'));
  expect(makeFolders(join(root, 'a/b/d'))).toBe(join(root, 'a/b/d'));
  expect(makeFolders(join(root, 'a'))).toBeUndefined();
  writeFileSync(join(root, 'file'), '');
  expect(() => makeFolders(join(root, 'file/x'))).toThrow(/ENOTDIR/);
});

// Node's own recursive mkdir never returns from this.
it.runIf(existsSync('/proc/self'))('does not go round for ever where no folder can be made', () => {
  expect(() => makeFolders('/proc/nowhere/x')).toThrow(/ENOENT/);
});
