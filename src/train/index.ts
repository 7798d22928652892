/**
 * Training and judging: recordings with labels go in, a run folder comes out, and models are loaded from it.
 *
 * ```ts
 * // `cpu` is of the package's main entry, the rest of this one.
 * const backend = await cpu();
 * const dataset = scanDataset('.data/cinc2016');
 * const run = await runTraining({ dataset, out: 'runs/first', backend, threads: 2 });
 * if (run.status === 'finished') console.log(run.test.pooled.macc, run.test.siteMean.auc);
 * ```
 *
 * This entry needs Node: it reads and writes files.
 */

// From recordings to a run folder.

export { type AugmentSettings, NO_AUGMENTATION } from './augment.ts';
export type { ChartTools, Point, Scale } from './charts/tools.ts';
export {
  BALANCES,
  defaultConfig,
  resolveConfig,
  type TrainConfig,
  VALIDATION_METRICS,
  type ValidationMetric,
} from './config.ts';
export type { EpochRecord } from './epoch.ts';
export type { FinishedRun, InterruptedRun, RunSummary } from './finish.ts';
export { type FitHooks, type FitResult, fit, type StepReport } from './fit.ts';
export { type RunHooks, type RunOptions, resumeTraining, runTraining } from './run.ts';
export { type RunRecord, readRunRecord } from './run-record.ts';
export { createRunFolder, nextRunFolder, openRunFolder, RUN_FILES, RunFolder } from './runfolder.ts';
export type { Balance } from './sampler.ts';

// Recordings, labels and splits.

export { type AppliedSplit, type ApplySplitOptions, applySplit } from './apply-split.ts';
export { cacheFolder } from './cache/location.ts';
export { type CacheReport, FeatureCache } from './cache/store.ts';
export { type Copies, type Fingerprints, findCopies } from './copies.ts';
export { type ScanOptions, scanDataset } from './dataset.ts';
export {
  type DownloadOptions,
  type DownloadRecord,
  type DownloadResult,
  downloadSet,
  HTTP_POLICY,
  type HttpPolicy,
  PUBLISHED,
  type PublishedName,
} from './download/index.ts';
export {
  type FoldOptions,
  leaveOneSiteOut,
  makeFolds,
  type SiteOptions,
  type SiteSplit,
  type SiteSplits,
} from './folds.ts';
export { type HeaHeader, parseHea, readHea } from './hea.ts';
export { type InspectOptions, inspectDataset } from './inspect/inspect.ts';
export type * from './inspect/inspection.ts';
export { Interruption } from './interruption.ts';
export { describeLeaks, findLeaks, type Leak } from './leaks.ts';
export { type LoadedRecordings, type LoadOptions, loadExamples, type SkippedRecording } from './load.ts';
export { type Divisible, divisible } from './prepare.ts';
export type { Dataset, DatasetProblem, ExcludedRecording, LayoutName, RecordingEntry } from './recording.ts';
export { readSound, type Sound } from './sound.ts';
export {
  formatSplit,
  PARTS,
  type Part,
  parseSplit,
  readSplit,
  type Split,
  type SplitOrigin,
  splitOf,
} from './split.ts';
export { DEFAULT_FRACTIONS, type MakeSplitOptions, makeSplit } from './stratify.ts';
export {
  SYNTH_CLASSES,
  type SyntheticDataset,
  type SyntheticRecording,
  type SynthOptions,
  type SynthTruth,
  synthDataset,
  synthRecordings,
  writeSynthFolder,
} from './synth/index.ts';

// Trained models and what they say.

export { type EvaluationResult, evaluateDataset, evaluateTestPart } from './evaluate.ts';
export { type JudgeOptions, judge } from './judge.ts';
export { type LoadedModel, loadModel, type ModelCard, readModelCard, writeModelFile } from './model-file.ts';
export {
  type FilePrediction,
  findFiles,
  judgePatients,
  type PatientPrediction,
  patientOfFile,
  predictFiles,
} from './predict.ts';
export { type Prediction, readPredictions, writePredictions } from './predictions.ts';

// Figures.

export { rocAuc } from './auc.ts';
export { type BootstrapOptions, bootstrapByGroup, type Interval } from './bootstrap.ts';
export { type EvaluateOptions, type Evaluation, evaluateScored, type Figures } from './evaluation.ts';
export { type ClassFigures, computeMetrics, type Figure, type Metrics, type Scored } from './metrics.ts';
export { scorePatients } from './patients.ts';
export { chooseThreshold } from './threshold.ts';

// Parts for training loops of one's own.

export { planWindowsAt, type WindowPlan, type WindowSize } from './augment-plan.ts';
export { type BatchPlace, type Example, type PlannedBatch, planBatch } from './batch.ts';
export { DeviceFeatures } from './device-features.ts';
export {
  AdamW,
  type AdamWOptions,
  type Clip,
  globalNorm,
  type Optimizer,
  type OptimizerState,
  Sgd,
  type SgdOptions,
} from './optimizer.ts';
export { RecordingStore, type StoreOptions } from './recording-store.ts';
export { readSafetensors, type StoredTensor, type TensorFile, writeSafetensors } from './safetensors.ts';
export { learningRateAt, type ScheduleOptions } from './schedule.ts';
