import { UsageError } from '../base/errors.ts';
import { defaultFeatureSettings, type FeatureSettings, validateFeatureSettings } from '../dsp/index.ts';
import { modelNames } from '../layers/index.ts';
import type { AugmentSettings } from './augment.ts';
import type { Balance } from './sampler.ts';

/** Everything a training depends on beside the recordings and the split. Saved whole in `run.json`. */
export interface TrainConfig {
  readonly model: string;
  /** Key of every random draw: initial values, order, crops, masks, dropout, split. */
  readonly seed: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Windows drawn from each training recording an epoch, on average. */
  readonly cropsPerRecording: number;
  /** Peak of the schedule. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly warmupEpochs: number;
  /** Greatest norm of a step's gradient; 0 for no limit. */
  readonly clipNorm: number;
  /** Decay of the averaged weights, which are the ones that are judged and saved; 0 for no averaging. */
  readonly emaDecay: number;
  readonly labelSmoothing: number;
  readonly balance: Balance;
  /** Length of an input window, in seconds. */
  readonly windowSeconds: number;
  /** Epochs without a better validation metric before training stops; 0 to never stop early. */
  readonly patience: number;
  readonly metric: ValidationMetric;
  readonly augment: AugmentSettings;
  readonly features: FeatureSettings;
}

/** What decides which epoch is best: greater is better, but for `loss`. */
export type ValidationMetric = 'auc' | 'site-auc' | 'macc' | 'loss';

export const VALIDATION_METRICS: readonly ValidationMetric[] = ['auc', 'site-auc', 'macc', 'loss'];
export const BALANCES: readonly Balance[] = ['none', 'class', 'site'];

export const defaultConfig: TrainConfig = {
  model: 'pcg-lite',
  seed: 1,
  epochs: 20,
  batchSize: 32,
  cropsPerRecording: 2,
  learningRate: 2e-3,
  weightDecay: 0.02,
  warmupEpochs: 1,
  clipNorm: 5,
  emaDecay: 0.99,
  labelSmoothing: 0.05,
  balance: 'site',
  windowSeconds: 5,
  patience: 8,
  metric: 'auc',
  augment: {
    timeMasks: 2,
    timeMaskShare: 0.1,
    frequencyMasks: 2,
    frequencyMaskShare: 0.12,
    gain: 0.2,
    noise: 0.2,
    mixup: 0.2,
  },
  features: defaultFeatureSettings,
};

/** What a number may be. */
export interface Bound {
  readonly least: number;
  readonly most?: number;
  readonly whole?: boolean;
}

export const CONFIG_BOUNDS = {
  seed: { least: 0, most: Number.MAX_SAFE_INTEGER, whole: true },
  epochs: { least: 1, most: 1_000_000, whole: true },
  batchSize: { least: 2, most: 4096, whole: true },
  cropsPerRecording: { least: 0.01, most: 1000 },
  learningRate: { least: 0 },
  weightDecay: { least: 0 },
  warmupEpochs: { least: 0 },
  clipNorm: { least: 0 },
  emaDecay: { least: 0, most: 0.999999 },
  labelSmoothing: { least: 0, most: 0.99 },
  windowSeconds: { least: 0.1, most: 600 },
  patience: { least: 0, whole: true },
} as const satisfies Partial<Record<keyof TrainConfig, Bound>>;

const AUGMENT_BOUNDS: Readonly<Record<keyof AugmentSettings, Bound>> = {
  timeMasks: { least: 0, most: 100, whole: true },
  timeMaskShare: { least: 0, most: 1 },
  frequencyMasks: { least: 0, most: 100, whole: true },
  frequencyMaskShare: { least: 0, most: 1 },
  gain: { least: 0 },
  noise: { least: 0 },
  mixup: { least: 0, most: 1 },
};

/** Fills in defaults and checks every value. @throws UsageError naming the field, its value and its range */
export function resolveConfig(given: Partial<TrainConfig>): TrainConfig {
  const config: TrainConfig = { ...defaultConfig, ...given };
  for (const [name, bound] of Object.entries(CONFIG_BOUNDS))
    checkNumber(name, config[name as keyof TrainConfig], bound);
  if (typeof config.augment !== 'object' || config.augment === null) {
    throw new UsageError(
      'config/value',
      `augment is ${JSON.stringify(config.augment)}`,
      'Give an object of augmentation settings',
    );
  }
  for (const [name, bound] of Object.entries(AUGMENT_BOUNDS)) {
    checkNumber(`augment.${name}`, config.augment[name as keyof AugmentSettings], bound);
  }
  checkOneOf('model', config.model, modelNames);
  checkOneOf('balance', config.balance, BALANCES);
  checkOneOf('metric', config.metric, VALIDATION_METRICS);
  if (config.augment.mixup > 0 && config.augment.mixup < 0.01) {
    throw new UsageError(
      'config/value',
      `augment.mixup is ${config.augment.mixup}`,
      'Give 0, or at least 0.01',
    );
  }
  validateFeatureSettings(config.features);
  checkWindow(config);
  return config;
}

/** Models pool three times by two, and a hop beyond the spectrum's window would skip sound. */
function checkWindow(config: TrainConfig): void {
  const { hopLength, winLength } = config.features.logMel;
  if (hopLength > winLength) {
    throw new UsageError(
      'config/hop',
      `A hop of ${hopLength} samples skips sound between spectra of ${winLength}`,
      'Use a smaller hop',
    );
  }
  const frames = windowFrames(config);
  if (frames < 8) {
    throw new UsageError(
      'config/window',
      `A window of ${config.windowSeconds} s has ${frames} frames, and models need 8`,
      'Use a longer window or a smaller hop',
    );
  }
}

/** @param name what the message calls it. @throws UsageError `config/value` */
export function checkNumber(
  name: string,
  value: unknown,
  { least, most = Number.POSITIVE_INFINITY, whole }: Bound,
): asserts value is number {
  const fits = whole ? Number.isInteger(value) : Number.isFinite(value);
  if (typeof value === 'number' && fits && value >= least && value <= most) return;
  const range = most === Number.POSITIVE_INFINITY ? `at least ${least}` : `from ${least} to ${most}`;
  throw new UsageError(
    'config/value',
    `${name} is ${typeof value === 'number' ? value : JSON.stringify(value)}`,
    `Give a ${whole ? 'whole ' : ''}number ${range}`,
  );
}

function checkOneOf(name: string, value: string, known: readonly string[]): void {
  if (!known.includes(value))
    throw new UsageError('config/value', `${name} is '${value}'`, `Known: ${known.join(', ')}`);
}

/** Frames of an input window. */
export function windowFrames({
  windowSeconds,
  features,
}: Pick<TrainConfig, 'windowSeconds' | 'features'>): number {
  return Math.round((windowSeconds * features.sampleRate) / features.logMel.hopLength);
}
