import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { DataError } from '../../src/base/errors.ts';
import { decodeCompressed } from '../../src/train/compressed.ts';

export interface Golden {
  readonly name: string;
  readonly kind: 'FLAC' | 'MP3';
  readonly rate: number;
  readonly channels: number;
  readonly frames: number;
  readonly sha256?: string;
  readonly stride?: number;
  readonly samples?: string;
  readonly file: string;
}

export const path = new URL('../golden/dsp/compressed.json', import.meta.url);
export const goldens = (JSON.parse(readFileSync(path, 'utf8')) as { files: Golden[] }).files;
export const bytesOf = ({ file }: Golden) => Uint8Array.from(Buffer.from(file, 'base64'));
export const nameOf = ({ kind }: Golden) => `a.${kind.toLowerCase()}`;
export const flac = goldens.filter(({ kind }) => kind === 'FLAC');
export const mp3 = goldens.filter(({ kind }) => kind === 'MP3');
export const manyFrames = bytesOf(flac.find(({ name }) => name === '16 bits, many frames')!);

export function interleave(channels: readonly Float32Array[]): Float32Array {
  const count = channels.length;
  return Float32Array.from(
    { length: count * channels[0]!.length },
    (_, i) => channels[i % count]![Math.floor(i / count)]!,
  );
}

export async function failure(bytes: Uint8Array, name = 'a.flac'): Promise<DataError> {
  const error = await decodeCompressed(bytes, name).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(DataError);
  const { code, message } = error as DataError;
  expect(code).toMatch(/^audio\//);
  expect(message).toContain(name);
  return error as DataError;
}

/** Whole numbers that look like sound, of 16 bits. */
export function sound(length: number, seed = 1): number[] {
  return Array.from({ length }, (_, i) => ((i * i * seed * 7919) % 20000) - 10000);
}
