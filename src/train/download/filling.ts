import { DataError, EngineError } from '../../base/errors.ts';
import { readBytes } from '../files.ts';
import { Interruption } from '../interruption.ts';
import { printable } from '../recording.ts';
import { type HttpPolicy, isAddress } from './http.ts';
import { readListAt } from './http-source.ts';
import { type HashList, parseHashList, selectFrom } from './list.ts';
import { FolderLock } from './lock.ts';
import type { DownloadOptions, DownloadResult } from './options.ts';
import { OWN_FILES, requirePlaceable } from './paths.ts';
import type { PublishedSet } from './published.ts';
import { type DownloadRecord, recordOf, requireOurs, writeRecord } from './record.ts';
import { inParallel, type Missing, type Source, type Wanted } from './source.ts';
import { makeFolder, Target } from './target.ts';

/** One download, from the list to the record. */
export class Filling {
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
    requireOurs(this.target.root, this.published, this.list);
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
