import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { distributionBytes, packageBytes } from '../../bench/peers/installed.ts';
import { temporaryFolder } from '../train/temporary.ts';

it('counts a package of npm with what it leads to, each once, and not what lies beside it', () => {
  const modules = temporaryFolder();
  const add = (name: string, dependencies: Record<string, string>, bytes: number) => {
    mkdirSync(join(modules, name, 'lib'), { recursive: true });
    const manifest = JSON.stringify({ name, dependencies });
    writeFileSync(join(modules, name, 'package.json'), manifest);
    writeFileSync(join(modules, name, 'lib', 'index.js'), 'x'.repeat(bytes));
    return manifest.length + bytes;
  };
  const a = add('a', { b: '1', '@s/c': '1', 'not-here': '1' }, 1000);
  const b = add('b', { '@s/c': '1' }, 200);
  const c = add('@s/c', { a: '1' }, 30);
  add('d', {}, 5000);
  expect(packageBytes(modules, ['a'])).toBe(a + b + c);
  expect(packageBytes(modules, ['b', '@s/c'])).toBe(a + b + c);
  expect(packageBytes(modules, ['a', 'e'])).toMatch(/^missing: e is not in /);
});

it('says why Python cannot be asked', () => {
  expect(distributionBytes(join(temporaryFolder(), 'python'), ['torch'])).toMatch(/^missing: .*ENOENT/);
});
