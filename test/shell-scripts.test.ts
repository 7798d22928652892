/**
 * Under `set -o pipefail` a pipe fails when its last command stops reading early and the writer is cut off: now and
 * then, and more often on a busy machine.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = new URL('..', import.meta.url).pathname;
const scripts = [
  '.ci/run',
  ...readdirSync(join(root, 'scripts'))
    .filter((name) => name.endsWith('.sh'))
    .map((name) => `scripts/${name}`),
];
const STOPS_EARLY = /\|\s*(?:grep\s+(?:-\w+\s+)*-\w*[qm]|head\b|awk\b[^|\n]*\bexit\b|sed\b[^|\n]*\bq\b)/;

it.each(scripts)('%s has no pipe into a command that stops reading early', (name) => {
  const text = readFileSync(join(root, name), 'utf8');
  expect(text).toMatch(/set -\w*o pipefail|set -euo pipefail/);
  const lines = text
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#') && STOPS_EARLY.test(line));
  expect(lines).toEqual([]);
});

it('would notice each of them', () => {
  for (const line of [
    'ldconfig -p | grep -q libvulkan',
    'apt-cache policy | grep -qx main',
    'find . | sort | head -n 1',
    `list | awk '$1 == "a" { print; exit }'`,
  ])
    expect(line).toMatch(STOPS_EARLY);
  expect(`find . | sort | sed -n 1p`).not.toMatch(STOPS_EARLY);
});
