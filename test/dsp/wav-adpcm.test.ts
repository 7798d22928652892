/** IMA and Microsoft ADPCM: blocks, what `fmt ` and `fact` say of them, and blocks that are damaged. */
import { describe, expect, it } from 'vitest';
import { readWav } from '../../src/dsp/wav.ts';
import { chunk, data, extensible, type Fmt, file, fmt, readAsStream, readAtOnce, uint } from './wav-files.ts';

const STANDARD = [256, 0, 512, -256, 0, 0, 192, 64, 240, 0, 460, -208, 392, -232];

interface Blocks extends Fmt {
  samplesPerBlock?: number;
  coefficients?: number[];
}

function ima({ samplesPerBlock, ...options }: Blocks = {}): number[] {
  const extra = samplesPerBlock === undefined ? [] : [...uint(2, 2), ...uint(samplesPerBlock, 2)];
  return fmt({ tag: 17, bits: 4, align: 8, extra, ...options });
}

function ms({ samplesPerBlock = 6, coefficients = STANDARD, ...options }: Blocks = {}): number[] {
  const table = [...uint(coefficients.length / 2, 2), ...coefficients.flatMap((value) => uint(value, 2))];
  const extra = [...uint(2 + table.length, 2), ...uint(samplesPerBlock, 2), ...table];
  return fmt({ tag: 2, bits: 4, align: 9, extra, ...options });
}

const fact = (frames: number) => chunk('fact', uint(frames, 4));

/** Samples as the 16-bit integers that the decoders give, of the first channel; or the refusal. */
function read(chunks: number[][], magic = 'RIFF') {
  const bytes = file(chunks, magic);
  const outcome = readAtOnce(bytes);
  if ('code' in outcome) return outcome;
  const { channels, warnings, frames } = readWav(bytes);
  return { values: channels.map((c) => [...c].map((v) => v * 32768)), warnings: warnings.join('; '), frames };
}

/**
 * First sample 100, index 0 (step 7). Codes, low nibble first: 7 = +(0+7+3+1) → 111, index 8 (step 16);
 * 15 = −(2+16+8+4) → 81, index 16 (34); 0 = +4 → 85, index 15 (31); 8 = −3 → 82, index 14 (28);
 * 1 = +(3+7) → 92, index 13 (25); 2 = +(3+12) → 107, 12 (23); 4 = +(2+23) → 132, 14 (28); 3 = +(3+14+7) → 156
 */
const IMA_BLOCK = [...uint(100, 2), 0, 0, 0xf7, 0x80, 0x21, 0x34];
const IMA_VALUES = [100, 111, 81, 85, 82, 92, 107, 132, 156];

/**
 * Pair 1 (512, −256: a straight line), step 20, then 30 after 10. Codes, high nibble first: 1 → 2·30−10+20 = 70, step
 * 230·20≫8 = 17; 15 (−1) → 110−17 = 93, 16; 7 → 116+7·16 = 228, 38; 0 → 363, 34
 */
const MS_BLOCK = [1, ...uint(20, 2), ...uint(30, 2), ...uint(10, 2), 0x1f, 0x70];
const MS_VALUES = [10, 30, 70, 93, 228, 363];

