/** Every codec against what libsndfile and SciPy decode: `bench/peers/wav_goldens.py` makes the files and the hashes. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource, readWav } from '../../src/dsp/wav.ts';
import { hashOf, interleaved, readAll } from './wav-files.ts';

interface Golden {
  name: string;
  rate: number;
  channels: number;
  frames: number;
  encoding: string;
  bits: number;
  sha256: string;
  first: number[];
  file: string;
}

const { files } = JSON.parse(readFileSync(new URL('../golden/dsp/wav.json', import.meta.url), 'utf8')) as {
  files: Golden[];
};

describe('files by libsndfile and for SciPy', () => {
  it.each(files.map((file) => [file.name, file] as const))('%s', async (_, golden) => {
    const bytes = new Uint8Array(Buffer.from(golden.file, 'base64'));
    const wav = readWav(bytes);
    const { rate, frames, encoding, bits } = golden;
    expect(wav).toMatchObject({ sampleRate: rate, frames, encoding, bitsPerSample: bits });
    expect(wav.channels.length).toBe(golden.channels);
    expect([...interleaved(wav.channels).subarray(0, 6)]).toEqual(golden.first);
    expect(hashOf([wav.channels])).toBe(golden.sha256);

    const { info, blocks } = await readAll(bytesSource(bytes));
    expect(info).toMatchObject({ sampleRate: rate, frames, encoding, bitsPerSample: bits });
    expect(blocks.length).toBe(1);
    expect(hashOf(blocks)).toBe(golden.sha256);
  });

  it('holds every codec and container', () => {
    const text = files.map((file) => file.name).join();
    for (const word of ['IMA_ADPCM', 'MS_ADPCM', 'ALAW', 'ULAW', 'DOUBLE', 'WAVEX', 'RF64', 'BIG'])
      expect(text).toContain(word);
    expect(files.length).toBeGreaterThan(70);
  });
});
