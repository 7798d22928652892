import { UsageError } from '../../base/errors.ts';
import type { Backend } from '../../tensor/index.ts';
import { Initialiser } from '../init.ts';
import { Model, type ModelConfig } from './model.ts';
import { PcgLite } from './pcg-lite.ts';
import { ReferenceStep } from './reference-step.ts';
import { Seed } from './seed.ts';

export { Model, type ModelConfig, PcgLite, ReferenceStep, Seed };

const builders: Readonly<Record<string, (config: ModelConfig, init: Initialiser) => Model>> = {
  'pcg-lite': (config, init) => new PcgLite(config, init),
  seed: (config, init) => new Seed(config, init),
  'reference-step': (config, init) => new ReferenceStep(config, init),
};

export const modelNames: readonly string[] = Object.keys(builders);

/** Builds a model by name with initial values drawn from `seed`. @throws UsageError for an unknown name or size */
export function buildModel(
  config: ModelConfig,
  options: { readonly seed: number; readonly backend: Backend },
): Model {
  const build = Object.hasOwn(builders, config.name) ? builders[config.name] : undefined;
  if (!build)
    throw new UsageError(
      'model/unknown',
      `There is no model '${config.name}'`,
      `Known: ${modelNames.join(', ')}`,
    );
  for (const [name, value, least] of [
    ['bands', config.bands, 8],
    ['frames', config.frames, 8],
    ['classes', config.classes, 2],
  ] as const) {
    if (!Number.isInteger(value) || value < least)
      throw new UsageError(
        'model/size',
        `A model with ${value} ${name} cannot be built`,
        `Give at least ${least}`,
      );
  }
  return build(config, new Initialiser(options.seed, options.backend));
}
