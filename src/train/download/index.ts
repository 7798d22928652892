export { downloadSet } from './download.ts';
export { HTTP_POLICY, type HttpPolicy, mayPass } from './http.ts';
export type {
  DownloadHooks,
  DownloadOptions,
  DownloadPhase,
  DownloadProgress,
  DownloadResult,
} from './options.ts';
export { PUBLISHED, type PublishedName, type PublishedSet } from './published.ts';
export type { DownloadRecord } from './record.ts';
export type { Missing } from './source.ts';
