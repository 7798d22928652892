/** Writing WAV files. */
import { UsageError } from '../../base/errors.ts';

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
