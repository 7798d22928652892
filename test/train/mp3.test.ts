/** MP3: files of libsndfile decoded nearly as libsndfile does, and damage. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readMp3 } from '../../src/train/compressed/mp3.ts';
import { decodeCompressed } from '../../src/train/compressed.ts';
import { bytesOf, failure, interleave, mp3, nameOf } from './compressed-goldens.ts';

describe('MP3 of libsndfile', () => {
  // Largest differences: 1.46e-6, 1.40e-6, 1.31e-6; libsndfile has mpg123 built with other instructions.
  const NEAR = 2e-6;

  it.each(mp3.map((golden) => [golden.name, golden] as const))(
    '%s: nearly the same samples',
    async (_, golden) => {
      const { sampleRate, channels, warnings } = await decodeCompressed(bytesOf(golden), nameOf(golden));
      // Delay and padding of the encoder are gone: as many samples as were encoded.
      expect([sampleRate, channels.length, channels[0]!.length]).toEqual([
        golden.rate,
        golden.channels,
        golden.frames,
      ]);
      expect(warnings).toEqual([]);
      const bytes = Buffer.from(golden.samples!, 'base64');
      const stride = golden.stride!;
      let [worst, power] = [0, 0];
      for (let i = 0; i * stride < golden.frames; i++) {
        for (const [c, channel] of channels.entries()) {
          const expected = bytes.readFloatLE(4 * (i * channels.length + c));
          worst = Math.max(worst, Math.abs(channel[i * stride]! - expected));
          power += expected * expected;
        }
      }
      expect(worst).toBeLessThan(NEAR);
      expect(power).toBeGreaterThan(10);
    },
  );

  it('has the same bits here as everywhere', async () => {
    const hashes = await Promise.all(
      mp3.map(async (golden) => {
        const { channels } = await decodeCompressed(bytesOf(golden), nameOf(golden));
        return createHash('sha256')
          .update(new Uint8Array(interleave(channels).buffer))
          .digest('hex')
          .slice(0, 16);
      }),
    );
    expect(hashes).toEqual(BITS);
  });
});

/** Of mpg123-decoder 1.0.3: WebAssembly without relaxed instructions. */
const BITS = ['4a4e8a75ff2aa970', '92a48efe9c373162', 'b545e471809cc310'];

describe('damaged MP3', () => {
  const [golden] = mp3;
  const whole = bytesOf(golden!);
  const { frames } = readMp3(whole, 0, 'a.mp3');

  it('is found frame by frame', () => {
    expect(frames[0]![0]).toBe(0);
    for (const [i, [start]] of frames.slice(1).entries()) expect(start).toBe(frames[i]![1]);
    expect(frames.at(-1)![1]).toBe(whole.length);
  });

  it('whose end is missing is read as far as it goes, with a warning', async () => {
    const { channels, warnings } = await decodeCompressed(whole.subarray(0, frames[4]![0] + 30), 'a.mp3');
    expect(channels[0]!.length).toBeGreaterThan(0);
    expect(channels[0]!.length).toBeLessThan(golden!.frames);
    expect(warnings).toEqual([
      expect.stringMatching(/the last frame is cut short after 30 bytes/),
      expect.stringMatching(new RegExp(`^3 of ${frames.length - 1} frames are there`)),
    ]);
  });

  it('with something between two frames is read, with a warning', async () => {
    const at = frames[3]![0];
    const between = Buffer.concat([whole.subarray(0, at), Buffer.alloc(77, 0xaa), whole.subarray(at)]);
    const { channels, warnings } = await decodeCompressed(between, 'a.mp3');
    expect(channels[0]!.length).toBe(golden!.frames);
    expect(warnings).toEqual(['77 bytes that belong to no frame are skipped, in 1 place']);
  });

  it('behind something else is read, with a warning, if its name says so', async () => {
    const behind = Buffer.concat([Buffer.alloc(55, 0x20), whole]);
    const { channels, warnings } = await decodeCompressed(behind, 'a.mp3');
    expect(channels[0]!.length).toBe(golden!.frames);
    expect(warnings).toEqual([expect.stringMatching(/55 bytes before the first frame are skipped/)]);
    expect((await failure(behind, 'a.wav')).code).toBe('audio/unsupported');
  });

  it('with tags before and behind is read without a warning', async () => {
    const tag = Uint8Array.from([...Buffer.from('ID3'), 3, 0, 0, 0, 0, 0, 20, ...new Array(20).fill(255)]);
    const after = Buffer.concat([Buffer.from('TAG'), Buffer.alloc(125, 0x20)]);
    const { channels, warnings } = await decodeCompressed(Buffer.concat([tag, whole, after]), 'a.mp3');
    expect([channels[0]!.length, warnings]).toEqual([golden!.frames, []]);
  });

  it('that is mostly something else is refused', async () => {
    const bytes = whole.slice();
    bytes.fill(0x11, frames[1]![0], frames.at(-2)![0]);
    expect((await failure(bytes, 'a.mp3')).code).toBe('audio/damaged');
  });

  it.each([
    ['nothing but a tag', Uint8Array.from([...Buffer.from('ID3'), 3, 0, 0, 0, 0, 0, 0])],
    [
      'a tag that is longer than the file',
      Uint8Array.from([...Buffer.from('ID3'), 3, 0, 0, 127, 127, 127, 127, 1, 2]),
    ],
    ['noise', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 251)],
    ['the frame that holds no sound', whole.subarray(0, frames[0]![1])],
  ])('of %s is refused', async (_, bytes) => {
    expect((await failure(bytes, 'a.mp3')).code).toBe('audio/empty');
  });
});
