/**
 * Whatever the bytes are, reading gives samples or a `DataError` with a code `wav/…` and a place in the file, and
 * the same piece by piece. `readAtOnce` and `readAsStream` throw anything else.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWav } from '../../src/dsp/wav.ts';
import { letters, readAsStream, readAtOnce, uint } from './wav-files.ts';
import { mutatedWavs, wavSoup } from './wav-soup.ts';

const SEED = 20160101;

const options = fc.record({ truncated: fc.constantFrom('error' as const, 'accept' as const) });
const mostBytes = fc.constantFrom(1, 3, 64, 5000);

const seen = { samples: 0, refused: new Map<string, number>() };

async function check(bytes: Uint8Array, how: { truncated: 'error' | 'accept' }, most: number) {
  const once = readAtOnce(bytes, { ...how, name: 'x' });
  if ('code' in once) {
    expect(once.message).toMatch(/^x: .+ \(at byte \d+\)/);
    seen.refused.set(once.code, (seen.refused.get(once.code) ?? 0) + 1);
  } else {
    seen.samples++;
    const channels = (once.wav as { channels: number }).channels;
    expect(once.frames).toBeGreaterThan(0);
    // no codec gets more than two samples out of a byte
    expect(once.frames * channels).toBeLessThanOrEqual(2 * bytes.length);
  }
  expect(await readAsStream(bytes, { ...how, name: 'x' }, most)).toEqual(once);
}

describe('any bytes', () => {
  it('after RIFF and WAVE, in chunks', async () => {
    await fc.assert(fc.asyncProperty(wavSoup, options, mostBytes, check), { numRuns: 5000, seed: SEED });
  });

  it('of a good file with a few changed', async () => {
    await fc.assert(fc.asyncProperty(mutatedWavs, options, mostBytes, check), { numRuns: 5000, seed: SEED });
  });

  it('at all', async () => {
    const any = fc.uint8Array({ maxLength: 200 });
    await fc.assert(fc.asyncProperty(any, options, mostBytes, check), { numRuns: 300, seed: SEED });
  });

  it('reach samples and nearly every error there is', () => {
    expect(seen.samples).toBeGreaterThan(1500);
    expect([...seen.refused.keys()].sort()).toEqual([
      'wav/bad-block',
      'wav/bad-fmt',
      'wav/no-data',
      'wav/no-fmt',
      'wav/no-samples',
      'wav/not-a-wav',
      'wav/truncated',
      'wav/unsupported-codec',
      'wav/zero-channels',
      'wav/zero-rate',
    ]);
  });
});

describe('PCM of any width', () => {
  it('is what its integers say', () => {
    const sample = fc.record({
      bytes: fc.integer({ min: 2, max: 6 }),
      little: fc.boolean(),
      channels: fc.integer({ min: 1, max: 5 }),
      values: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
    });
    fc.assert(
      fc.property(sample, ({ bytes, little, channels, values }) => {
        const half = 2 ** (8 * bytes - 1);
        const integers = Array.from({ length: values.length * channels }, (_, i) =>
          Math.min(half - 1, Math.floor(values[i % values.length]! * half)),
        );
        const body = integers.flatMap((value) => uint(value, bytes, little));
        const u = (value: number, count: number) => uint(value, count, little);
        const align = bytes * channels;
        const wav = readWav(
          Uint8Array.from([
            ...letters(little ? 'RIFF' : 'RIFX'),
            ...u(36 + body.length, 4),
            ...letters('WAVEfmt '),
            ...u(16, 4),
            ...u(1, 2),
            ...u(channels, 2),
            ...u(2000, 4),
            ...u(2000 * align, 4),
            ...u(align, 2),
            ...u(8 * bytes, 2),
            ...letters('data'),
            ...u(body.length, 4),
            ...body,
          ]),
        );
        const expected = integers.map((value) => Math.fround(value / half));
        wav.channels.forEach((channel, c) => {
          expect([...channel].map((v) => v + 0)).toEqual(
            expected.filter((_, i) => i % channels === c).map((v) => v + 0),
          );
        });
      }),
      { numRuns: 300, seed: SEED },
    );
  });
});
