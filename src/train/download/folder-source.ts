import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { DataError, type EngineError } from '../../base/errors.ts';
import { fileError, listFolder, readBytes, realPath } from '../files.ts';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import { type HashList, parseHashList } from './list.ts';
import { dangerOf, OWN_FILES } from './paths.ts';
import type { PublishedSet } from './published.ts';
import {
  type Delivery,
  inParallel,
  notThere,
  rootPrefix,
  type Source,
  takeIn,
  type Wanted,
} from './source.ts';

const MOST_FILES = 200_000;

/** A copy of the data set in a folder, or in one below it. */
export class FolderSource implements Source {
  readonly kind = 'folder';
  readonly address: string;
  readonly files: ReadonlyMap<string, number>;
  private readonly root: string;

  /** @throws DataError `file/…`, `download/not-the-set`, `download/ambiguous` */
  constructor(path: string, published: PublishedSet) {
    const names = filesBelow(path);
    const prefix = rootPrefix(names.keys(), published.landmark, path, published.name);
    this.root = join(path, prefix);
    this.address = this.root;
    const inside = [...names].filter(([name]) => name.startsWith(prefix));
    this.files = new Map(inside.map(([name, bytes]) => [name.slice(prefix.length), bytes]));
  }

  async readList(): Promise<HashList | null> {
    if (!this.files.has(OWN_FILES.list)) return null;
    const path = join(this.root, OWN_FILES.list);
    return parseHashList(readBytes(path), path);
  }

  async deliver(wanted: Wanted, delivery: Delivery): Promise<void> {
    await inParallel(wanted, delivery, async ([path, sha256]) => {
      if (delivery.signal.aborted) throw new Interruption();
      if (!this.files.has(path)) return delivery.onMissing(notThere(path));
      try {
        await takeIn(path, sha256, read(join(this.root, path)), delivery);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        delivery.onMissing({ path, code: error.code, message: error.message });
      }
    });
  }

  close(): void {}
}

/** A file of the source that cannot be read: the others may still be. */
class Unreadable extends DataError {
  constructor(error: EngineError) {
    super(error.code, error.message, undefined, { cause: error });
  }
}

async function* read(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    throw new Unreadable(fileError('read', path, cause));
  }
}

/** Path → bytes of all files in a folder and below, in code-unit order; hidden ones and devices left out. */
function filesBelow(root: string): Map<string, number> {
  const found = new Map<string, number>();
  const visited = new Set<string>();
  const walk = (folder: string) => {
    const real = realPath(join(root, folder));
    if (visited.has(real)) return;
    visited.add(real);
    const { files, folders } = listFolder(join(root, folder));
    for (const name of files) {
      const stat = statSync(join(root, folder, name), { throwIfNoEntry: false });
      if (stat?.isFile() && dangerOf(folder + name) === null) found.set(folder + name, stat.size);
    }
    if (found.size > MOST_FILES) {
      const message = printable(`${root}: more than ${MOST_FILES} files`);
      throw new DataError('download/too-many', message, 'Give the folder of the data set itself');
    }
    for (const name of folders) walk(`${folder}${name}/`);
  };
  walk('');
  return found;
}
