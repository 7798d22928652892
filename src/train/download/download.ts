import { setMaxListeners } from 'node:events';
import { statSync } from 'node:fs';
import { DataError, EngineError, UsageError } from '../../base/errors.ts';
import { readBytes } from '../files.ts';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import { openArchive } from './archive-source.ts';
import { FolderSource } from './folder-source.ts';
import { HTTP_POLICY, type HttpPolicy } from './http.ts';
import { HttpSource, readListAt } from './http-source.ts';
import { type HashList, parseHashList, selectFrom } from './list.ts';
import { FolderLock } from './lock.ts';
import { OWN_FILES, requirePlaceable } from './paths.ts';
import { PUBLISHED, type PublishedName, type PublishedSet } from './published.ts';
import { type DownloadRecord, recordOf, requireOurs, writeRecord } from './record.ts';
import { inParallel, type Missing, type Source, type Wanted } from './source.ts';
import { makeFolder, Target } from './target.ts';

export interface DownloadOptions {
  readonly dataset: PublishedName;
  /** Folder to fill; made if it is not there. */
  readonly to: string;
  /** Another base address, a folder or an archive (default: the publisher's address). */
  readonly from?: string | undefined;
  /**
   * Where the publisher's list is, for a source that brings none: an address or a file; null to take the files
   * unverified (default: the publisher's address).
   */
  readonly list?: string | null | undefined;
  /** All that is published, not only what training needs. */
  readonly all?: boolean | undefined;
  /** Files at a time, 1 to 16 (default: 4). */
  readonly parallel?: number | undefined;
  readonly policy?: Partial<HttpPolicy> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly hooks?: DownloadHooks | undefined;
}

export interface DownloadHooks {
  onPhase?(phase: DownloadPhase, detail: { readonly source: string; readonly files?: number }): void;
  /** `bytes` came since the beginning; `total` is null where it is not known before. */
  onProgress?(progress: DownloadProgress): void;
  /** Something that the user should know, and that does not end the download. */
  onNote?(text: string): void;
}

export type DownloadPhase = 'source' | 'list' | 'check' | 'fetch';

export interface DownloadProgress {
  readonly files: number;
  readonly filesTotal: number;
  readonly bytes: number;
  readonly bytesTotal: number | null;
  readonly missing: number;
}

export interface DownloadResult {
  readonly status: 'complete' | 'incomplete' | 'interrupted';
  readonly folder: string;
  readonly record: DownloadRecord;
  /** Files that were there already, were brought, and took the place of a wrong one. */
  readonly files: { readonly kept: number; readonly brought: number; readonly replaced: number };
}

const MOST_PARALLEL = 16;

/**
 * Fills a folder with a published data set. A file gets its name only after its bytes on the disk have the hash of
 * the publisher's list; what is there and right is kept; what does not come is named in the result and in
 * `download.json`. Other files in the folder are left alone.
 * @throws UsageError `usage/…` · DataError `list/…`, `archive/…`, `download/…`, `file/…`
 */
