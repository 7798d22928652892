export {
  type DownloadHooks,
  type DownloadOptions,
  type DownloadPhase,
  type DownloadProgress,
  type DownloadResult,
  downloadSet,
} from './download.ts';
export { HTTP_POLICY, type HttpPolicy } from './http.ts';
export { PUBLISHED, type PublishedName, type PublishedSet } from './published.ts';
export type { DownloadRecord } from './record.ts';
export type { Missing } from './source.ts';