describe('IMA ADPCM', () => {
  it('decodes by the formula', () => {
    expect(read([ima({ samplesPerBlock: 9 }), data(IMA_BLOCK)])).toEqual({
      values: [IMA_VALUES],
      warnings: '',
      frames: 9,
    });
  });

  it('clips at both ends', () => {
    const block = (first: number, codes: number) => [...uint(first, 2), 88, 0, codes, codes, codes, codes];
    const chunks = [ima({ samplesPerBlock: 9 }), data([...block(30_000, 0x77), ...block(-30_000, 0xff)])];
    const { values } = read(chunks) as { values: number[][] };
    expect(values[0]!.slice(1, 9)).toEqual(new Array(8).fill(32_767));
    expect(values[0]!.slice(10)).toEqual(new Array(8).fill(-32_768));
  });

  it('takes channels by turns of eight codes', () => {
    const other = IMA_BLOCK.slice(4).map((pair) => pair ^ 0x88);
    const block = [...IMA_BLOCK.slice(0, 4), ...IMA_BLOCK.slice(0, 4), ...IMA_BLOCK.slice(4), ...other];
    const got = read([ima({ channels: 2, align: 16, samplesPerBlock: 9 }), data(block)]);
    expect(got).toMatchObject({ values: [IMA_VALUES, IMA_VALUES.map((v) => 200 - v)] });
  });

  it('keeps the whole frames of a last block that is cut off', () => {
    const cut = (bytes: number) => read([ima({ samplesPerBlock: 9 }), data([...IMA_BLOCK, ...IMA_BLOCK.slice(0, bytes)])]); // biome-ignore format: one
    for (const [bytes, frames] of [[1, 9], [3, 9], [4, 10], [5, 12], [7, 16]] as const) // biome-ignore format: pairs
      expect(cut(bytes)).toMatchObject({ values: [[...IMA_VALUES, ...IMA_VALUES.slice(0, frames - 9)]] });
    expect(cut(5)).toMatchObject({ warnings: '' });
    expect(cut(3)).toMatchObject({ warnings: '3 bytes after the last whole frame are ignored' });
    const stereo = [...IMA_BLOCK.slice(0, 4), ...IMA_BLOCK];
    const both = (bytes: number) => read([ima({ channels: 2, align: 16 }), data([...stereo.slice(0, bytes)])]); // biome-ignore format: one
    expect(both(8)).toMatchObject({ frames: 1 });
    // the second channel's first code comes after four bytes of the first one's
    expect(both(12)).toMatchObject({ frames: 1 });
  });

  it('takes no more from a last block than from the others', () => {
    const chunks = [ima({ samplesPerBlock: 5 }), data([...IMA_BLOCK, ...IMA_BLOCK.slice(0, 7)])];
    expect(read(chunks)).toMatchObject({ frames: 10 });
    const wide = ms({ samplesPerBlock: 4 });
    expect(read([wide, data([...MS_BLOCK, ...MS_BLOCK.slice(0, 8), 0])])).toMatchObject({ frames: 8 });
  });

  it('RIFX turns the header round, not the blocks', () => {
    const format = chunk('fmt ', [0, 17, 0, 1, 0, 0, 7, 208, 0, 0, 7, 208, 0, 8, 0, 4, 0, 2, 0, 9], false);
    expect(read([format, data(IMA_BLOCK, false)], 'RIFX')).toMatchObject({ values: [IMA_VALUES] });
  });

  it('stands in an extensible header too', () => {
    const format = fmt({ tag: 0xfffe, bits: 4, align: 8, extra: extensible(17, 9) });
    expect(read([format, data(IMA_BLOCK)])).toMatchObject({ values: [IMA_VALUES], warnings: '' });
  });

  it.each([
    ['no count of samples', {}, 9, /does not say how many samples/],
    ['a count of 0', { samplesPerBlock: 0 }, 9, /9 fit/],
    ['a smaller count', { samplesPerBlock: 5 }, 5, /room for 9 samples, 5 are used/],
    ['a block with a few bytes over', { samplesPerBlock: 9, align: 9 }, 9, /room for 11 samples, 9 are used/],
  ] as const)('%s', (_, options, frames, warning) => {
    const block = 'align' in options ? [...IMA_BLOCK, 7] : IMA_BLOCK;
    const got = read([ima(options), data([...block, ...block])]);
    expect(got).toMatchObject({ frames: 2 * frames, warnings: expect.stringMatching(warning) });
    const values = IMA_VALUES.slice(0, frames);
    expect(got).toMatchObject({ values: [[...values, ...values]] });
  });

  it.each([
    ['bits', ima({ bits: 3, align: 8 }), 'wav/bad-fmt', 34, /3 bits: only 4/],
    ['16 bits', ima({ bits: 16, align: 8 }), 'wav/bad-fmt', 34, /16 bits: only 4/],
    ['no room for a header', ima({ align: 3 }), 'wav/bad-fmt', 32, /header alone takes 4/],
    [
      'a header for each of many channels',
      ima({ channels: 65_535 }),
      'wav/bad-fmt',
      32,
      /takes 262140 for 65535/,
    ],
    ['more samples than fit', ima({ samplesPerBlock: 10 }), 'wav/bad-fmt', 38, /claims 10 .* 9 fit into 8/],
  ] as const)('%s: refused', (_, format, code, offset, message) => {
    expect(read([[...format], data(IMA_BLOCK)])).toMatchObject({
      code,
      offset,
      message: expect.stringMatching(message),
    });
  });

  it('a step index beyond the table is a damaged block, at its place', async () => {
    const bad = [...IMA_BLOCK];
    bad[2] = 89;
    const chunks = [ima({ samplesPerBlock: 9 }), data([...IMA_BLOCK, ...IMA_BLOCK, ...bad])];
    const refused = {
      code: 'wav/bad-block',
      offset: 48 + 16 + 2,
      message: expect.stringMatching(/index 89/),
    };
    expect(read(chunks)).toMatchObject(refused);
    expect(await readAsStream(file(chunks))).toMatchObject(refused);
  });
});

