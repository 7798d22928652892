/** Containers as recorders, editors and accidents leave them. */
import { describe, expect, it } from 'vitest';
import { readWav } from '../../src/dsp/wav.ts';
import {
  chunk,
  data,
  file,
  fmt,
  letters,
  ramp,
  rampValues,
  readAll,
  readAsStream,
  readAtOnce,
  uint,
} from './wav-files.ts';

/** First channel and warnings, or the refusal. */
function read(bytes: Uint8Array) {
  const outcome = readAtOnce(bytes);
  if ('code' in outcome) return outcome;
  const { channels, warnings } = readWav(bytes);
  return { values: [...channels[0]!], warnings };
}

const good = (...warnings: (string | RegExp)[]) => ({
  values: rampValues,
  warnings: warnings.map((w) => (typeof w === 'string' ? w : expect.stringMatching(w))),
});

const LIST = chunk('LIST', [1, 2]);
const unsaid = /the recorder never wrote the length: read to the end of the file \(8 bytes of data\)/;

describe('sizes in ds64', () => {
  const ds64 = (dataSize: number[], size = 28) =>
    chunk('ds64', [...uint(200, 8), ...dataSize, ...uint(4, 8), ...uint(0, 4)], true, size);
  const rf64 = (long: number[], body: number[]) => file([long, fmt(), body], 'RF64', 0xffffffff);
  const open = data(ramp, true, 0xffffffff);

  it.each(['RF64', 'BW64'])('take the place of 0xFFFFFFFF in %s', (magic) => {
    expect(read(file([ds64(uint(8, 8)), fmt(), open, LIST], magic))).toEqual(good());
  });

  it('take the place of 0 too', () => {
    expect(read(rf64(ds64(uint(8, 8)), [...data(ramp, true, 0), ...LIST]))).toEqual(good());
  });

  it('are not asked where the data chunk has its own', () => {
    expect(read(rf64(ds64(uint(4, 8)), [...data(ramp), ...LIST]))).toEqual(good());
  });

  it('may be missing or never filled in: to the end', () => {
    expect(read(file([fmt(), open], 'RF64'))).toEqual(good(unsaid));
    expect(read(rf64(ds64(uint(0, 8)), open))).toEqual(good(unsaid));
    expect(read(rf64(ds64(new Array(8).fill(255)), open))).toEqual(good(unsaid));
    expect(read(rf64(chunk('ds64', uint(8, 8)), open))).toEqual(good(unsaid));
  });

  it('may have a size that cannot be', () => {
    for (const size of [0xffffffff, 1000, 28 + 26, 3])
      expect(read(rf64(ds64(uint(8, 8), size), open))).toEqual(good(`its ds64 chunk claims ${size} bytes: taken as 28`)); // biome-ignore format: one
  });

  it('beyond the file are a truncation, however large', () => {
    for (const size of [uint(10, 8), uint(2 ** 52, 8), [...uint(0, 7), 0x7f]])
      expect(read(rf64(ds64(size), open))).toMatchObject({ code: 'wav/truncated' });
  });
});

describe('a recorder that died', () => {
  it.each([0, 0x7ffff000, 0x7fffffff, 0x80000000, 0xffffff00, 0xffffffff])(
    'left data of size %d: what is there is read, with a warning',
    (size) => {
      expect(read(file([fmt(), data(ramp, true, size)], 'RIFF', 0))).toEqual(good(unsaid));
    },
  );

  it('left a RIFF size of 0 or anything', () => {
    for (const size of [0, 1, 0xffffffff])
      expect(read(file([fmt(), data(ramp)], 'RIFF', size))).toEqual(good());
  });

  it('left no sound', () => {
    for (const size of [0, 0xffffffff])
      expect(read(file([fmt(), data([], true, size)]))).toMatchObject({ code: 'wav/no-samples', offset: 44 });
  });

  it('left silence, which is no chain of chunks', () => {
    expect(read(file([fmt(), data(new Array(16).fill(0), true, 0)]))).toMatchObject({
      values: new Array(8).fill(0),
    });
  });

  it('left sound that looks like the name of a chunk', () => {
    const bytes = [...letters('abcd'), 9, 0, 0, 0, 7, 7];
    expect(read(file([fmt(), data(bytes, true, 0)]))).toMatchObject({
      values: [0x6261, 0x6463, 9, 0, 0x0707].map((v) => v / 32768),
    });
  });
});

describe('data that are too short', () => {
  it('by less than a frame are whole', () => {
    expect(read(file([fmt(), data(ramp, true, 9)]).subarray(0, 52))).toEqual(
      good('its data chunk claims 9 bytes, 8 are there'),
    );
  });

  it('by a frame are refused, with the size of the file as the place', () => {
    expect(read(file([fmt(), data(ramp, true, 10)]))).toMatchObject({ code: 'wav/truncated', offset: 52 });
  });
});

