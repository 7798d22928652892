/** What a file with sound is, told by its first bytes and not by its name. */
import { headerAt } from './mp3.ts';
import { tagLength } from './tags.ts';

/** `FLAC` and `MP3` can be decoded; `WAV` is read elsewhere; the others are known by name only. */
export type SoundKind = 'WAV' | 'FLAC' | 'MP3' | 'Ogg' | 'AAC' | 'MPEG layer I or II' | 'MP4' | string;

const SIGNATURES: readonly (readonly [offset: number, text: string, kind: SoundKind])[] = [
  [0, 'RIFF', 'WAV'],
  [0, 'RIFX', 'WAV'],
  [0, 'RF64', 'WAV'],
  [0, 'BW64', 'WAV'],
  [0, 'fLaC', 'FLAC'],
  [0, 'OggS', 'Ogg'],
  [4, 'ftyp', 'MP4'],
  [0, 'ADIF', 'AAC'],
  [0, 'FORM', 'AIFF'],
  [0, 'wvpk', 'WavPack'],
  [0, 'MAC ', "Monkey's Audio"],
  [0, '#!AMR', 'AMR'],
  [0, 'caff', 'CAF'],
  [0, '.snd', 'AU'],
  [0, '\x30\x26\xb2\x75\x8e\x66\xcf\x11', 'Windows Media'],
  [0, '\x1a\x45\xdf\xa3', 'Matroska or WebM'],
];

/**
 * The kind of a file from its beginning, null where it is none that is known. The first few bytes tell all but what
 * stands behind an ID3v2 tag, which is taken for MP3 where it reaches beyond what is given.
 */
export function soundKind(bytes: Uint8Array): SoundKind | null {
  const tag = tagLength(bytes);
  if (tag > 0) return tag + 4 <= bytes.length ? (soundKind(bytes.subarray(tag)) ?? 'MP3') : 'MP3';
  const text = String.fromCharCode(...bytes.subarray(0, 16));
  const found = SIGNATURES.find(([offset, signature]) => text.startsWith(signature, offset));
  if (found) return found[2];
  if (bytes[0] !== 0xff || bytes.length < 4) return null;
  if (headerAt(bytes, 0)) return 'MP3';
  // ADTS, the common form of AAC, has a sync word of its own and layer 0; layers I and II have MP3's.
  if ((bytes[1]! & 0xf6) === 0xf0) return 'AAC';
  return bytes[1]! >= 0xe0 && (bytes[1]! & 0x06) >= 0x04 ? 'MPEG layer I or II' : null;
}

/** What is odd about the name of a file of this kind; null for nothing. */
export function misnamed(kind: SoundKind, path: string): string | null {
  const ending = endingOf(path);
  return ending === `.${kind.toLowerCase()}`
    ? null
    : `it is ${kind} by its bytes, not ${ending || 'its name'}`;
}

/** `.mp3` of `A.MP3`; empty where there is none. */
export function endingOf(path: string): string {
  return /\.[^./\\]*$/.exec(path)?.[0].toLowerCase() ?? '';
}