describe('Microsoft ADPCM', () => {
  it('decodes by the formula', () => {
    const chunks = [ms(), data([...MS_BLOCK, ...MS_BLOCK])];
    expect(read(chunks)).toEqual({ values: [[...MS_VALUES, ...MS_VALUES]], warnings: '', frames: 12 });
  });

  it('takes channels by turns, code by code', () => {
    const [a, b, c] = [uint(20, 2), uint(30, 2), uint(10, 2)];
    const block = [1, 1, ...a, ...a, ...b, ...b, ...c, ...c, 0x11, 0xff, 0x77, 0x00];
    const got = read([ms({ channels: 2, align: 18 }), data(block)]);
    expect(got).toMatchObject({ values: [MS_VALUES, MS_VALUES] });
  });

  it('keeps the whole frames of a last block that is cut off', () => {
    for (const [bytes, frames] of [[6, 6], [7, 8], [8, 10]] as const) // biome-ignore format: pairs
      expect(read([ms(), data([...MS_BLOCK, ...MS_BLOCK.slice(0, bytes)])])).toMatchObject({ frames });
  });

  it('takes the coefficients of the file, or the standard ones', () => {
    const half = STANDARD.with(2, 256).with(3, 0);
    expect(read([ms({ coefficients: half }), data(MS_BLOCK)])).toMatchObject({
      values: [[10, 30, 50, 33, 145, 145]],
      warnings: 'its table of ADPCM coefficients is not the standard one',
    });
    const eighth = [...MS_BLOCK].with(0, 7);
    expect(read([ms({ coefficients: [...STANDARD, 512, -256] }), data(eighth)])).toMatchObject({ values: [MS_VALUES], warnings: '' }); // biome-ignore format: one
    const without = fmt({ tag: 2, bits: 4, align: 9, extra: [...uint(2, 2), ...uint(6, 2)] });
    for (const format of [without, ms({ coefficients: [] }), fmt({ tag: 2, bits: 4, align: 9 })])
      expect(read([format, data(MS_BLOCK)])).toMatchObject({
        values: [MS_VALUES],
        warnings: expect.stringMatching(/no table of ADPCM coefficients/),
      });
  });

  it('does not let a damaged block drive the step beyond all numbers', () => {
    // pair 2 predicts 0, so each sample is −8 steps; the step grows threefold with each
    const block = [2, ...uint(32_767, 2), 0, 0, 0, 0, ...new Array(200).fill(0x88)];
    const { values } = read([ms({ align: block.length, samplesPerBlock: 402 }), data(block)]) as {
      values: number[][];
    };
    expect(values[0]!.slice(2)).toEqual(new Array(400).fill(-32_768));
  });

  it.each([
    [
      'a table that is not there',
      fmt({ tag: 2, bits: 4, align: 9, extra: [...uint(32, 2), ...uint(6, 2), ...uint(7, 2)] }),
      40,
      /claims 7 pairs .* has 22 bytes/,
    ],
    ['a table beyond a byte', ms({ coefficients: new Array(514).fill(0) }), 40, /claims 257 pairs/],
    ['no room for a header', ms({ align: 6 }), 32, /header alone takes 7/],
    ['more samples than fit', ms({ samplesPerBlock: 7 }), 38, /claims 7 .* 6 fit/],
    ['8 bits', ms({ bits: 8, align: 9 }), 34, /8 bits: only 4/],
  ] as const)('%s: refused', (_, format, offset, message) => {
    // biome-ignore format: rows
    const got = read([[...format], data(MS_BLOCK)]);
    expect(got).toMatchObject({ code: 'wav/bad-fmt', offset, message: expect.stringMatching(message) });
  });

  it('coefficients that are not in the table are a damaged block, at its place', () => {
    const got = read([ms(), data([...MS_BLOCK, ...MS_BLOCK.with(0, 7)])]);
    expect(got).toMatchObject({ code: 'wav/bad-block', offset: 78 + 9, message: expect.stringMatching(/coefficients 7 of 7/) }); // biome-ignore format: one
  });
});