export async function downloadSet(options: DownloadOptions): Promise<DownloadResult> {
  const { parallel = 4 } = options;
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
  const published = PUBLISHED[options.dataset];
  const policy = { ...HTTP_POLICY, ...options.policy };
  let source: Source | undefined;
  try {
    options.hooks?.onPhase?.('source', { source: options.from ?? published.address });
    source = await openSource(options.from ?? published.address, published, policy, signal);
    const download = new Download(options, published, source, policy, parallel, controller);
    return await download.run();
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

function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

/** One download, from the list to the record. */
class Download {
  private readonly options: DownloadOptions;
  private readonly published: PublishedSet;
  private readonly source: Source;
  private readonly policy: HttpPolicy;
  readonly parallel: number;
  private readonly controller: AbortController;
  private readonly target: Target;

  private list: HashList | null = null;
  private wanted: Wanted = new Map();
  private companions: string[] = [];
  private bytesTotal: number | null = null;
  private readonly present = new Map<string, number>();
  private readonly missing = new Map<string, Missing>();
  private readonly counts = { kept: 0, brought: 0, replaced: 0 };
  private bytes = 0;

  constructor(
    options: DownloadOptions,
    published: PublishedSet,
    source: Source,
    policy: HttpPolicy,
    parallel: number,
    controller: AbortController,
  ) {
    this.options = options;
    this.published = published;
    this.source = source;
    this.policy = policy;
    this.parallel = parallel;
    this.controller = controller;
    this.target = new Target(options.to);
  }

  async run(): Promise<DownloadResult> {
    this.use(await this.findList());
    makeFolder(this.target.root);
    requireOurs(this.target.root, this.published);
    const lock = new FolderLock(this.target.root);
    try {
      this.write(false);
      try {
        await this.pass();
        if (await this.listHasChanged()) await this.pass();
      } catch (error) {
        this.controller.abort();
        if (!(error instanceof Interruption)) throw this.afterFailure(error);
        return { ...this.result(this.write(false)), status: 'interrupted' };
      }
      if (!lock.isHeld()) {
        const message = `${this.target.root}: another download has taken the folder over`;
        throw new DataError('download/locked', message, 'Let it end, then run this again');
      }
      return this.result(this.write(true));
    } finally {
      lock.release();
    }
  }

  /** The list that the source brings, else the one that is asked for, else none. */
  private async findList(): Promise<HashList | null> {
    const { list, hooks } = this.options;
    const { policy, controller, source, published } = this;
    hooks?.onPhase?.('list', { source: source.address });
    if (typeof list === 'string') {
      if (isAddress(list)) return readListAt(list, policy, controller.signal);
      return parseHashList(readBytes(list), list);
    }
    const own = await source.readList();
    if (own || list === null) return own;
    const address = published.address + OWN_FILES.list;
    try {
      return await readListAt(address, { ...policy, tries: 2, answerMs: 10_000 }, controller.signal);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      hooks?.onNote?.(`the publisher's list could not be fetched: ${error.message}`);
      return null;
    }
  }

  private use(list: HashList | null): void {
    const { source, published } = this;
    const all = this.options.all === true;
    this.list = list;
    const there = [...(source.files ?? new Map<string, number>()).keys()];
    if (list) this.wanted = selectFrom(list, published, all);
    else {
      const taken = there.filter((path) => path !== OWN_FILES.list && (all || published.needed.test(path)));
      requirePlaceable(taken, source.address);
      this.wanted = new Map(taken.map((path) => [path, null]));
    }
    this.companions = there.filter((path) => published.companions.test(path) && !this.wanted.has(path));
    const sizes = source.files;
    const paths = [...this.wanted.keys(), ...this.companions];
    this.bytesTotal = sizes && paths.reduce((sum, path) => sum + (sizes.get(path) ?? 0), 0);
  }

  /** Brings what is not there yet. */
  private async pass(): Promise<void> {
    const { target, source, parallel, controller, options } = this;
    this.present.clear();
    this.missing.clear();
    options.hooks?.onPhase?.('check', { source: source.address, files: this.wanted.size });
    const wrong = new Set<string>();
    const todo = await this.lackingOf(this.wanted, wrong);
    const extras = await this.lackingOf(new Map(this.companions.map((path) => [path, null])), wrong);
    options.hooks?.onPhase?.('fetch', { source: source.address, files: todo.size });
    this.progress();
    await source.deliver(new Map([...todo, ...extras]), {
      target,
      signal: controller.signal,
      parallel,
      stop: () => this.stop(),
      onBytes: (bytes) => {
        this.bytes += bytes;
        this.progress();
      },
      onPlaced: (path, bytes) => {
        this.present.set(path, bytes);
        if (wrong.has(path)) this.counts.replaced++;
        else this.counts.brought++;
        this.progress();
      },
      onMissing: (missing) => {
        this.missing.set(missing.path, missing);
        this.progress();
      },
    });
  }

  /** What is not there with the right hash. Without a hash what is there stays. */
  private async lackingOf(wanted: Wanted, wrong: Set<string>): Promise<Map<string, string | null>> {
    const lacking = new Map<string, string | null>();
    await inParallel(wanted, this, async ([path, sha256]) => {
      if (this.controller.signal.aborted) throw new Interruption();
      const found = await this.target.present(path);
      if (found.state === 'blocked') {
        const message = printable(`${this.target.place(path)}: ${found.why}`);
        this.missing.set(path, { path, code: 'download/blocked', message });
      } else if (found.state === 'file' && (sha256 === null || found.sha256 === sha256)) {
        this.present.set(path, found.bytes);
        this.counts.kept++;
        await this.target.discardPartial(path);
      } else {
        if (found.state === 'file') wrong.add(path);
        lacking.set(path, sha256);
      }
      this.progress();
    });
    // In the order of the list, whichever was looked at first.
    return new Map([...wanted].filter(([path]) => lacking.has(path)));
  }

  /** Whether wrong hashes may come from a list that was replaced meanwhile; then the new one is taken, once. */
  private async listHasChanged(): Promise<boolean> {
    const wrong = [...this.missing.values()].some(({ code }) => code === 'download/wrong-hash');
    if (!wrong || this.source.kind !== 'http' || typeof this.options.list === 'string') return false;
    const list = await this.source.readList().catch((error: unknown) => {
      if (error instanceof EngineError) return null;
      throw error;
    });
    if (list === null || list.sha256 === this.list?.sha256) return false;
    this.options.hooks?.onNote?.('the list changed during the download: checking by the new one');
    this.use(list);
    this.counts.kept = 0;
    return true;
  }

  stop(): void {
    this.controller.abort();
  }

  private progress(): void {
    const { wanted, present, missing, bytes, bytesTotal } = this;
    this.options.hooks?.onProgress?.({
      files: present.size,
      filesTotal: wanted.size + this.companions.length,
      bytes,
      bytesTotal,
      missing: missing.size,
    });
  }

  private write(finished: boolean): DownloadRecord {
    const { list, wanted, present, missing } = this;
    const publisher = new Map([...present].filter(([path]) => wanted.has(path)));
    const record = recordOf(this.published, this.source, list, this.options.all === true, {
      selected: list ? wanted.size : null,
      present: publisher,
      verified: list ? publisher.size : 0,
      missing: [...wanted.keys()].flatMap((path) => missing.get(path) ?? []),
      companions: this.companions.filter((path) => present.has(path)),
      finished,
    });
    writeRecord(this.target.root, record, list);
    return record;
  }

  /** The folder's record says how far it came, if the disk still takes it. */
  private afterFailure(error: unknown): unknown {
    try {
      this.write(false);
    } catch {
      // The first failure is the one to report.
    }
    if (!(error instanceof EngineError) || error.code !== 'file/disk-full') return error;
    const hint = 'What is there is kept: make room and run it again';
    return new DataError(error.code, error.message, hint, { cause: error });
  }

  private result(record: DownloadRecord): DownloadResult {
    const status = record.complete ? 'complete' : 'incomplete';
    return { status, folder: this.target.root, record, files: this.counts };
  }
}
