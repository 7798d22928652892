/** From sound to features: reading WAV files, filtering, spectra, log-mel. Nothing here knows about models. */
export { decibel } from './decibel.ts';
export {
  type BandPassSettings,
  type ChannelChoice,
  defaultFeatureSettings,
  type FeatureSettings,
  validateFeatureSettings,
} from './feature-settings.ts';
export { extractFeatures, FeatureExtractor, type Features, findNotFinite } from './features.ts';
export { type ComplexFft, planFft, planRealFft, type RealFft } from './fft.ts';
export { butterworthBandPass, filterZeroPhase, type Section } from './filter.ts';
export { LOG_MEL_DEFAULTS, LogMel, type LogMelSettings, logMel, type Spectrogram } from './logmel.ts';
export {
  hzToMel,
  type MelFilterbank,
  type MelNorm,
  type MelScale,
  type MelSettings,
  melFilterbank,
  melToHz,
} from './mel.ts';
export { normalisePeak, normaliseRms, peakOf, rmsOf, standardiseAll, standardiseBands } from './normalise.ts';
export { checkResampling, Resampler, resample, resampledLength } from './resample.ts';
export {
  cutWindows,
  frameSignal,
  type LastWindow,
  planWindows,
  type WindowSettings,
  type Windows,
} from './segment.ts';
export { removeSilence, SILENCE_DEFAULTS, type SilenceSettings } from './silence.ts';
export { type FrameSettings, frameCount, type PadMode, PowerFrames } from './spectrogram.ts';
export { removeSpikes } from './spikes.ts';
export {
  type ByteSource,
  blobSource,
  bytesSource,
  type ReadWavOptions,
  readWav,
  type Wav,
  type WavEncoding,
  type WavInfo,
  WavStream,
  writeWav16,
} from './wav.ts';
export { hamming, hann, makeWindow, type WindowName } from './window.ts';
