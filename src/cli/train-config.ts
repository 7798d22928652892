import { UsageError } from '../base/errors.ts';
import {
  CONFIG_BOUNDS,
  checkNumber,
  defaultConfig,
  resolveConfig,
  type TrainConfig,
} from '../train/config.ts';
import { readJson } from '../train/json.ts';
import { nearest } from './nearest.ts';
import type { TrainOptions } from './train.ts';

/** Anything of a configuration, at any depth. */
export type Settings = { readonly [name: string]: unknown };

const FLAGS = {
  epochs: '--epochs',
  batchSize: '--batch-size',
  learningRate: '--learning-rate',
  weightDecay: '--weight-decay',
  patience: '--patience',
  cropsPerRecording: '--crops-per-recording',
  seed: '--seed',
  windowSeconds: '--window-seconds',
} as const;

/** Defaults, then `base`, then the file given with --config, then options. @throws UsageError, DataError */
export function configFrom(options: TrainOptions, base: Settings): TrainConfig {
  const { features } = defaultConfig;
  const usual: TrainConfig = { ...defaultConfig, features: { ...features, channel: 'mix' } };
  let config = merge(usual, base, 'settings');
  if (options.config !== undefined) config = merge(config, readSettings(options.config), options.config);
  config = merge(config, settingsOf(options), 'options');
  return resolveConfig(config.features.channel === 'mix' ? withoutChannel(config) : config);
}

/** The usual channel is not written down: settings from before there was a choice say the same in the same words. */
function withoutChannel(config: TrainConfig): TrainConfig {
  const { channel: _, ...features } = config.features;
  return { ...config, features };
}

function settingsOf(options: TrainOptions): Settings {
  const settings: Record<string, unknown> = {};
  for (const [name, flag] of Object.entries(FLAGS) as [keyof typeof FLAGS, string][]) {
    const value = options[name];
    if (value === undefined) continue;
    checkNumber(flag, value, CONFIG_BOUNDS[name]);
    settings[name] = value;
  }
  for (const name of ['model', 'metric', 'balance'] as const) {
    if (options[name] !== undefined) settings[name] = options[name];
  }
  const { bands, nFft, hop, fMin, fMax, channel } = options;
  for (const [flag, value] of Object.entries({ '--bands': bands, '--n-fft': nFft, '--hop': hop })) {
    if (value !== undefined) checkNumber(flag, value, { least: 1, whole: true });
  }
  for (const [flag, value] of Object.entries({ '--f-min': fMin, '--f-max': fMax })) {
    if (value !== undefined) checkNumber(flag, value, { least: 0 });
  }
  // The window is as long as the transform unless a file says otherwise, as everywhere in the field.
  const logMel = { bands, nFft, winLength: nFft, hopLength: hop, fMin, fMax };
  const given = Object.entries(logMel).filter(([, value]) => value !== undefined);
  const features = {
    ...(channel === undefined ? {} : { channel }),
    ...(given.length > 0 ? { logMel: Object.fromEntries(given) } : {}),
  };
  return { ...settings, features };
}

/** Settings from a file; of a run.json, those the run had. */
function readSettings(path: string): Settings {
  const value = readJson(path);
  if (!isSettings(value))
    throw new UsageError('config/file', `${path} is not an object with settings`, 'Expected {"epochs": 40}');
  return value.format === 'pcg-engine/run/1' && isSettings(value.config) ? value.config : value;
}

/** `base` with what `given` says differently. @throws UsageError for a name that `base` does not know */
function merge<T extends object>(base: T, given: Settings, where: string, path = ''): T {
  const merged: Record<string, unknown> = { ...(base as Settings) };
  for (const [name, value] of Object.entries(given)) {
    const full = path + name;
    if (!Object.hasOwn(base, name)) {
      const near = nearest(name, Object.keys(base));
      const hint = near ? `Did you mean ${path}${near}?` : `Known: ${Object.keys(base).join(', ')}`;
      throw new UsageError('config/unknown', `${where}: unknown setting ${full}`, hint);
    }
    const known = merged[name];
    if (isSettings(known) && value !== null) {
      if (!isSettings(value))
        throw new UsageError('config/value', `${where}: ${full} is ${JSON.stringify(value)}, not an object`);
      merged[name] = merge(known, value, where, `${full}.`);
    } else merged[name] = value;
  }
  return merged as T;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
