import { existsSync, statSync } from 'node:fs';
import { DataError, UsageError } from '../base/errors.ts';
import { type FeatureSettings, validateFeatureSettings } from '../dsp/index.ts';
import { buildModel, type Model, type ModelConfig } from '../layers/index.ts';
import type { Backend } from '../tensor/index.ts';
import { parseJsonText } from './json.ts';
import type { LayoutName } from './recording.ts';
import { readRunRecord } from './run-record.ts';
import { openRunFolder } from './runfolder.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { storeWeights, type Weights, weightsIn } from './state.ts';

/** Everything beside the weights that is needed to judge a recording. */
export interface ModelCard {
  readonly model: ModelConfig;
  readonly features: FeatureSettings;
  readonly classes: readonly string[];
  /** For the second of two classes, chosen on validation for the best weights; `last.safetensors` carries it too. */
  readonly threshold: number;
  /** The same for patients, whose probability is the mean over their recordings; where the data named patients. */
  readonly patientThreshold?: number;
  /**
   * What it was trained on: how it was laid out (`synthetic`: made up), which of several labels, hashes of the
   * recordings and of the split.
   */
  readonly trainedOn: {
    readonly layout: LayoutName;
    readonly label?: string;
    readonly data: string;
    readonly split: string;
  };
}

const FORMAT = 'pcg-engine/model/1';

/** Writes weights and card as one safetensors file that stands alone. */
export function writeModelFile(path: string, weights: Weights, card: ModelCard): void {
  writeSafetensors(path, storeWeights(weights), { format: FORMAT, card: JSON.stringify(card) });
}

export interface LoadedModel {
  readonly model: Model;
  readonly card: ModelCard;
  /** The safetensors file it came from. */
  readonly path: string;
}

/**
 * A model from a run folder or from a safetensors file alone.
 * @throws UsageError `model/missing`; DataError `model/format`, `safetensors/…`; RunError when weights do not fit
 */
export function loadModel(path: string, backend: Backend): LoadedModel {
  const { card, stored, file } = readModelFile(path);
  const model = buildModel(card.model, { seed: 0, backend });
  model.loadState(weightsIn(stored));
  return { model, card, path: file };
}

/** What `loadModel` gives, without building the model. */
export function readModelCard(path: string): Omit<LoadedModel, 'model'> {
  const { card, file } = readModelFile(path);
  return { card, path: file };
}

function readModelFile(path: string) {
  const file = weightsFile(path);
  const stored = readSafetensors(file);
  if (stored.metadata.format !== FORMAT) {
    throw new DataError(
      'model/format',
      `${file}: its metadata says format ${stored.metadata.format ?? 'nothing'}, expected ${FORMAT}`,
      'Give a run folder or a weights.safetensors written by pcg-engine train',
    );
  }
  return { card: parseCard(parseJsonText(stored.metadata.card ?? '', `${file}: card`), file), stored, file };
}

/** The weights' file of a run folder, or the file itself. */
export function weightsFile(path: string): string {
  if (!existsSync(path))
    throw new UsageError('model/missing', `there is no run folder or model file ${path}`, 'Check the path');
  if (!statSync(path).isDirectory()) return path;
  const run = openRunFolder(path);
  if (run.has('weights')) return run.file('weights');
  const { status } = readRunRecord(run);
  throw new UsageError(
    'model/unfinished',
    `${path} holds no weights: its training ${status === 'diverged' ? 'diverged' : 'did not finish'}`,
    run.has('checkpoint') && status !== 'diverged'
      ? `Go on with: pcg-engine train --resume ${path}`
      : 'Start a new run',
  );
}

function parseCard(value: unknown, file: string): ModelCard {
  const card = value as Partial<ModelCard> | null;
  const fit =
    typeof card === 'object' &&
    card !== null &&
    typeof card.model?.name === 'string' &&
    typeof card.features === 'object' &&
    card.features !== null &&
    Number.isInteger(card.model.frames) &&
    card.model.frames <= 1_000_000 &&
    card.model.bands === card.features.logMel?.bands &&
    Array.isArray(card.classes) &&
    card.classes.every((name) => typeof name === 'string') &&
    new Set(card.classes).size === card.classes.length &&
    card.classes.length === card.model.classes &&
    isProbability(card.threshold) &&
    (card.patientThreshold === undefined || isProbability(card.patientThreshold)) &&
    typeof card.trainedOn?.data === 'string' &&
    ['undefined', 'string'].includes(typeof card.trainedOn.label);
  if (!fit)
    throw new DataError(
      'model/card',
      `${file}: the card in its metadata is incomplete`,
      'The file was changed after it was written',
    );
  validateFeatureSettings(card.features);
  return card as ModelCard;
}

function isProbability(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}
