import { RunError } from '../base/errors.ts';
import type { Model } from '../layers/index.ts';
import { type Example, planBatch } from './batch.ts';
import type { TrainConfig } from './config.ts';
import { type EpochRecord, validate } from './epoch.ts';
import { breathe, Interruption } from './interruption.ts';
import { RecordingStore } from './recording-store.ts';
import { epochOrder } from './sampler.ts';
import { learningRateAt } from './schedule.ts';
import { type BestState, type FitState, freshState, restore, type SavedState, snapshot } from './state.ts';
import { Stepper } from './stepper.ts';

/** After how many steps losses are read back: on a GPU, reading makes both sides wait for each other. */
const STEPS_BETWEEN_READS = { reference: 1, cpu: 1, webgpu: 16 };

/** Told after every step, for progress. */
export interface StepReport {
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly stepsPerEpoch: number;
  /** Mean training loss of the epoch so far. */
  readonly loss: number;
  readonly learningRate: number;
}

export interface FitHooks {
  readonly onStep?: (report: StepReport) => void;
  readonly onEpoch?: (record: EpochRecord) => void;
  /** Called at the end of every epoch and on interruption with all that is needed to go on from there. */
  readonly onCheckpoint?: (state: SavedState) => void;
  /** When aborted, training stops after the current step, or within the validation that follows an epoch. */
  readonly signal?: AbortSignal;
  /** Goes on from here instead of from the beginning; on the cpu backend the result has the same bits. */
  readonly resume?: SavedState;
}

export interface FitResult {
  readonly history: readonly EpochRecord[];
  readonly best: BestState;
  /** `interrupted`: the last checkpoint goes on from where it stopped. `diverged`: `reason` says how. */
  readonly stopped: 'epochs' | 'patience' | 'interrupted' | 'diverged';
  readonly reason?: string;
}

/**
 * Trains `model` in place. The averaged weights are judged on `validation` after every epoch; the best are in
 * the result. On the cpu backend the outcome depends on the examples and the configuration alone.
 *
 * @param average a second instance of the same model, which takes the averaged weights
 * @throws RunError `fit/no-examples`; a loss that is not finite is not thrown but reported as `diverged`
 */
export async function fit(
  model: Model,
  average: Model,
  train: readonly Example[],
  validation: readonly Example[],
  config: TrainConfig,
  hooks: FitHooks = {},
): Promise<FitResult> {
  if (train.length === 0 || validation.length === 0) {
    throw new RunError(
      'fit/no-examples',
      `fit: ${train.length} training and ${validation.length} validation recordings`,
      'Both are needed',
    );
  }
  const count = Math.max(config.batchSize, Math.round(train.length * config.cropsPerRecording));
  const stepsPerEpoch = Math.max(1, Math.floor(count / config.batchSize));
  const schedule = {
    peak: config.learningRate,
    totalSteps: config.epochs * stepsPerEpoch,
    warmupSteps: Math.round(config.warmupEpochs * stepsPerEpoch),
  };
  const stepper = new Stepper(model, average, config);
  const state: FitState = freshState();
  if (hooks.resume) restore(hooks.resume, model, average, stepper.optimizer, state);
  else stepper.startAverage();
  const [parameter] = model.parameters().values();
  const { backend } = parameter!.value;
  const stepsBetweenReads = STEPS_BETWEEN_READS[backend.name];
  const store = await RecordingStore.open(train, backend);
  const validationStore = await RecordingStore.open(validation, backend);

  const save = async () => hooks.onCheckpoint?.(await snapshot(model, average, stepper.optimizer, state));
  const done = (stopped: FitResult['stopped'], reason?: string): FitResult => {
    return { history: state.history, best: state.best, stopped, ...(reason ? { reason } : {}) };
  };

  const outOfPatience = () => config.patience > 0 && state.epoch - state.best.epoch >= config.patience;
  try {
    // Asked before an epoch and not after it, so that a run interrupted after its last one does not train on.
    while (state.epoch < config.epochs && !outOfPatience()) {
      const { seed, balance } = config;
      const order = epochOrder(train, { seed, epoch: state.epoch, count, balance });
      // Steps are begun ahead of what is known of them: `state` counts those whose results have been read.
      for (let next = state.stepInEpoch; next < stepsPerEpoch; next++) {
        const step = state.epoch * stepsPerEpoch + next;
        const chosen = order.subarray(next * config.batchSize, (next + 1) * config.batchSize);
        const { frames, classes } = model.config;
        const shape = { frames, classes, augment: config.augment };
        const { windows, ...batch } = planBatch(train, chosen, shape, { seed, step });
        const cut = () => store.windows(windows);
        await stepper.step({ ...batch, windows: cut }, step, learningRateAt(step, schedule));
        await breathe();
        const last = next + 1 === stepsPerEpoch;
        if (!last && !hooks.signal?.aborted && stepper.unread < stepsBetweenReads) continue;
        for (const { loss, norm } of await stepper.settle()) {
          if (!Number.isFinite(loss) || !Number.isFinite(norm)) {
            const place = `epoch ${state.epoch + 1}, step ${state.stepInEpoch + 1}`;
            return done('diverged', `${place}: loss ${loss}, gradient norm ${norm}`);
          }
          const learningRate = learningRateAt(state.epoch * stepsPerEpoch + state.stepInEpoch, schedule);
          state.lossSum += loss;
          state.stepInEpoch++;
          hooks.onStep?.({
            epoch: state.epoch + 1,
            epochs: config.epochs,
            step: state.stepInEpoch,
            stepsPerEpoch,
            loss: state.lossSum / state.stepInEpoch,
            learningRate,
          });
        }
        if (hooks.signal?.aborted) {
          await save();
          return done('interrupted');
        }
      }
      const place = {
        epoch: state.epoch + 1,
        trainLoss: state.lossSum / stepsPerEpoch,
        learningRate: learningRateAt((state.epoch + 1) * stepsPerEpoch - 1, schedule),
      };
      let record: EpochRecord;
      try {
        const { signal } = hooks;
        const options = { store: validationStore, ...(signal ? { signal } : {}) };
        record = await validate(average, validation, config, place, options);
      } catch (error) {
        if (error instanceof Interruption) {
          await save();
          return done('interrupted');
        }
        if (error instanceof RunError && error.code === 'judge/not-finite') {
          return done('diverged', `the validation after epoch ${place.epoch}: ${error.message}`);
        }
        throw error;
      }
      state.epoch++;
      state.stepInEpoch = 0;
      state.lossSum = 0;
      // Between equal scores the smaller loss decides: with few recordings an AUC is soon 1.
      const rival = state.history[state.best.epoch - 1];
      const better =
        record.score > state.best.score ||
        (record.score === state.best.score && record.validationLoss < rival!.validationLoss);
      if (better) state.best = { epoch: record.epoch, score: record.score, weights: await average.state() };
      state.history.push({ ...record, best: better });
      hooks.onEpoch?.(state.history[state.history.length - 1]!);
      await save();
    }
    return done(outOfPatience() ? 'patience' : 'epochs');
  } finally {
    stepper.dispose();
    store.dispose();
    validationStore.dispose();
  }
}