describe('fact', () => {
  const three = data([...MS_BLOCK, ...MS_BLOCK, ...MS_BLOCK]);

  it.each([13, 15, 17, 18])('says that %d of 18 frames are sound', (frames) => {
    expect(read([ms(), fact(frames), three])).toMatchObject({ frames, warnings: '' });
    expect(read([ms(), three, fact(frames)])).toMatchObject({ frames, warnings: '' });
    expect(read([ms(), fact(frames), three, fact(14)])).toMatchObject({ frames, warnings: '' });
  });

  it.each([1, 12, 19, 36])('of %d does not end in the last block: the blocks decide', (frames) => {
    expect(read([ms(), fact(frames), three])).toMatchObject({
      frames: 18,
      warnings: `its fact chunk claims ${frames} samples per channel, its blocks hold 18`,
    });
  });

  it('of a truncated file says no more than its data chunk does', () => {
    const cut = file([ms(), fact(18), data([...MS_BLOCK, ...MS_BLOCK], true, 27)]);
    expect(readWav(cut, { truncated: 'accept' })).toMatchObject({
      frames: 12,
      warnings: ['truncated: it claims 18 samples per channel, 12 are there'],
    });
  });

  it('of 0 says nothing', () => {
    expect(read([ms(), fact(0), three])).toMatchObject({ frames: 18, warnings: '' });
  });

  it('divided by the channels, as libsndfile writes it, is not taken', () => {
    const block = [...IMA_BLOCK.slice(0, 4), ...IMA_BLOCK, ...IMA_BLOCK.slice(4)];
    const chunks = (frames: number) => [ima({ channels: 2, align: 16 }), fact(frames), data(block)];
    expect(read(chunks(4))).toMatchObject({ frames: 9 });
    expect(read(chunks(5))).toMatchObject({ frames: 5 });
  });

  it('is not asked about PCM, nor about a recording that was never finished', () => {
    const ramp = [0, 0, 0, 1, 0, 2, 0, 3];
    expect(read([fmt(), fact(1), data(ramp)])).toMatchObject({ frames: 4, warnings: '' });
    const open = data([...MS_BLOCK, ...MS_BLOCK], true, 0xffffffff);
    expect(read([ms(), fact(7), open])).toMatchObject({ frames: 12 });
  });
});
