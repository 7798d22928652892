import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkOutputFile } from '../../src/cli/output-file.ts';
import { errorOf, temporaryFolder } from '../train/temporary.ts';

it('an output takes the place of nothing but an earlier one', () => {
  const root = temporaryFolder({ 'old.csv': 'record,group\na,b\n', 'a.wav': 'RIFF', 'empty.csv': '' });
  mkdirSync(join(root, 'folder'));
  const check = (name: string) => checkOutputFile(join(root, name), 'evaluate/csv', 'record,');
  for (const name of ['new.csv', 'old.csv', 'empty.csv']) expect(() => check(name)).not.toThrow();
  for (const name of ['a.wav', 'folder', 'gone/new.csv'])
    expect(errorOf(() => check(name)).code).toBe('evaluate/csv');
  writeFileSync(join(root, 'notes.csv'), 'path,label\n');
  expect(errorOf(() => check('notes.csv')).message).toContain('not something that this command wrote');
});
