/** Reading WAV files into float32 channels, and writing 16-bit ones. */
import { UsageError } from '../base/errors.ts';
import { chooseCodec, decodeFrames, type WavEncoding } from './wav-codecs.ts';
import { wavError } from './wav-error.ts';
import { readLayout } from './wav-header.ts';

export type { WavEncoding } from './wav-codecs.ts';

export interface ReadWavOptions {
  /** What errors call the file; default `WAV`. */
  name?: string;
  /** A file that ends before its data chunk does: an error (default), or what is there with a warning. */
  truncated?: 'error' | 'accept';
}

export interface Wav {
  /** Hz */
  sampleRate: number;
  /** One array a channel, each `frames` long, in [−1, 1) for integer codecs. */
  channels: Float32Array[];
  frames: number;
  encoding: WavEncoding;
  /** Bits of a sample that carry sound (8 for A-law and µ-law). */
  bitsPerSample: number;
  /** What is odd about the file but did not prevent reading it. */
  warnings: string[];
}

/**
 * Reads a WAV file: PCM of 1 to 64 bits, float of 32 and 64 bits, A-law, µ-law; RIFF, RIFX, RF64 and BW64;
 * plain and extensible headers; chunks in any order.
 * @throws DataError `wav/not-a-wav`, `wav/no-fmt`, `wav/no-data`, `wav/bad-fmt`, `wav/zero-channels`,
 *   `wav/zero-rate`, `wav/unsupported-codec`, `wav/truncated`, `wav/no-samples`; each names file and offset.
 */
export function readWav(bytes: Uint8Array, options: ReadWavOptions = {}): Wav {
  const name = options.name ?? 'WAV';
  const layout = readLayout(bytes, name);
  const { channels: count, sampleRate, bits, bytesPerSample } = layout.format;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const codec = chooseCodec(view, layout, name);
  const warnings = layout.warnings;

  const frameBytes = bytesPerSample * count;
  const frames = Math.floor(layout.dataBytes / frameBytes);
  const claimed = Math.floor(layout.claimedBytes / frameBytes);
  if (layout.claimedBytes > layout.dataBytes) {
    const what = `truncated: it claims ${claimed} samples per channel, ${frames} are there`;
    if (options.truncated !== 'accept') {
      throw wavError('truncated', name, bytes.length, what, 'Copy the file again, or allow truncated files');
    }
    warnings.push(what);
  }
  if (frames === 0) throw wavError('no-samples', name, layout.dataOffset, 'it holds no samples');
  const rest = layout.dataBytes - frames * frameBytes;
  if (rest > 0) warnings.push(`${rest} bytes after the last whole frame are ignored`);

  const channels = Array.from({ length: count }, () => new Float32Array(frames));
  decodeFrames(view, layout.dataOffset, frames, bytesPerSample, codec.read, channels);
  return { sampleRate, channels, frames, encoding: codec.encoding, bitsPerSample: bits, warnings };
}

/**
 * A mono 16-bit PCM file. Samples are clipped to [−1, 1) and rounded to the nearest step of 1/32768.
 * @throws UsageError `wav/bad-rate` for a rate that the header cannot hold
 */
export function writeWav16(samples: Float32Array, sampleRate: number): Uint8Array {
  if (!Number.isInteger(sampleRate) || sampleRate < 1 || sampleRate > 0xffffffff) {
    throw new UsageError('wav/bad-rate', `writeWav16: sample rate ${sampleRate} is not a positive integer`);
  }
  const bytes = new Uint8Array(44 + samples.length * 2);
  const view = new DataView(bytes.buffer);
  const letters = (at: number, text: string) => {
    for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  };
  letters(0, 'RIFF');
  view.setUint32(4, bytes.length - 8, true);
  letters(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, sampleRate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  letters(36, 'data');
  view.setUint32(40, samples.length * 2, true);
  for (let i = 0; i < samples.length; i++) {
    const step = Math.round(samples[i]! * 32768);
    view.setInt16(44 + i * 2, Math.min(32767, Math.max(-32768, step)), true);
  }
  return bytes;
}
