/** Features computed on backends against those of `dsp`, which are librosa's within 1e-4 dB. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  defaultFeatureSettings,
  FeatureExtractor,
  type FeatureSettings,
  LogMel,
} from '../../src/dsp/index.ts';
import { cpu } from '../../src/kernels/cpu/backend.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import type { Backend } from '../../src/tensor/index.ts';
import { DeviceFeatures } from '../../src/train/device-features.ts';
import { synthDataset } from '../../src/train/synth/index.ts';
import { signal, sounds, tone } from '../dsp/signals.ts';
import { describeGpu, openGpu } from '../support/gpu.ts';

const mel = defaultFeatureSettings.logMel;
const withMel = (changes: Partial<FeatureSettings['logMel']>): FeatureSettings => ({
  ...defaultFeatureSettings,
  logMel: { ...mel, ...changes },
});
const CASES: readonly [string, FeatureSettings, Float32Array][] = [
  ['as they are by default', withMel({}), sounds(3000)],
  ['mirrored, without limits', withMel({ padMode: 'reflect', topDb: null, hopLength: 32 }), sounds(1500, 2)],
  [
    'not centred, relative to the peak',
    withMel({ center: false, ref: 'max', winLength: 200 }),
    sounds(2000, 3),
  ],
  ['of few samples', withMel({ padMode: 'reflect' }), signal(40)],
  [
    'of 400 samples a frame',
    withMel({ nFft: 400, winLength: 300, melScale: 'htk', bands: 40 }),
    sounds(1500, 4),
  ],
  [
    'of short frames',
    withMel({ nFft: 64, winLength: 64, bands: 12, melNorm: 'none', ref: 0.5 }),
    sounds(700, 5),
  ],
  ['of a tone, without limits', withMel({ topDb: null, amin: 1e-30 }), tone(137.7, 2000, 2000)],
  ['of silence', withMel({}), new Float32Array(500)],
];

async function logMelOn(backend: Backend, settings: FeatureSettings, samples: Float32Array) {
  const features = new DeviceFeatures(settings, backend);
  const spectrogram = features.logMel(samples);
  const [data, shape] = [await spectrogram.data(), spectrogram.shape];
  spectrogram.dispose();
  features.dispose();
  expect(backend.memory().buffers).toBe(0);
  return { data, shape };
}

/** Largest difference in dB where the host's values are within `range` of their largest. */
function worstWithin(range: number, got: ArrayLike<number>, want: Float32Array): number {
  const peak = want.reduce((a, b) => Math.max(a, b));
  let worst = 0;
  for (const [i, value] of want.entries()) {
    const error = Math.abs(value - got[i]!);
    if (Number.isNaN(error)) return error;
    if (value >= peak - range) worst = Math.max(worst, error);
  }
  return worst;
}

function comparisons(
  open: () => Promise<Backend>,
  within: readonly (readonly [range: number, error: number])[],
) {
  let backend: Backend;
  beforeAll(async () => {
    backend = await open();
  });
  afterAll(() => backend.close());

  it.each(CASES)('log-mel %s', async (_, settings, samples) => {
    const want = new LogMel({ ...settings.logMel, sampleRate: settings.sampleRate }).compute(samples);
    const { data, shape } = await logMelOn(backend, settings, samples);
    expect(shape).toEqual([want.bands, want.frames]);
    for (const [range, error] of within) expect(worstWithin(range, data, want.data)).toBeLessThan(error);
  });

  it.each(
    (['band', 'recording', 'none'] as const).flatMap((unit) => [
      // As loud as the heart, noise leaves no band so quiet that single precision has few digits for it.
      [unit, 'in loud noise', { snrDb: 0, stethoscope: 'flat' }, 2e-4] as const,
      [unit, 'in the quiet', {}, 4e-4] as const,
    ]),
  )('features of a heart sound, standardised by %s, %s', async (unit, _, sound, bound) => {
    const settings = { ...defaultFeatureSettings, standardise: unit };
    const { samples } = synthDataset({ recordings: 1, seconds: 3, seed: 5, ...sound }).recordings[0]!;
    const want = new FeatureExtractor(settings).extract(samples, 2000);
    const features = new DeviceFeatures(settings, backend);
    const got = features.extract(samples, 2000);
    expect(got.shape).toEqual([want.bands, want.frames]);
    const data = await got.data();
    expect(worstWithin(Infinity, data, want.data)).toBeLessThan(backend.name === 'reference' ? 1e-5 : bound);
    features.dispose();
  });

  it('features of a constant are zeros', async () => {
    const features = new DeviceFeatures(defaultFeatureSettings, backend);
    const zeros = features.extract(new Float32Array(3000).fill(0.25), 2000);
    expect(new Set((await zeros.data()).map(Math.abs))).toEqual(new Set([0]));
    zeros.dispose();
    features.dispose();
  });
}

describe('on reference', () => comparisons(async () => reference(), [[Infinity, 1e-4]]));
/** Rounding is relative to the largest value of a frame: what lies far below it has fewer digits. */
const FLOAT32 = [
  [60, 1e-3],
  [80, 2e-3],
  [100, 0.05],
] as const;
describe('on cpu', () => comparisons(() => cpu({ threads: 2 }), FLOAT32));
await describeGpu('on webgpu', () => comparisons(openGpu, FLOAT32));
