import { setMaxListeners } from 'node:events';
import { statSync } from 'node:fs';
import { DataError, UsageError } from '../../base/errors.ts';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import { openArchive } from './archive-source.ts';
import { Filling } from './filling.ts';
import { FolderSource } from './folder-source.ts';
import { HTTP_POLICY, type HttpPolicy, isAddress } from './http.ts';
import { HttpSource } from './http-source.ts';
import type { DownloadOptions, DownloadResult } from './options.ts';
import { PUBLISHED, type PublishedSet } from './published.ts';
import type { Source } from './source.ts';

const MOST_PARALLEL = 16;

/**
 * Fills a folder with a published data set. A file gets its name only after its bytes on the disk have the hash of
 * the publisher's list; what is there and right is kept; what does not come is named in the result and in
 * `download.json`. Other files in the folder are left alone.
 * @throws UsageError `usage/…` · DataError `list/…`, `archive/…`, `download/…`, `file/…`
 */
export async function downloadSet(options: DownloadOptions): Promise<DownloadResult> {
  const { parallel = 4, dataset } = options;
  if (!Object.hasOwn(PUBLISHED, dataset)) {
    const message = `there is no published data set ${JSON.stringify(dataset)}`;
    throw new UsageError('usage/dataset', printable(message), `Known: ${Object.keys(PUBLISHED).join(', ')}`);
  }
  if (!Number.isInteger(parallel) || parallel < 1 || parallel > MOST_PARALLEL) {
    const message = `files at a time must be a whole number from 1 to ${MOST_PARALLEL}, not ${parallel}`;
    throw new UsageError('usage/parallel', message);
  }
  // Whatever fails for good must also end what goes on beside it.
  const controller = new AbortController();
  const { signal } = controller;
  // A request, its body and a wait for each file at a time.
  setMaxListeners(4 * MOST_PARALLEL, signal);
  const stop = () => controller.abort();
  if (options.signal?.aborted) stop();
  options.signal?.addEventListener('abort', stop);
  const known = PUBLISHED[dataset];
  const address = (options.publisher ?? known.address).replace(/\/*$/, '/');
  const published = { ...known, address };
  const policy = { ...HTTP_POLICY, ...options.policy };
  let source: Source | undefined;
  try {
    options.hooks?.onPhase?.('source', { source: options.from ?? published.address });
    source = await openSource(options.from ?? published.address, published, policy, signal);
    const filling = new Filling(options, published, source, policy, parallel, controller);
    return await filling.run();
  } catch (error) {
    if (!(error instanceof Interruption)) throw error;
    const message = 'stopped before anything was fetched';
    throw new DataError('download/interrupted', message, undefined, { cause: error });
  } finally {
    stop();
    options.signal?.removeEventListener('abort', stop);
    source?.close();
  }
}

/** By what `from` looks like: an address, a folder or a file. */
async function openSource(
  from: string,
  published: PublishedSet,
  policy: HttpPolicy,
  signal: AbortSignal,
): Promise<Source> {
  if (isAddress(from)) return new HttpSource(from, policy, signal);
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(from)) {
    const message = `${from}: only http:// and https:// can be fetched`;
    throw new UsageError('usage/from', printable(message));
  }
  if (statSync(from, { throwIfNoEntry: false })?.isDirectory()) return new FolderSource(from, published);
  return openArchive(from, published, signal);
}
