/** Writes FLAC files of any form, sound stored verbatim: what encoders do not write on demand (RFC 9639). */
import { createHash } from 'node:crypto';
import { crc8, crc16 } from '../../src/train/compressed/crc.ts';

export interface FlacOptions {
  readonly rate?: number;
  readonly bits?: number;
  readonly block?: number;
  /** Samples of a channel as STREAMINFO has it; default: as many as there are. */
  readonly total?: number;
  /** Default: of the samples. */
  readonly md5?: Uint8Array;
  /** Frames carry the number of their first sample and not their own. */
  readonly variable?: boolean;
  /** Rate and bits are in STREAMINFO and not in the frames. */
  readonly implicit?: boolean;
}

class Bits {
  readonly bytes: number[] = [];
  private free = 0;

  put(value: number, bits: number): void {
    for (let i = bits - 1; i >= 0; i--) {
      if (this.free === 0) {
        this.bytes.push(0);
        this.free = 8;
      }
      this.free--;
      const bit = Math.floor(value / 2 ** i) & 1;
      this.bytes[this.bytes.length - 1]! |= bit << this.free;
    }
  }

  align(): void {
    this.free = 0;
  }
}

const BITS_CODES: Record<number, number> = { 8: 1, 12: 2, 16: 4, 20: 5, 24: 6, 32: 7 };

/** @param channels integers of `bits` bits */
export function writeFlac(channels: readonly ArrayLike<number>[], options: FlacOptions = {}): Uint8Array {
  const { rate = 4000, bits = 16, block = 100 } = options;
  const length = channels[0]!.length;
  const frames: Uint8Array[] = [];
  for (let first = 0; first < length; first += block) {
    const parts = channels.map((channel) => Array.prototype.slice.call(channel, first, first + block));
    frames.push(flacFrame(parts, options.variable ? first : first / block, options));
  }
  const info = new Bits();
  info.put(block, 16);
  info.put(block, 16);
  info.put(0, 48);
  info.put(rate, 20);
  info.put(channels.length - 1, 3);
  info.put(bits - 1, 5);
  info.put(options.total ?? length, 36);
  const head = [0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, ...info.bytes];
  return Uint8Array.from(
    Buffer.concat([Uint8Array.from(head), options.md5 ?? md5Of(channels, bits), ...frames]),
  );
}

function flacFrame(
  channels: readonly (readonly number[])[],
  number: number,
  options: FlacOptions,
): Uint8Array {
  const { bits = 16 } = options;
  return frameOf(channels.length, channels[0]!.length, number, options, (frame) => {
    for (const samples of channels) {
      frame.put(0b00000010, 8);
      for (const sample of samples) frame.put(sample < 0 ? sample + 2 ** bits : sample, bits);
    }
  });
}

/** A frame of zeros, which takes a few bytes however long it is; of 16 bits at 4 kHz. */
export function silentFrame(number: number, channels: number, samples: number): Uint8Array {
  return frameOf(channels, samples, number, {}, (frame) => {
    for (let c = 0; c < channels; c++) frame.put(0, 24);
  });
}

/** One frame with its checksums. */
function frameOf(
  channels: number,
  samples: number,
  number: number,
  { rate = 4000, bits = 16, variable, implicit }: FlacOptions,
  body: (frame: Bits) => void,
): Uint8Array {
  const frame = new Bits();
  frame.put(0b11111111111110, 14);
  frame.put(0, 1);
  frame.put(variable ? 1 : 0, 1);
  frame.put(7, 4);
  frame.put(implicit ? 0 : 13, 4);
  frame.put(channels - 1, 4);
  frame.put(implicit ? 0 : BITS_CODES[bits]!, 3);
  frame.put(0, 1);
  for (const byte of Buffer.from(String.fromCodePoint(number))) frame.put(byte, 8);
  frame.put(samples - 1, 16);
  if (!implicit) frame.put(rate, 16);
  frame.put(crc8(Uint8Array.from(frame.bytes), 0, frame.bytes.length), 8);
  body(frame);
  frame.align();
  frame.put(crc16(Uint8Array.from(frame.bytes), 0, frame.bytes.length), 16);
  return Uint8Array.from(frame.bytes);
}

function md5Of(channels: readonly ArrayLike<number>[], bits: number): Uint8Array {
  const bytes: number[] = [];
  for (let i = 0; i < channels[0]!.length; i++) {
    for (const channel of channels) {
      for (let k = 0; k < Math.ceil(bits / 8); k++) bytes.push(Math.floor(channel[i]! / 2 ** (8 * k)) & 255);
    }
  }
  return createHash('md5').update(Uint8Array.from(bytes)).digest();
}
