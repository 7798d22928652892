import type { CachedFeatures } from '../../src/train/cache/entry.ts';
import { hashBytes } from '../../src/train/hash.ts';

export const features: CachedFeatures = {
  data: Float32Array.of(1.5, -2, 3e-30, 0, -0, 7),
  bands: 2,
  frames: 3,
  secondsPerFrame: 0.025,
  seconds: 0.07,
  soundHash: 'abc',
  notes: [': odd “file”', ' is odd'],
};
export const key = hashBytes('key');
