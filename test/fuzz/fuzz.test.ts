/**
 * Every reader of files under damage: nothing but an answer or an error of the engine, and no memory beyond what
 * the file's own size explains. `npm run fuzz` does the same for as long as wanted, with a watch on hanging.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findingOf } from './check.ts';
import { Mutator } from './mutate.ts';
import { TARGETS, type Target } from './targets.ts';

const INPUTS = 4000;

const corpus = (target: Target) => {
  const folder = join(import.meta.dirname, 'corpus', target.name);
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
};

describe.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_, target) => {
  it('reads the files that damage starts from', () => {
    for (const seed of target.seeds) target.read(seed);
  });

  it(`stands ${INPUTS} damaged files`, () => {
    const mutator = new Mutator(1, target);
    const outcomes = { read: 0, refused: 0 };
    for (let n = 0; n < INPUTS; n++) {
      const input = mutator.input(n);
      const finding = findingOf(target, input);
      if (finding)
        throw new Error(`input ${n}: ${finding.message}\n${Buffer.from(input).toString('base64')}`);
      try {
        target.read(input);
        outcomes.read++;
      } catch {
        outcomes.refused++;
      }
    }
    // Damage that never or always gets through would test nothing.
    expect(outcomes.read).toBeGreaterThan(INPUTS / 200);
    expect(outcomes.refused).toBeGreaterThan(INPUTS / 200);
  });

  it.each(corpus(target))('stands %s, which once broke it', (path) => {
    expect(findingOf(target, readFileSync(path))).toBeNull();
  });
});

describe('what would be found', () => {
  const broken = (read: Target['read']): Target => ({ ...TARGETS[0]!, read });
  const input = new Uint8Array(16);
  const fail = (error: Error): never => {
    throw error;
  };
  const swallow = (body: () => unknown) => {
    try {
      body();
    } catch {
      // Hidden from whoever looks at errors alone.
    }
  };
  const cases: readonly (readonly [string, () => void, string])[] = [
    ['an error of another kind', () => fail(new TypeError('x is undefined')), 'error'],
    ['a wrong answer', () => fail(new Error('wrong answer: nothing')), 'answer'],
    ['memory that the file claims', () => void new Float32Array(1e9), 'memory'],
    ['memory in many pieces', () => Array.from({ length: 1e4 }, () => new Uint8Array(1e4)), 'memory'],
    ['memory whose refusal is swallowed', () => swallow(() => new ArrayBuffer(1e9)), 'memory'],
  ];

  it.each(cases)('%s', (_, read, kind) => {
    expect(findingOf(broken(read), input)?.kind).toBe(kind);
  });

  it('nothing where a file is read', () => {
    expect(
      findingOf(
        broken(() => void new Uint8Array(16)),
        input,
      ),
    ).toBeNull();
  });
});
