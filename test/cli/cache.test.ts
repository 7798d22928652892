/** Features that commands keep between runs. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../train/temporary.ts';
import { json, pcg, QUICK, recordingsFolder } from './support.ts';

const data = recordingsFolder();

function train(...more: string[]) {
  return pcg(['train', '--data', data, '--out', join(temporaryFolder(), 'run'), ...QUICK, ...more]);
}

it('train and evaluate share a cache, whose damage is said and does no harm', async () => {
  const cache = temporaryFolder();
  const first = await train('--cache', cache, '--json');
  expect(first.code).toBe(0);
  expect(first.stderr).toMatch(/^Features \d+ recordings, none from the cache /m);
  const second = await train('--cache', cache, '--json');
  expect(second.stderr).toMatch(new RegExp(`^Features \\d+ recordings, all from the cache ${cache}$`, 'm'));
  expect(json(second).test).toEqual(json(first).test);

  const entries = readdirSync(join(cache, 'features'));
  expect(entries).toHaveLength(36);
  const damaged = join(cache, 'features', entries[0]!);
  writeFileSync(damaged, readFileSync(damaged).subarray(1));
  const run = json(first).run as string;
  const judged = await pcg(['evaluate', run, '--data', data, '--cache', cache, '--threads', '1']);
  expect(judged.code).toBe(0);
  expect(judged.stderr).toContain(`Features: 36 recordings, 35 of them from the cache ${cache}\n`);
  expect(judged.stderr).toContain(`warning: the feature cache ${cache} had 1 damaged entry, made anew\n`);
});

it('is where the environment says, and nowhere with off', async () => {
  const cache = temporaryFolder();
  const env = { PCG_ENGINE_CACHE: cache, HOME: '/nonexistent' };
  const args = ['train', '--data', data, '--out', join(temporaryFolder(), 'run'), ...QUICK];
  const off = await pcg([...args, '--cache', 'off'], { env });
  expect(off.code).toBe(0);
  expect(off.stderr).not.toContain('cache');
  expect(readdirSync(cache)).toEqual([]);
  args[4] = join(temporaryFolder(), 'run');
  const on = await pcg(args, { env });
  expect(on.stderr).toContain(`none from the cache ${cache}\n`);
  expect(readdirSync(cache)).toEqual(['features']);
});
