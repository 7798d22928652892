import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { keyOf, philox4x32 } from '../../src/base/philox.ts';
import { Draws, STREAMS } from '../../src/train/draws.ts';
import { hashBytes, hashFile, hashRecordings } from '../../src/train/hash.ts';
import { entry } from './recordings.ts';
import { errorOf, temporaryFolder } from './temporary.ts';

it('draws are the words of Philox, in order', () => {
  const draws = new Draws(2 ** 40 + 3, STREAMS.split, 5, 6);
  const words = new Uint32Array(8);
  const [low, high] = keyOf(2 ** 40 + 3);
  philox4x32(0, 5, STREAMS.split, 6, low, high, words, 0);
  philox4x32(1, 5, STREAMS.split, 6, low, high, words, 4);
  expect(Array.from({ length: 8 }, () => draws.word())).toEqual([...words]);
});

it('words can be passed over, and their position is known', () => {
  const drawn = new Draws(3, STREAMS.split);
  const words = Array.from({ length: 30 }, () => drawn.word());
  expect(drawn.position).toBe(30);
  for (const before of [0, 1, 2, 3, 4, 7]) {
    for (const count of [0, 1, 2, 3, 4, 5, 8, 13]) {
      const draws = new Draws(3, STREAMS.split);
      for (let i = 0; i < before; i++) draws.word();
      draws.skip(count);
      expect(draws.position).toBe(before + count);
      expect([draws.word(), draws.word()]).toEqual(words.slice(before + count, before + count + 2));
    }
  }
});

it('integers are evenly spread and shuffles keep every item', () => {
  const draws = new Draws(1, STREAMS.synth);
  const counts = new Array<number>(7).fill(0);
  for (let i = 0; i < 7000; i++) counts[draws.integer(7)]! += 1;
  // Five standard deviations of a binomial with n = 7000, p = 1/7.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(147);
  // Words above the highest multiple are drawn again: their remainders would be twice as likely.
  const large = Array.from({ length: 3000 }, () => draws.integer(3 * 2 ** 30));
  expect(Math.abs(large.filter((value) => value < 2 ** 30).length - 1000)).toBeLessThan(130);
  const items = Array.from({ length: 50 }, (_, i) => i);
  const shuffled = draws.shuffle(items);
  expect(shuffled).not.toEqual(items);
  expect([...shuffled].sort((a, b) => a - b)).toEqual(items);
});

it('uniform and normal draws have the moments they should', () => {
  const draws = new Draws(9, STREAMS.bootstrap);
  const uniform = Array.from({ length: 10000 }, () => draws.uniform(2, 4));
  expect(uniform.every((value) => value > 2 && value < 4)).toBe(true);
  expect(average(uniform)).toBeCloseTo(3, 1);
  const normal = Array.from({ length: 10000 }, () => draws.normal());
  expect(Math.abs(average(normal))).toBeLessThan(0.05);
  expect(Math.abs(average(normal.map((value) => value * value)) - 1)).toBeLessThan(0.07);
});

it('hashes are SHA-256 of the content', () => {
  // From FIPS 180-2, appendix B.1.
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  const big = 'x'.repeat(3_000_000);
  const root = temporaryFolder({ small: 'abc', big });
  expect(hashBytes('abc')).toBe(abc);
  expect(hashFile(join(root, 'small'))).toBe(abc);
  expect(hashFile(join(root, 'big'))).toBe(createHash('sha256').update(big).digest('hex'));
  expect(errorOf(() => hashFile(join(root, 'none'))).code).toBe('file/not-found');
  expect(errorOf(() => hashFile(root)).code).toBe('file/is-a-folder');
});

it('the hash of recordings changes with sound, label and subject, and with nothing else', () => {
  const a = entry('p', 0, 's', 'a');
  const b = entry('q', 1, 's', 'b');
  const sounds = new Map([
    ['a', '1'],
    ['b', '2'],
  ]);
  const hash = hashRecordings([a, b], sounds);
  expect(hashRecordings([b, { ...a, path: 'elsewhere' }], sounds)).toBe(hash);
  expect(hashRecordings([a, { ...b, label: 0 }], sounds)).not.toBe(hash);
  expect(hashRecordings([a, { ...b, group: 'p' }], sounds)).not.toBe(hash);
  expect(
    hashRecordings(
      [a, b],
      new Map([
        ['a', '1'],
        ['b', '3'],
      ]),
    ),
  ).not.toBe(hash);
});

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
