import { DataError, UsageError } from '../../base/errors.ts';
import { Interruption } from '../interruption.ts';
import { fetchFile, retrying } from './fetch.ts';
import { FetchFailure, HttpClient, type HttpPolicy, shown } from './http.ts';
import { type HashList, parseHashList } from './list.ts';
import { OWN_FILES } from './paths.ts';
import { type Delivery, inParallel, type Source, type Wanted } from './source.ts';

/** A list larger than this is none. */
const MOST_LIST_BYTES = 1 << 26;

/** So many files in a row that did not come for want of a server: there is none any more. */
const LOST_FILES = 12;

/** Files below an address, each fetched on its own. */
export class HttpSource implements Source {
  readonly kind = 'http';
  readonly address: string;
  readonly files = null;
  private readonly base: URL;
  private readonly client: HttpClient;

  /** @throws UsageError `usage/from` */
  constructor(address: string, policy: HttpPolicy, signal: AbortSignal) {
    this.base = baseOf(address);
    this.address = shown(this.base);
    this.client = new HttpClient(policy, signal);
  }

  async readList(): Promise<HashList> {
    const url = new URL(OWN_FILES.list, this.base);
    return fetchList(url, this.client);
  }

  async deliver(wanted: Wanted, delivery: Delivery): Promise<void> {
    const { target, onBytes, onPlaced, onMissing } = delivery;
    let lost = 0;
    await inParallel(wanted, delivery, async ([path, sha256]) => {
      if (delivery.signal.aborted) throw new Interruption();
      if (lost >= LOST_FILES) {
        const message = `${path}: not tried, because ${LOST_FILES} files in a row did not come`;
        return onMissing({ path, code: 'download/not-tried', message });
      }
      try {
        const job = { url: this.urlOf(path), path, sha256: sha256! };
        const bytes = await fetchFile(job, target, this.client, onBytes);
        lost = 0;
        onPlaced(path, bytes, sha256!);
      } catch (error) {
        if (!(error instanceof FetchFailure)) throw error;
        if (error.unreachable) lost++;
        onMissing({ path, code: error.code, message: error.message });
      }
    });
  }

  close(): void {
    this.client.close();
  }

  private urlOf(path: string): URL {
    return new URL(path.split('/').map(encodeURIComponent).join('/'), this.base);
  }
}

/** Fetches a list that lies at an address of its own. @throws FetchFailure · DataError `list/…` · Interruption */
export async function readListAt(
  address: string,
  policy: HttpPolicy,
  signal: AbortSignal,
): Promise<HashList> {
  const client = new HttpClient(policy, signal);
  try {
    return await fetchList(new URL(address), client);
  } finally {
    client.close();
  }
}

async function fetchList(url: URL, client: HttpClient): Promise<HashList> {
  const bytes = await retrying(client, async () => {
    const answer = await client.get(url);
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of client.body(answer, url)) {
      size += piece.length;
      if (size > MOST_LIST_BYTES)
        throw new DataError('list/too-large', `${shown(url)}: too large for a list`);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  });
  return parseHashList(bytes, shown(url));
}

function baseOf(address: string): URL {
  let url: URL;
  try {
    url = new URL(address.endsWith('/') ? address : `${address}/`);
  } catch (cause) {
    throw new UsageError('usage/from', `${address} is no address`, undefined, { cause });
  }
  if (url.search !== '' || url.hash !== '') {
    const message = `${shown(url)}: an address with ? or # cannot have files below it`;
    throw new UsageError('usage/from', message, 'Give the address of the folder that SHA256SUMS.txt lies in');
  }
  return url;
}