describe('chunks', () => {
  it('of data: the first that holds anything counts', () => {
    const other = data([1, 2, 3, 4]);
    expect(read(file([fmt(), data(ramp), other, other]))).toEqual(
      good('a second data chunk at byte 52 is ignored', 'a second data chunk at byte 64 is ignored'),
    );
    expect(read(file([fmt(), data([]), LIST, data(ramp)]))).toEqual(
      good('an empty data chunk at byte 36 is ignored'),
    );
    expect(read(file([fmt(), data([]), data([])]))).toMatchObject({ code: 'wav/no-samples', offset: 44 });
    expect(read(file([fmt(), data([]), LIST]))).toMatchObject({ code: 'wav/no-samples', offset: 44 });
  });

  it('of fmt: the first counts', () => {
    const wrong = fmt({ bits: 8, channels: 2 });
    expect(read(file([fmt(), wrong, data(ramp)]))).toEqual(good('a second fmt chunk at byte 36 is ignored'));
  });

  it('behind an odd one without its pad byte are found, whatever the size of data looks like', () => {
    for (const length of [0x40, 0x41, 0x61, 0x7a]) {
      const bytes = new Array(length).fill(0);
      const odd = [...letters('junk'), ...uint(3, 4), 1, 2, 3];
      for (const pad of [[], [0], [65]]) {
        const wav = readWav(file([fmt({ bits: 8 }), [...odd, ...pad], data(bytes)]));
        expect(wav).toMatchObject({ frames: length, warnings: [] });
      }
    }
  });

  it('that are none, behind the data, are named', () => {
    expect(read(file([fmt(), data(ramp), new Array(20).fill(0)]))).toEqual(
      good('20 bytes from byte 52 on belong to no chunk: ignored'),
    );
    expect(read(file([fmt(), data(ramp), LIST, [200, ...new Array(9).fill(65)]]))).toEqual(
      good('10 bytes from byte 62 on belong to no chunk: ignored'),
    );
  });

  it('of zeros between others are passed over', () => {
    const zeros = new Array(16).fill(0);
    expect(read(file([zeros, fmt(), zeros, data(ramp)]))).toEqual(good());
  });

  it('of another file behind this one are named', () => {
    const one = file([fmt(), data(ramp)]);
    expect(read(Uint8Array.from([...one, ...one]))).toEqual(good('another file begins at byte 52: ignored'));
  });

  it('that reach beyond the file end the walk', () => {
    const open = [...letters('LIST'), ...uint(0xfffffffe, 4)];
    expect(read(file([fmt(), data(ramp), open]))).toEqual(good());
    expect(read(file([fmt(), open, data(ramp)]))).toMatchObject({ code: 'wav/no-data', offset: 60 });
  });

  it('of a wave list are refused by name', () => {
    const list = chunk('LIST', [...letters('wavl'), ...data(ramp)]);
    expect(read(file([fmt(), list]))).toMatchObject({ message: expect.stringMatching(/LIST wavl/) });
  });

  it('of which there are too many', async () => {
    const many = Array.from({ length: 66_000 }, () => letters('junk').concat(0, 0, 0, 0)).flat();
    const refused = { code: 'wav/too-many-chunks', message: expect.stringMatching(/more than 65536 chunks/) };
    expect(read(file([many, fmt(), data(ramp)]))).toMatchObject({ ...refused, offset: 12 + 8 * 65_536 });
    expect(read(file([fmt(), data([], true, 0), many]))).toMatchObject({
      ...refused,
      offset: 44 + 8 * 65_536,
    });
    const behind = file([fmt(), data(ramp), many]);
    expect(read(behind)).toEqual(good(/more than 65536 chunks: those from byte \d+ on were not looked at/));
    // in windows of 4 kB, not a read a chunk
    let reads = 0;
    const source = {
      size: behind.length,
      read(offset: number, length: number) {
        reads++;
        return behind.subarray(offset, offset + length);
      },
    };
    await readAll(source);
    expect(reads).toBeLessThan(200);
  });

  it('that are odd in too many ways are not all listed', () => {
    const again = Array.from({ length: 500 }, () => fmt()).flat();
    expect(readWav(file([fmt(), again, data(ramp)])).warnings.length).toBe(20);
  });
});

describe('what is no WAV', () => {
  it('is shown in letters', () => {
    expect(read(Uint8Array.from([...letters('RIFF'), 0, 0, 0, 0, 65, 7, 200, 66]))).toMatchObject({
      code: 'wav/not-a-wav',
      offset: 8,
      message: expect.stringMatching(/kind 'A\?\?B'/),
    });
    expect(read(Uint8Array.from(letters('riff............')))).toMatchObject({
      message: expect.stringMatching(/Wave64/),
    });
  });

  it('is refused the same way piece by piece', async () => {
    for (const bytes of [new Uint8Array(0), Uint8Array.from(letters('RIFF')), file([]), file([fmt()])])
      expect(await readAsStream(bytes)).toEqual(readAtOnce(bytes));
  });
});
