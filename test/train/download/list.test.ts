import { describe, expect, it } from 'vitest';
import { parseHashList, selectFrom } from '../../../src/train/download/list.ts';
import { dangerOf, unportable } from '../../../src/train/download/paths.ts';
import { PUBLISHED } from '../../../src/train/download/published.ts';
import { errorOf } from '../temporary.ts';
import { text } from './server.ts';

const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

function parse(content: string) {
  return parseHashList(text(content), 'list');
}

function select(content: string, all = false) {
  return [...selectFrom(parse(content), PUBLISHED.cinc2016, all).keys()];
}

describe('the list of hashes', () => {
  it.each([
    ['one space, as PhysioNet writes it', `${A} training-a/x y.wav\n${B} b\n`],
    ['two spaces, as sha256sum does', `${A}  training-a/x y.wav\n${B}  b\n`],
    ['binary marks', `${A} *training-a/x y.wav\n${B} *b\n`],
    ['CRLF, comments and empty lines', `# sums\r\n\r\n${A}  training-a/x y.wav\r\n${B}  b\r\n\r\n`],
    [
      'upper case, a byte order mark and no last line end',
      `\uFEFF${A.toUpperCase()}  training-a/x y.wav\n${B}  b`,
    ],
    ['paths from the folder', `${A}  ./training-a/x y.wav\n${B}  ./b\n`],
    ['tags', `SHA256 (training-a/x y.wav) = ${A}\nSHA256 (b) = ${B}\n`],
    ['a path twice with the same hash', `${A} training-a/x y.wav\n${B} b\n${B} b\n`],
  ])('is read with %s', (_, content) => {
    expect([...parse(content).hashes]).toEqual([
      ['training-a/x y.wav', A],
      ['b', B],
    ]);
  });

  it.each([
    ['../escape', 'list/path'],
    ['training-a/../../escape', 'list/path'],
    ['training-a/./x', 'list/path'],
    ['/etc/passwd', 'list/path'],
    ['//server/share', 'list/path'],
    ['C:/Windows/x', 'list/path'],
    ['c:x', 'list/path'],
    ['training-a\\..\\x', 'list/path'],
    ['training-a//x', 'list/path'],
    ['training-a/', 'list/path'],
    ['training-a/x\0.wav', 'list/path'],
    ['training-a/x\u001b[2J', 'list/path'],
  ])('that names %j is refused as a whole', (path, code) => {
    const error = errorOf(() => parse(`${A} good\n${A} ${path}\n`));
    expect(error.code).toBe(code);
    expect(error.message).toContain('list:2');
    expect(error.message).not.toContain('\u001b');
  });

  it.each([
    ['a page that is no list', '<!DOCTYPE html>\n', 'list/invalid'],
    ['a hash cut off', `${A.slice(1)} x\n`, 'list/invalid'],
    ['a hash without a path', `${A}\n`, 'list/invalid'],
    ['an escaped name', `\\${A} a\\nb\n`, 'list/invalid'],
    ['nothing', '\n', 'list/empty'],
    ['two hashes for a path', `${A} x\n${B} x\n`, 'list/conflict'],
  ])('with %s is refused', (_, content, code) => {
    expect(errorOf(() => parse(content)).code).toBe(code);
  });
});

describe('what is selected from it', () => {
  const content = [
    'training-a/a0001.wav',
    'training-a/a0001.hea',
    'training-f/REFERENCE.csv',
    'RECORDS',
    'RECORDS-abnormal',
    'LICENSE.txt',
    'SHA256SUMS.txt',
    'validation/a0001.wav',
    'annotations/training-a/x.mat',
    'training.zip',
    'training-g/x.wav',
    'other/training-a/x.wav',
  ];
  const lines = content.map((path) => `${A} ${path}\n`).join('');

  it('is what training needs, and validation/ is left out', () => {
    expect(select(lines)).toEqual(content.slice(0, 6));
  });

  it('is everything but the list itself with all', () => {
    expect(select(lines, true)).toEqual(content.filter((path) => path !== 'SHA256SUMS.txt'));
  });

  it('is the training set of circor2022', () => {
    const paths = ['training_data/1_AV.wav', 'training_data.csv', 'LICENSE.txt', 'RECORDS', 'x.zip'];
    const list = parse(paths.map((path) => `${A} ${path}\n`).join(''));
    expect([...selectFrom(list, PUBLISHED.circor2022, false).keys()]).toEqual(paths.slice(0, 4));
  });

  it.each([
    [['training-a/x.wav', 'training-a/X.wav'], 'list/collision'],
    [['training-a/x.wav', 'Training-A/y.wav'], 'list/collision'],
    [['training-a/caf\u00e9.wav', 'training-a/cafe\u0301.wav'], 'list/collision'],
    [['training-a/x', 'training-a/x/y.wav'], 'list/collision'],
    [['training-a/con.wav'], 'list/path'],
    [['training-a/x.'], 'list/path'],
    [['training-a/x '], 'list/path'],
    [['training-a/what?.wav'], 'list/path'],
    [['training-a/x:stream'], 'list/path'],
    [['training-a/.x.wav.partial'], 'list/path'],
    [['download.json'], 'list/path'],
    [['licence-and-citation.txt'], 'list/path'],
    [[`training-a/${'x'.repeat(241)}`], 'list/path'],
  ])('cannot be %j', (paths, code) => {
    expect(errorOf(() => select(paths.map((path) => `${A} ${path}\n`).join(''), true)).code).toBe(code);
  });

  it('says so when nothing belongs to the set', () => {
    expect(errorOf(() => select(`${A} training_data/1.wav\n`)).code).toBe('list/nothing');
  });
});

it('lets ordinary paths pass', () => {
  for (const path of [
    'training-a/a0001.wav',
    'RECORDS',
    'annotations/Online Appendix_training set.csv',
    'a/..b/c..d',
  ]) {
    expect(dangerOf(path)).toBeNull();
    expect(unportable(path)).toBeNull();
  }
});
