import { DataError } from '../../base/errors.ts';
import { printable } from '../recording.ts';

/** A file in a tar archive. The body must be read before the next entry; what is left of it is skipped. */
export interface TarEntry {
  readonly path: string;
  readonly bytes: number;
  readonly body: AsyncIterable<Uint8Array>;
}

const BLOCK = 512;
/** Long names and extended headers larger than this are none. */
const MOST_HEADER_BYTES = 1 << 20;

/**
 * The files of a tar stream in order: ustar (POSIX.1-1988), pax (POSIX.1-2001) and GNU long names. Links, devices
 * and sparse files are refused.
 * @throws DataError `archive/truncated`, `archive/corrupt`, `archive/link`, `archive/unsupported`
 */
export async function* readTar(stream: AsyncIterable<Uint8Array>, where: string): AsyncGenerator<TarEntry> {
  const bytes = new ByteReader(stream, where);
  let longName: string | undefined;
  let extended = new Map<string, string>();
  for (;;) {
    const at = bytes.offset;
    const header = await bytes.take(BLOCK);
    if (header.every((byte) => byte === 0)) return;
    const fail = (code: string, text: string) =>
      new DataError(`archive/${code}`, printable(`${where}: at byte ${at}: ${text}`));
    if (!checksumFits(header)) throw fail('corrupt', 'not a tar header, or a damaged one');
    const type = String.fromCharCode(header[156]!);
    const size = Number(extended.get('size') ?? numberField(header, 124, 12));
    if (!Number.isSafeInteger(size) || size < 0) throw fail('corrupt', 'the size of an entry is no number');
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > MOST_HEADER_BYTES) throw fail('corrupt', `an extended header of ${size} bytes`);
      const content = await bytes.take(size);
      await bytes.skip(padding);
      if (type === 'x') extended = paxRecords(content, fail);
      else if (type === 'L') longName = text(content, 0, content.length);
      continue;
    }
    const path = extended.get('path') ?? longName ?? ustarPath(header);
    const sparse = [...extended.keys()].some((key) => key.startsWith('GNU.sparse'));
    longName = undefined;
    extended = new Map();
    if (type === '1' || type === '2') throw fail('link', `${path} is a link; links are refused`);
    // Before there was a kind for folders they were files whose name ends with a slash.
    if (type === '5' || path.endsWith('/')) {
      await bytes.skip(size + padding);
      continue;
    }
    if (!['0', '\0', '7'].includes(type) || sparse)
      throw fail('unsupported', `${path} is of a kind (${JSON.stringify(type)}) that is refused`);
    const end = bytes.offset + size;
    yield { path, bytes: size, body: bytes.until(end) };
    await bytes.skip(end - bytes.offset + padding);
  }
}

/** Sum of all bytes with the checksum's own as spaces. */
function checksumFits(header: Uint8Array): boolean {
  let sum = 8 * 0x20;
  for (let i = 0; i < BLOCK; i++) if (i < 148 || i >= 156) sum += header[i]!;
  return sum === numberField(header, 148, 8);
}

/** Octal digits or, with the first bit set (GNU), base 256. NaN for anything else. */
function numberField(header: Uint8Array, at: number, length: number): number {
  const field = header.subarray(at, at + length);
  if ((field[0]! & 0x80) !== 0) {
    let value = field[0]! & 0x7f;
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    return value;
  }
  const digits = text(header, at, length).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN;
}

function ustarPath(header: Uint8Array): string {
  const name = text(header, 0, 100);
  const prefix = text(header, 257, 6) === 'ustar' ? text(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** Up to the first NUL, as UTF-8. */
function text(bytes: Uint8Array, at: number, length: number): string {
  const field = bytes.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

/** Records `<length> <key>=<value>\n`. */
function paxRecords(
  content: Uint8Array,
  fail: (code: string, text: string) => DataError,
): Map<string, string> {
  const records = new Map<string, string>();
  const decoder = new TextDecoder();
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(0x20, at);
    const length = space < 0 ? 0 : Number(decoder.decode(content.subarray(at, space)));
    const end = at + length;
    if (!Number.isInteger(length) || end > content.length || end <= space)
      throw fail('corrupt', 'a damaged extended header');
    const record = decoder.decode(content.subarray(space + 1, end - 1));
    const equals = record.indexOf('=');
    if (equals < 0) throw fail('corrupt', 'a damaged extended header');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

/** Bytes of a stream in the portions that the format has. */
class ByteReader {
  /** Bytes taken so far. */
  offset = 0;
  private readonly pieces: AsyncIterator<Uint8Array>;
  private readonly where: string;
  private rest: Uint8Array = new Uint8Array(0);

  constructor(stream: AsyncIterable<Uint8Array>, where: string) {
    this.pieces = stream[Symbol.asyncIterator]();
    this.where = where;
  }

  async take(count: number): Promise<Uint8Array> {
    const taken = new Uint8Array(count);
    for (let filled = 0; filled < count; ) {
      const piece = await this.some(count - filled);
      taken.set(piece, filled);
      filled += piece.length;
    }
    return taken;
  }

  async skip(count: number): Promise<void> {
    for (let left = count; left > 0; ) left -= (await this.some(left)).length;
  }

  async *until(end: number): AsyncGenerator<Uint8Array> {
    while (this.offset < end) yield await this.some(end - this.offset);
  }

  /** At least one byte and at most `most`. */
  private async some(most: number): Promise<Uint8Array> {
    while (this.rest.length === 0) {
      const next = await this.pieces.next();
      if (next.done) {
        const message = `${this.where}: ends at byte ${this.offset}, in the middle of the archive`;
        throw new DataError('archive/truncated', printable(message), 'It is cut off; fetch it again');
      }
      this.rest = next.value;
    }
    const piece = this.rest.subarray(0, most);
    this.rest = this.rest.subarray(piece.length);
    this.offset += piece.length;
    return piece;
  }
}
