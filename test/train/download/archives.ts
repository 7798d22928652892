import { deflateRawSync } from 'node:zlib';

/** An entry of a made-up archive; what is not said is as in an ordinary one. */
export interface Entry {
  readonly path: string;
  readonly content?: Uint8Array;
  /** Kind in a tar header, such as `2` for a symbolic link. */
  readonly type?: string;
  /** What the header says, whatever the content has. */
  readonly size?: number;
  readonly link?: string;
  /** Unix mode with its kind, in a zip. */
  readonly mode?: number;
  readonly flags?: number;
  readonly method?: number;
  readonly crc?: number;
}

const NOTHING = new Uint8Array(0);

/** A ustar archive; long paths go into a pax header or, with `gnu`, into GNU's. */
export function tarOf(entries: readonly Entry[], { gnu = false, end = true } = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const { path, content = NOTHING, type = '0', size = content.length, link = '' } of entries) {
    const long = new TextEncoder().encode(path);
    if (long.length > 100) {
      const extra = gnu ? new Uint8Array([...long, 0]) : paxRecord('path', path);
      parts.push(tarHeader('././@LongLink', gnu ? 'L' : 'x', extra.length, ''), padded(extra));
    }
    parts.push(tarHeader(path.slice(0, 100), type, size, link), padded(content));
  }
  if (end) parts.push(new Uint8Array(1024));
  return concat(parts);
}

export function paxRecord(key: string, value: string): Uint8Array {
  const rest = new TextEncoder().encode(` ${key}=${value}\n`);
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return concat([new TextEncoder().encode(String(length)), rest]);
}

export function tarHeader(path: string, type: string, size: number, link: string): Uint8Array {
  const header = new Uint8Array(512);
  const put = (at: number, value: string) => header.set(new TextEncoder().encode(value), at);
  put(0, path);
  put(100, '0000644\0');
  put(124, `${size.toString(8).padStart(11, '0')}\0`);
  put(136, '00000000000\0');
  put(148, '        ');
  put(156, type);
  put(157, link);
  put(257, 'ustar\x0000');
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

function padded(content: Uint8Array): Uint8Array {
  const block = new Uint8Array(Math.ceil(content.length / 512) * 512);
  block.set(content);
  return block;
}

/** A zip archive, deflated; with `wide` its sizes and places are in zip64 fields. */
export function zipOf(entries: readonly Entry[], { wide = false, note = '' } = {}): Uint8Array {
  const parts: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  const add = (part: Uint8Array) => {
    parts.push(part);
    at += part.length;
  };
  for (const entry of entries) {
    const { path, content = NOTHING, mode = 0o100644, flags = 0x800, method = 8 } = entry;
    const { size = content.length, crc = crc32(content) } = entry;
    const name = new TextEncoder().encode(path);
    const packed = method === 8 ? deflateRawSync(content) : content;
    const local = at;
    add(
      fields(
        [4, 0x04034b50],
        [2, 20],
        [2, flags],
        [2, method],
        [4, 0],
        [4, crc],
        [4, packed.length],
        [4, size],
        [2, name.length],
        [2, 0],
      ),
    );
    add(name);
    add(packed);
    const extra = wide
      ? fields([2, 9], [2, 1], [1, 0], [2, 1], [2, 24], [8, size], [8, packed.length], [8, local])
      : NOTHING;
    const small = (value: number): [number, number] => [4, wide ? 0xffffffff : value];
    central.push(
      fields(
        [4, 0x02014b50],
        [1, 20],
        [1, 3],
        [2, 20],
        [2, flags],
        [2, method],
        [4, 0],
        [4, crc],
        small(packed.length),
        small(size),
        [2, name.length],
        [2, extra.length],
        [2, 0],
        [2, 0],
        [2, 0],
        [4, mode * 65536],
        small(local),
      ),
      name,
      extra,
    );
  }
  const directory = concat(central);
  const start = at;
  add(directory);
  if (wide) {
    const end64 = at;
    add(
      fields(
        [4, 0x06064b50],
        [8, 44],
        [2, 45],
        [2, 45],
        [4, 0],
        [4, 0],
        [8, entries.length],
        [8, entries.length],
        [8, directory.length],
        [8, start],
      ),
    );
    add(fields([4, 0x07064b50], [4, 0], [8, end64], [4, 1]));
  }
  const count: [number, number] = [2, wide ? 0xffff : entries.length];
  add(
    fields(
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      count,
      count,
      [4, wide ? 0xffffffff : directory.length],
      [4, wide ? 0xffffffff : start],
      [2, note.length],
    ),
  );
  add(new TextEncoder().encode(note));
  return concat(parts);
}

/** Little-endian numbers: [bytes, value]. */
function fields(...numbers: [bytes: number, value: number][]): Uint8Array {
  const out: number[] = [];
  for (const [bytes, value] of numbers)
    for (let i = 0, rest = value; i < bytes; i++, rest = Math.floor(rest / 256)) out.push(rest % 256);
  return Uint8Array.from(out);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** CRC-32 (IEEE 802.3), bit by bit. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (0xedb88320 & -(crc & 1));
  }
  return (crc ^ 0xffffffff) >>> 0;
}
