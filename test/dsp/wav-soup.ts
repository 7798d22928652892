/** Files that are nearly WAV files, for property-based tests. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { extensible, letters, uint } from './wav-files.ts';

const goldens = (
  JSON.parse(readFileSync(new URL('../golden/dsp/wav.json', import.meta.url), 'utf8')).files as {
    file: string;
  }[]
)
  .map(({ file }) => new Uint8Array(Buffer.from(file, 'base64')))
  .filter((bytes) => bytes.length < 1000);

const size32 = fc.oneof(
  fc.nat({ max: 64 }),
  fc.constantFrom(0, 1, 0x7fffffff, 0x7ffff000, 0x80000000, 0xfffffff0, 0xffffffff),
  fc.nat({ max: 0xffffffff }),
);

/** Sixteen bits or more of a `fmt ` body: mostly near what makes sense, so that something is decoded. */
const formatBody = (little: boolean) =>
  fc
    .record({
      tag: fc.constantFrom(1, 1, 1, 2, 3, 6, 7, 0x11, 0xfffe, 0xfffe, 0x31),
      channels: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 3 }) },
        fc.constantFrom(0, 255, 65_535),
      ),
      rate: fc.oneof({ weight: 9, arbitrary: fc.constant(2000) }, size32),
      bits: fc.oneof(
        { weight: 9, arbitrary: fc.constantFrom(4, 8, 12, 16, 20, 24, 32, 64) },
        fc.nat({ max: 65_535 }),
      ),
      align: fc.oneof({ weight: 4, arbitrary: fc.constant(-1) }, fc.constantFrom(0, 3, 4, 8, 16, 36, 65_535)),
      rest: fc.oneof(
        fc.constant([] as number[]),
        fc.nat({ max: 70 }).map((spb) => [...uint(2, 2, little), ...uint(spb, 2, little)]),
        fc.nat({ max: 8 }).map((tag) => extensible(tag, 0, little)),
        fc.array(fc.nat({ max: 255 }), { maxLength: 60 }),
      ),
    })
    .map(({ tag, channels, rate, bits, align, rest }) => {
      const block = align < 0 ? (Math.ceil(bits / 8) * channels) % 65_536 : align;
      const u = (value: number, bytes: number) => uint(value, bytes, little);
      return [...u(tag, 2), ...u(channels, 2), ...u(rate, 4), ...u(rate * block, 4), ...u(block, 2), ...u(bits, 2), ...rest]; // biome-ignore format: one row
    });

const noise = fc.uint8Array({ maxLength: 90 }).map((bytes) => [...bytes]);

/** A chunk of any kind, whose size is what it has or anything else, with or without its pad byte. */
const anyChunk = (little: boolean) =>
  fc
    .record({
      id: fc.oneof(
        { weight: 3, arbitrary: fc.constant('data') },
        fc.constantFrom('fmt ', 'fact', 'LIST', 'JUNK', 'ds64', 'RIFF'),
        fc.string({ minLength: 4, maxLength: 4 }),
      ),
      format: formatBody(little),
      body: noise,
      size: fc.oneof({ weight: 3, arbitrary: fc.constant(-1) }, size32),
      pad: fc.boolean(),
    })
    .map(({ id, format, body, size, pad }) => {
      const bytes = id === 'fmt ' ? format : body;
      const head = [...letters(id).map((c) => c & 255), ...uint(size < 0 ? bytes.length : size, 4, little)];
      return [...head, ...bytes, ...(pad && bytes.length % 2 ? [0] : [])];
    });

/** RIFF and WAVE, a `fmt ` chunk, and chunks of any kind. */
export const wavSoup: fc.Arbitrary<Uint8Array> = fc
  .constantFrom('RIFF', 'RIFF', 'RIFX', 'RF64', 'BW64')
  .chain((magic) =>
    fc.record({
      magic: fc.constant(magic),
      size: size32,
      first: formatBody(magic !== 'RIFX').map((body) => [
        ...letters('fmt '),
        ...uint(body.length, 4, magic !== 'RIFX'),
        ...body,
      ]),
      chunks: fc.array(anyChunk(magic !== 'RIFX'), { minLength: 1, maxLength: 6 }),
      tail: noise,
    }),
  )
  .map(({ magic, size, first, chunks, tail }) =>
    Uint8Array.from([
      ...letters(magic),
      ...uint(size, 4, magic !== 'RIFX'),
      ...letters('WAVE'),
      ...first,
      ...chunks.flat(),
      ...tail,
    ]),
  );

/** One of the golden files, with bytes changed, removed, repeated or put in. */
export const mutatedWavs: fc.Arbitrary<Uint8Array> = fc
  .record({
    original: fc.constantFrom(...goldens),
    edits: fc.array(
      fc.record({
        // the header is where it hurts
        at: fc.oneof(fc.integer({ min: 12, max: 60 }), { weight: 2, arbitrary: fc.nat({ max: 1000 }) }),
        kind: fc.constantFrom('set', 'set', 'word', 'remove', 'insert', 'cut'),
        value: fc.oneof(fc.constantFrom(0, 1, 127, 128, 255), fc.nat({ max: 255 })),
        count: fc.nat({ max: 9 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  })
  .map(({ original, edits }) => {
    const bytes = [...original];
    for (const { at, kind, value, count } of edits) {
      const place = at % Math.max(1, bytes.length);
      if (kind === 'set') bytes[place] = value;
      else if (kind === 'word') bytes.splice(place, 4, value, value, value, value);
      else if (kind === 'remove') bytes.splice(place, count);
      else if (kind === 'insert') bytes.splice(place, 0, ...new Array(count).fill(value));
      else if (place > 12) bytes.length = place;
    }
    return Uint8Array.from(bytes.map((byte) => byte ?? 0));
  });
