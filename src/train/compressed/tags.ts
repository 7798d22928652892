/** Tags before and behind the sound, which are no part of it. */

const BEHIND = ['TAG', 'APETAGEX', 'LYRICSBEGIN', 'ID3'];

/** Bytes of an ID3v2 tag at the beginning, 0 where there is none. Its size is written with 7 bits a byte. */
export function tagLength(bytes: Uint8Array): number {
  const isTag = bytes.length >= 10 && bytes[0] === 0x49 && bytes[1] === 0x44 && bytes[2] === 0x33;
  const size = bytes.subarray(6, 10);
  if (!isTag || size.some((byte) => byte > 127)) return 0;
  const footer = bytes[5]! & 0x10 ? 10 : 0;
  return 10 + size[0]! * 2 ** 21 + size[1]! * 2 ** 14 + size[2]! * 2 ** 7 + size[3]! + footer;
}

/** Whether a tag begins at `at`, or nothing but zeros is left. */
export function isTag(bytes: Uint8Array, at: number): boolean {
  const text = String.fromCharCode(...bytes.subarray(at, at + 11));
  return BEHIND.some((tag) => text.startsWith(tag)) || bytes.subarray(at).every((byte) => byte === 0);
}
