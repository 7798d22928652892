import { DataError } from '../base/errors.ts';
import { resolveConfig, type TrainConfig } from './config.ts';
import type { Environment } from './environment.ts';
import { isLeak, type Leak } from './leaks.ts';
import type { SkippedRecording } from './load.ts';
import type { Dataset, LayoutName } from './recording.ts';
import type { RunFolder } from './runfolder.ts';
import type { SplitOrigin } from './split.ts';

/** What `run.json` holds: how to do it again, and what came of it. */
export interface RunRecord {
  readonly format: 'pcg-engine/run/1';
  readonly status: 'started' | 'interrupted' | 'diverged' | 'finished';
  readonly reason?: string;
  readonly config: TrainConfig;
  readonly classes: readonly string[];
  readonly data: {
    readonly layout: LayoutName;
    readonly root: string;
    /** Which of several labels was taken. */
    readonly label?: string;
    /** Over all recordings of the split, test included. */
    readonly hash: string;
    /** Of each file (of the samples for synthetic ones), by recording id. */
    readonly sha256: Readonly<Record<string, string>>;
    /** Of rate and mono samples of what could be used, by recording id; absent in runs of before this was recorded. */
    readonly soundSha256?: Readonly<Record<string, string>>;
    readonly excluded: Dataset['excluded'];
    readonly problems: Dataset['problems'];
    readonly skipped: readonly SkippedRecording[];
    readonly warnings: readonly string[];
  };
  readonly split: {
    readonly hash: string;
    readonly seed: number | null;
    /** How it was drawn; absent where somebody else made it. */
    readonly made?: SplitOrigin;
    readonly counts: Readonly<Record<string, number>>;
    /** What is on two sides, where that was allowed: the figures of such a run are too good. Absent where nothing is. */
    readonly leaks?: readonly Leak[];
  };
  readonly model: {
    readonly name: string;
    readonly parameters: number;
    readonly bands: number;
    readonly frames: number;
  };
  readonly environment: Environment;
  /** Wall-clock seconds by phase. */
  readonly timings: Readonly<Record<string, number>>;
  readonly threshold?: number;
  readonly patientThreshold?: number;
  readonly bestEpoch?: number;
}

const STATUSES: readonly string[] = ['started', 'interrupted', 'diverged', 'finished'];

/**
 * Reads `run.json` and checks what others rely on.
 * @throws DataError `run/record` naming the field that is missing or wrong, `json/invalid`, `file/…`
 */
export function readRunRecord(folder: RunFolder): RunRecord {
  const path = folder.file('run');
  const record = folder.readJson('run');
  const check = (fits: boolean, field: string) => {
    if (fits) return;
    throw new DataError(
      'run/record',
      `${path}: ${field} is missing or wrong`,
      'The file was changed after it was written',
    );
  };
  check(isObject(record), 'the record');
  const { format, status, config, classes, data, split, environment, timings } = record as Record<
    string,
    unknown
  >;
  check(format === 'pcg-engine/run/1', 'format');
  check(STATUSES.includes(status as string), 'status');
  check(Array.isArray(classes) && classes.every((name) => typeof name === 'string'), 'classes');
  check(isObject(config), 'config');
  try {
    resolveConfig(config as TrainConfig);
  } catch (cause) {
    throw new DataError(
      'run/record',
      `${path}: config: ${cause instanceof Error ? cause.message : cause}`,
      undefined,
      { cause },
    );
  }
  check(isObject(data) && typeof data.layout === 'string' && typeof data.root === 'string', 'data');
  check(isObject((data as { sha256?: unknown }).sha256), 'data.sha256');
  const { soundSha256 } = data as { soundSha256?: unknown };
  check(soundSha256 === undefined || isObject(soundSha256), 'data.soundSha256');
  check(typeof (data as { hash?: unknown }).hash === 'string', 'data.hash');
  check(isObject(split) && typeof split.hash === 'string', 'split');
  const { leaks } = split as { leaks?: unknown };
  check(leaks === undefined || (Array.isArray(leaks) && leaks.every(isLeak)), 'split.leaks');
  check(isObject(environment) && typeof environment.device === 'string', 'environment');
  check(isObject(timings), 'timings');
  return record as RunRecord;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
