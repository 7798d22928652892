import { DataError } from '../../base/errors.ts';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import type { HashList } from './list.ts';
import type { Target } from './target.ts';

/** What is to be brought: path → SHA-256, or null where no list says what it should be. */
export type Wanted = ReadonlyMap<string, string | null>;

/** A file that did not come, and why. */
export interface Missing {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** What a source tells while it brings files. */
export interface Delivery {
  readonly target: Target;
  readonly signal: AbortSignal;
  readonly parallel: number;
  /** Ends what goes on beside a failure that ends everything. */
  stop(): void;
  /** Bytes that came over the network or off the disk. */
  onBytes(bytes: number): void;
  /** A file has its name, after its hash was found right (or where there is none). */
  onPlaced(path: string, bytes: number, sha256: string): void;
  onMissing(missing: Missing): void;
}

/** Where files come from: a server, a folder or an archive. */
export interface Source {
  readonly kind: 'http' | 'folder' | 'zip' | 'tar';
  /** As given, without a password. */
  readonly address: string;
  /** Path → bytes of all files there; null where only the list tells. */
  readonly files: ReadonlyMap<string, number> | null;
  /**
   * The publisher's list as the source has it; null where it has none.
   * @throws DataError `list/…`, `download/…`, `file/…`
   */
  readList(): Promise<HashList | null>;
  /**
   * Brings each wanted file or says why not. Throws only what ends everything: a full disk, an archive that
   * cannot be read on, Interruption.
   */
  deliver(wanted: Wanted, delivery: Delivery): Promise<void>;
  close(): void;
}

/** Runs `work` over all items, `parallel` at a time, in order; the first error stops the rest and is thrown. */
export async function inParallel<T>(
  items: Iterable<T>,
  manner: { readonly parallel: number; stop(): void },
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let failed = false;
  const worker = async () => {
    while (!failed) {
      const next = queue.next();
      if (next.done) return;
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        manner.stop();
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: manner.parallel }, worker));
  const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason] : []));
  // What broke first may have made others see an interruption; it is the thing to report.
  if (errors.length > 0) throw errors.find((error) => !(error instanceof Interruption)) ?? errors[0];
}

/** Takes in a file that comes in one go: writes it beside its place, reads it back, and settles it. */
export async function takeIn(
  path: string,
  sha256: string | null,
  pieces: AsyncIterable<Uint8Array>,
  { target, signal, onBytes, onPlaced, onMissing }: Delivery,
): Promise<void> {
  const writer = await target.openPartial(path, false);
  try {
    for await (const piece of pieces) {
      if (signal.aborted) throw new Interruption();
      await writer.write(piece);
      onBytes(piece.length);
    }
  } catch (error) {
    await writer.close().catch(() => {});
    await target.discardPartial(path);
    throw error;
  }
  await writer.close();
  const settled = await target.settle(path, sha256);
  if (settled.right) onPlaced(path, settled.bytes, settled.sha256);
  else onMissing({ path, code: 'download/wrong-hash', message: wrongHash(path, settled.sha256, sha256!) });
}

export function wrongHash(path: string, found: string, listed: string): string {
  return printable(`${path}: SHA-256 ${found.slice(0, 12)}… where the list has ${listed.slice(0, 12)}…`);
}

/** What an archive or a folder does not have although the list names it. */
export function notThere(path: string): Missing {
  return { path, code: 'download/not-there', message: printable(`${path}: not in the source`) };
}

/**
 * What stands before the root of the data set in a folder or an archive, such as
 * `physionet.org/files/challenge-2016/1.0.0/`: the shortest prefix below which its landmark lies.
 * @throws DataError `download/not-the-set`, `download/ambiguous`
 */
export function rootPrefix(names: Iterable<string>, landmark: RegExp, where: string, what: string): string {
  const prefixes = new Set<string>();
  for (const name of names) {
    for (let at = 0; at >= 0; ) {
      if (landmark.test(name.slice(at))) prefixes.add(name.slice(0, at));
      const next = name.indexOf('/', at);
      at = next < 0 ? -1 : next + 1;
    }
  }
  const depth = (prefix: string) => prefix.split('/').length;
  const least = Math.min(...[...prefixes].map(depth));
  const roots = [...prefixes].filter((prefix) => depth(prefix) === least);
  if (roots.length === 1) return roots[0]!;
  if (roots.length === 0) {
    const message = `${where}: nothing in it is laid out as ${what}`;
    throw new DataError('download/not-the-set', printable(message), 'Is it another data set?');
  }
  const message = `${where}: ${what} is in it more than once: ${roots.sort().join(', ')}`;
  throw new DataError('download/ambiguous', printable(message), 'Give the folder that you mean');
}
