import type { HttpPolicy } from './http.ts';
import type { PublishedName } from './published.ts';
import type { DownloadRecord } from './record.ts';

export interface DownloadOptions {
  readonly dataset: PublishedName;
  /** Folder to fill; made if it is not there. */
  readonly to: string;
  /** Where the publisher has the files now, should they have moved. */
  readonly publisher?: string | undefined;
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
