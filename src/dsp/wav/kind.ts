/** Names what a file that is not a WAV seems to be, from its first twelve bytes. */
export function guessKind(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'the file is empty';
  const text = String.fromCharCode(...bytes);
  if (text.startsWith('fLaC')) return 'this looks like FLAC';
  if (text.startsWith('OggS')) return 'this looks like Ogg';
  if (text.startsWith('FORM')) return 'this looks like AIFF';
  if (text.startsWith('riff')) return 'this looks like Wave64';
  if (text.startsWith('ID3') || (bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0))
    return 'this looks like MP3';
  if (text.startsWith('PK')) return 'this looks like a ZIP archive';
  if (text.slice(4, 8) === 'ftyp') return 'this looks like MP4';
  if (bytes.length < 12) return `only ${bytes.length} bytes are there`;
  return 'it starts with neither RIFF, RIFX nor RF64';
}
