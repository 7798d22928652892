import { DataError, EngineError } from '../base/errors.ts';
import type { Layer } from '../layers/index.ts';
import type { Shape } from '../tensor/index.ts';
import type { EpochRecord } from './epoch.ts';
import { parseJsonText } from './json.ts';
import type { AdamW } from './optimizer.ts';
import type { StoredTensor, TensorFile } from './safetensors.ts';

export type Weights = ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }>;

export interface BestState {
  /** 0 before the first epoch. */
  readonly epoch: number;
  readonly score: number;
  readonly weights: Weights;
}

/** Where a training is, beside its weights. */
export interface FitState {
  /** Epochs done, steps done in the one after, and the sum of its losses so far. */
  epoch: number;
  stepInEpoch: number;
  lossSum: number;
  history: EpochRecord[];
  best: BestState;
}

/** All that is needed to go on: randomness needs nothing, since draws are placed by seed and step. */
export interface SavedState {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const FORMAT = 'pcg-engine/checkpoint/1';

export function freshState(): FitState {
  const best = { epoch: 0, score: Number.NEGATIVE_INFINITY, weights: new Map() };
  return { epoch: 0, stepInEpoch: 0, lossSum: 0, history: [], best };
}

export function storeWeights(weights: Weights, prefix = ''): Map<string, StoredTensor> {
  return new Map(
    [...weights].map(([path, { shape, values }]) => [
      prefix + path,
      { dtype: 'F32' as const, shape, data: values },
    ]),
  );
}

/** Weights under a prefix of a safetensors file. @throws DataError for a dtype other than F32 */
export function weightsIn(
  { tensors }: Pick<TensorFile, 'tensors'>,
  prefix = '',
): Map<string, { shape: Shape; values: Float32Array }> {
  const weights = new Map<string, { shape: Shape; values: Float32Array }>();
  for (const [path, { dtype, shape, data }] of tensors) {
    if (!path.startsWith(prefix)) continue;
    if (dtype !== 'F32')
      throw new DataError('weights/dtype', `${path} is stored as ${dtype}`, 'This engine saves F32');
    weights.set(path.slice(prefix.length), { shape, values: data as Float32Array });
  }
  return weights;
}

export async function snapshot(
  model: Layer,
  average: Layer,
  optimizer: AdamW,
  state: FitState,
): Promise<SavedState> {
  const tensors = new Map([
    ...storeWeights(await model.state(), 'model.'),
    ...storeWeights(await average.state(), 'average.'),
    ...storeWeights(state.best.weights, 'best.'),
    ...storeWeights(await optimizer.state(), 'optimizer.'),
  ]);
  const { epoch, stepInEpoch, lossSum, history, best } = state;
  const place = {
    epoch,
    stepInEpoch,
    lossSum,
    history,
    optimizerSteps: optimizer.steps,
    bestEpoch: best.epoch,
    bestScore: best.epoch > 0 ? best.score : null,
  };
  return { tensors, metadata: { format: FORMAT, state: JSON.stringify(place) } };
}

/** The state beside the tensors, as its metadata holds it. */
interface Place {
  readonly epoch: number;
  readonly stepInEpoch: number;
  readonly lossSum: number;
  readonly history: EpochRecord[];
  readonly optimizerSteps: number;
  readonly bestEpoch: number;
  readonly bestScore: number | null;
}

function readPlace({ metadata }: SavedState): Place {
  const place = parseJsonText(metadata.state ?? '', 'the state of the checkpoint') as Partial<Place> | null;
  const whole = (value: unknown) => Number.isInteger(value) && (value as number) >= 0;
  const fits =
    typeof place === 'object' &&
    place !== null &&
    [place.epoch, place.stepInEpoch, place.optimizerSteps, place.bestEpoch].every(whole) &&
    Number.isFinite(place.lossSum) &&
    Array.isArray(place.history) &&
    place.history.length === place.epoch &&
    place.history.every(
      (record, i) => typeof record === 'object' && record !== null && record.epoch === i + 1,
    ) &&
    place.bestEpoch! <= place.epoch! &&
    (place.bestEpoch === 0 || Number.isFinite(place.bestScore));
  if (!fits) {
    throw new DataError(
      'checkpoint/state',
      'The state of the checkpoint is incomplete',
      'The file was changed after it was written: start a new run',
    );
  }
  return place as Place;
}

/** Epochs done when the state was saved. @throws DataError `checkpoint/state` */
export function historyOf(saved: SavedState): readonly EpochRecord[] {
  return readPlace(saved).history;
}

/** A part that does not fit is the fault of the file, and not of the run. */
function fitting(part: string, load: () => void): void {
  try {
    load();
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new DataError(`checkpoint/${part}`, `The checkpoint does not fit: ${cause.message}`, undefined, {
      cause,
    });
  }
}

/**
 * Puts a saved state back.
 * @throws DataError `checkpoint/format`, `checkpoint/state`; `checkpoint/model`, `checkpoint/average`,
 * `checkpoint/optimizer` where a part does not fit
 */
export function restore(
  saved: SavedState,
  model: Layer,
  average: Layer,
  optimizer: AdamW,
  state: FitState,
): void {
  if (saved.metadata.format !== FORMAT) {
    throw new DataError(
      'checkpoint/format',
      `The checkpoint says its format is ${saved.metadata.format ?? 'missing'}, expected ${FORMAT}`,
    );
  }
  const place = readPlace(saved);
  for (const [part, owner] of Object.entries({ model, average, optimizer })) {
    fitting(part, () => owner.loadState(weightsIn(saved, `${part}.`)));
  }
  optimizer.steps = place.optimizerSteps;
  state.epoch = place.epoch;
  state.stepInEpoch = place.stepInEpoch;
  state.lossSum = place.lossSum;
  state.history = place.history;
  state.best = {
    epoch: place.bestEpoch,
    score: place.bestScore ?? Number.NEGATIVE_INFINITY,
    weights: weightsIn(saved, 'best.'),
  };
}
