import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Fault, listOf, NEEDED, noise, serve, sha256, smallSet } from './server.ts';
import { bytesOf, get, IMPATIENT, OURS, pathsBelow } from './support.ts';

const FAULTS: readonly Fault[] = [
  ...(['cut', 'short', 'wrong', 'no-range', 'chunked', 'drip', 'no-such-range', 'other-range'] as const),
  ...(['packed', 'redirect', 'redirect-loop', 404, 408, 429, 500, 503] as const),
];

/** For each request of a path, a fault or none; after the last one it serves right. */
const faults = fc.array(fc.option(fc.constantFrom(...FAULTS), { nil: undefined, freq: 2 }), { maxLength: 7 });
const plans = fc.dictionary(fc.constantFrom(...NEEDED), faults, { maxKeys: 8 });

it('whatever the server does, the folder ends right, and complete or the result names what is missing', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.integer({ min: 1, max: 6 }), async (plan, parallel) => {
      const server = await serve(smallSet(), (path, time) => plan[path]?.[time]);
      const first = await get(server.url, { parallel, policy: IMPATIENT });
      expectHonest(first);
      // By now the server has become better, at the latest after a few more runs.
      let last = first;
      for (let run = 0; run < 10 && last.status !== 'complete'; run++) {
        last = await get(server.url, { to: first.folder, parallel, policy: IMPATIENT });
        expectHonest(last);
      }
      expect(last.status).toBe('complete');
    }),
    { numRuns: 30, seed: 20160304 },
  );

  function expectHonest({ folder, record, status }: Awaited<ReturnType<typeof get>>): void {
    const files = smallSet();
    const there = pathsBelow(folder).filter((path) => !OURS.includes(path) && !/\.partial$/.test(path));
    for (const path of there) expect(sha256(bytesOf(folder, path)), path).toBe(sha256(files[path]!));
    const missing = record.missing.map(({ path }) => path);
    expect([...there, ...missing].sort()).toEqual(NEEDED);
    expect(status === 'complete').toBe(missing.length === 0);
    expect(record).toMatchObject({
      complete: missing.length === 0,
      files: { selected: 12, present: there.length },
    });
  }
});

it('a file of any size comes right however often it is cut', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 400_000 }),
      fc.integer({ min: 0, max: 9 }),
      async (size, cuts) => {
        const files: Record<string, Uint8Array> = { 'training-a/x.wav': noise(size, 3) };
        files['SHA256SUMS.txt'] = listOf(files);
        const server = await serve(files, (path, time) =>
          path !== 'SHA256SUMS.txt' && time < cuts ? 'cut' : undefined,
        );
        const result = await get(server.url);
        // Of an empty file nothing is left to cut, so that a cut brings nothing and tries run out.
        const gaveUp = result.record.missing.length > 0;
        if (!gaveUp)
          expect(sha256(bytesOf(result.folder, 'training-a/x.wav'))).toBe(sha256(files['training-a/x.wav']!));
        expect(gaveUp).toBe(size <= 1 && cuts >= 4);
      },
    ),
    { numRuns: 25, seed: 7 },
  );
});
