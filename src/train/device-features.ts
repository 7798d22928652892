/**
 * Features of recordings computed on a backend: what `FeatureExtractor` computes on the host, but for the preparation
 * in the time domain, which stays there.
 *
 * On `reference` the same within 1e-5 (standardised, or dB). In float32 rounding is relative to the largest value of a
 * frame: values down to 80 dB below that differ by less than 1e-3 dB, at 100 dB below by 0.02, at 120 by 0.2, and at
 * 140 rounding is all there is (measured on tones, the hardest case). Features of heart sounds differ by
 * less than 2e-4 with `topDb` at its default of 80, by 2.5e-4 where a recording is quiet between the sounds; without it, bands that hold next to nothing show rounding
 * where the host shows what is there. The bits depend on the device.
 */
import {
  decibel,
  FeatureExtractor,
  type FeatureSettings,
  type Features,
  makeWindow,
  melFilterbank,
} from '../dsp/index.ts';
import { apply1 } from '../tensor/apply.ts';
import { type Backend, indices, noGrad, scope, type Tensor, tensor } from '../tensor/index.ts';
import { rootsOfUnity } from '../tensor/ops/logmel.ts';

/** Below this standard deviation a row counts as constant, as in `standardiseBands`. */
const CONSTANT = 1e-6;
const DB_PER_NEPER = 4.342944819032518;
/** The smallest power that float32 holds in full. */
const SMALLEST = 1.1754943508222875e-38;

/** Window, roots of unity and filterbank of one choice of settings, on a backend. Free it with `dispose`. */
export class DeviceFeatures {
  readonly settings: FeatureSettings;
  readonly backend: Backend;
  private readonly host: FeatureExtractor;
  /** window, roots, firstBin, weights: inputs of melPower behind the samples. */
  private readonly plan: readonly Tensor[];

  /** @throws UsageError `dsp/settings` and others, naming the setting that makes no sense */
  constructor(settings: FeatureSettings, backend: Backend) {
    this.settings = settings;
    this.backend = backend;
    this.host = new FeatureExtractor(settings);
    const { window, winLength, nFft, bands, fMin, fMax, melScale, melNorm } = settings.logMel;
    const { sampleRate } = settings;
    const bank = melFilterbank({ sampleRate, nFft, bands, fMin, fMax, scale: melScale, norm: melNorm });
    const runs = Array.from({ length: bands }, (_, i) =>
      bank.weights.subarray(bank.offset[i], bank.offset[i + 1]),
    );
    const width = Math.max(...runs.map((run) => run.length));
    const weights = new Float64Array(bands * width);
    runs.forEach((run, band) => {
      weights.set(run, band * width);
    });
    this.plan = [
      tensor(makeWindow(window, winLength, nFft), [nFft], { backend }),
      tensor(rootsOfUnity(nFft), [nFft, 2], { backend }),
      indices(bank.firstBin, { backend }),
      tensor(weights, [bands, width], { backend }),
    ].map((each) => each.keep());
  }

  /**
   * Features of a recording, [bands, frames], as `FeatureExtractor.extract` gives them.
   * @param samples mono, any scale
   * @param sampleRate Hz, a positive integer
   * @throws DataError `dsp/not-finite`, `dsp/too-short`, `dsp/too-long`
   */
  extract(samples: Float32Array, sampleRate: number, name = 'recording'): Tensor {
    const prepared = this.host.prepare(samples, sampleRate, name);
    return noGrad(() => scope(() => standardised(this.logMel(prepared), this.settings.standardise)));
  }

  /** `extract`, read back: to be used in place of a `FeatureExtractor`. */
  async read(samples: Float32Array, sampleRate: number, name = 'recording'): Promise<Features> {
    const features = this.extract(samples, sampleRate, name);
    try {
      const [bands, frames] = features.shape as [number, number];
      const { logMel, sampleRate: rate } = this.settings;
      const data = Float32Array.from(await features.data());
      return { data, bands, frames, secondsPerFrame: logMel.hopLength / rate };
    } finally {
      features.dispose();
    }
  }

  /** Log-mel spectrogram of samples at the rate of the settings, [bands, frames] in dB, as `LogMel` gives it. */
  logMel(samples: Float32Array): Tensor {
    const { nFft, hopLength, center, padMode, amin, ref, topDb, bands } = this.settings.logMel;
    const attributes = {
      hopLength,
      padding: center ? Math.floor(nFft / 2) : 0,
      reflect: padMode === 'reflect',
    };
    return noGrad(() =>
      scope(() => {
        const x = tensor(samples, [1, samples.length], { backend: this.backend });
        const power = apply1('melPower', [x, ...this.plan], attributes);
        const db = power
          .reshape([bands, power.shape[2]!])
          .maximum(Math.max(amin, SMALLEST))
          .log()
          .affine(DB_PER_NEPER, 0);
        if (ref !== 'max' && topDb === null) return db.sub(decibel(Math.max(amin, ref)));
        const peak = db.max();
        const level = ref === 'max' ? db.sub(peak) : db.sub(decibel(Math.max(amin, ref)));
        return topDb === null ? level : level.maximum(level.max().sub(topDb));
      }),
    );
  }

  dispose(): void {
    for (const each of this.plan) each.dispose();
  }
}

/** Mean 0 and (population) standard deviation 1 of each band, or of everything; a constant becomes 0. */
function standardised(db: Tensor, unit: FeatureSettings['standardise']): Tensor {
  if (unit === 'none') return db;
  const axes = unit === 'band' ? [1] : [0, 1];
  // Counted from the largest, which is exact: a row of equal values gives zeros, whatever their mean is rounded to.
  const below = db.sub(db.max(axes, true));
  const centred = below.sub(below.mean(axes, true));
  const deviation = centred.square().mean(axes, true).sqrt();
  return centred.mul(deviation.greater(CONSTANT).div(deviation.maximum(CONSTANT)));
}
