import { type SyntheticDataset, synthDataset } from '../train/synth/index.ts';
import { framed } from './table.ts';
import type { Settings } from './train-config.ts';

/**
 * What `train` uses without --data: enough that a model learns to hear the murmur, little enough that it takes
 * well under a minute. Never changed by an option, so that a resumed run finds the same recordings.
 */
export function builtInRecordings(): SyntheticDataset {
  return synthDataset({ recordings: 240, seconds: 8, seed: 1 });
}

/** Settings for so few recordings; a file or options come on top. */
export const SYNTHETIC_SETTINGS: Settings = {
  epochs: 12,
  cropsPerRecording: 2,
  windowSeconds: 3,
  patience: 0,
};

export const SYNTHETIC_WARNING = 'These are SYNTHETIC recordings: no figure says anything about patients.';

/** Shown before and after: nobody may take these figures for a result. */
export function syntheticBanner(paint: (text: string) => string): string {
  return framed(
    [
      paint('SYNTHETIC RECORDINGS, NOT CLINICAL'),
      '',
      'No --data was given, so this trains on made-up heart sounds to show that',
      'everything works. No figure here says anything about patients.',
      '',
      'With recordings of your own:  npx pcg-engine train --data FOLDER',
    ],
    paint,
  );
}
