/** Figures of a sound that need no spectrum, taken in block by block: level, offset, clipping, silence. */

/** What is known of one channel. Amplitudes are shares of full scale. */
export interface ChannelFigures {
  /** Mean of all samples. */
  readonly dcOffset: number;
  /** Root mean square without the mean. */
  readonly rms: number;
  /** Largest |x|. */
  readonly peak: number;
  /** Share of samples that are clipped; see `ChannelMeter`. */
  readonly clipped: number;
}

/** As large as 16-bit samples get; whatever the format, but for floats, nothing larger could have been stored. */
const FULL_SCALE = 32767 / 32768;
/** So many equal samples at an extreme are a flat top: no sampled wave rests there by itself. */
const FLAT_RUN = 3;
/** With fewer different values than this, a wave is flat-topped by its quantising, without having been clipped. */
const LEAST_VALUES = 64;

/**
 * Clipped samples are those at full scale, where the format has one, and those in a run of at least three equal
 * samples at the channel's own largest or smallest value, which shows a wave that was cut before its level was changed
 * or in floats, which go on beyond full scale. The idea of looking at the extremes of the recording itself rather than
 * at full scale is that of histogram methods (S. Aleinik and Y. Matveev, "Detection of clipped fragments in speech
 * signals", World Academy of Science, Engineering and Technology 8(2), 2014); runs instead of histograms because heart
 * sounds are short.
 */
export class ChannelMeter {
  private readonly limited: boolean;
  private count = 0;
  private sum = 0;
  private squares = 0;
  private last = Number.NaN;
  private run = 0;
  /** The first so many different values. */
  private readonly values = new Set<number>();
  private fullScale = 0;
  private readonly top = { value: Number.NEGATIVE_INFINITY, flat: 0 };
  private readonly bottom = { value: Number.NEGATIVE_INFINITY, flat: 0 };

  /** @param limited whether samples are stored so that none can lie beyond full scale */
  constructor(limited = true) {
    this.limited = limited;
  }

  take(samples: Float32Array): void {
    let { count, sum, squares, last, run, fullScale } = this;
    const { top, bottom, values } = this;
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i]!;
      count += 1;
      sum += x;
      squares += x * x;
      if (x === last) run += 1;
      else {
        if (values.size < LEAST_VALUES) values.add(x);
        run = 1;
        last = x;
      }
      if (x >= FULL_SCALE || x <= -1) fullScale += 1;
      if (x >= top.value) extreme(top, x, run);
      if (-x >= bottom.value) extreme(bottom, -x, run);
    }
    Object.assign(this, { count, sum, squares, last, run, fullScale });
  }

  finish(): ChannelFigures {
    const { count, top, bottom } = this;
    if (count === 0) return { dcOffset: 0, rms: 0, peak: 0, clipped: 0 };
    const dcOffset = this.sum / count;
    // The difference of a constant's two sums is seldom 0, for their rounding.
    const constant = this.values.size < 2;
    const rms = constant ? 0 : Math.sqrt(Math.max(0, this.squares / count - dcOffset * dcOffset));
    const peak = Math.max(top.value, bottom.value);
    return { dcOffset, rms, peak, clipped: this.clippedSamples() / count };
  }

  private clippedSamples(): number {
    const { top, bottom, values, fullScale, limited } = this;
    if (values.size < 2) return 0;
    const coarse = values.size < LEAST_VALUES;
    if (!limited) return coarse ? 0 : top.flat + bottom.flat;
    // Flat tops at full scale are among those counted there.
    const flat =
      (coarse || top.value >= FULL_SCALE ? 0 : top.flat) + (coarse || bottom.value >= 1 ? 0 : bottom.flat);
    return fullScale + flat;
  }
}

/** Takes note of a sample at or beyond the extreme so far, the `run`-th equal one in a row. */
function extreme(state: { value: number; flat: number }, value: number, run: number): void {
  if (value > state.value) {
    state.value = value;
    state.flat = 0;
  }
  if (run === FLAT_RUN) state.flat += FLAT_RUN;
  else if (run > FLAT_RUN) state.flat += 1;
}

export interface SilenceFigures {
  /** Share of windows far below the recording's own loud ones. */
  readonly silent: number;
  /** Share of windows in which all samples are the same. */
  readonly dead: number;
}

/** Length of the windows, s: with a heart at rest, each has at least one of its sounds in it or near it. */
export const SILENCE_WINDOW = 0.5;
/** A window this far below the level that the loudest twentieth of windows reaches is silent, in power: 40 dB. */
const SILENT_BELOW = 1e-4;

/** Power of successive windows of a mono sound. */
export class SilenceMeter {
  private readonly length: number;
  private readonly powers: number[] = [];
  private dead = 0;
  private filled = 0;
  private sum = 0;
  private squares = 0;
  private first = 0;
  private same = true;

  constructor(sampleRate: number) {
    this.length = Math.max(1, Math.round(sampleRate * SILENCE_WINDOW));
  }

  take(samples: Float32Array): void {
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i]!;
      if (this.filled === 0) this.first = x;
      else if (x !== this.first) this.same = false;
      this.sum += x;
      this.squares += x * x;
      this.filled += 1;
      if (this.filled === this.length) this.close();
    }
  }

  private close(): void {
    const mean = this.sum / this.filled;
    this.powers.push(this.same ? 0 : Math.max(0, this.squares / this.filled - mean * mean));
    if (this.same) this.dead += 1;
    this.filled = 0;
    this.sum = 0;
    this.squares = 0;
    this.same = true;
  }

  finish(): SilenceFigures {
    // What is left over counts as a window where it is at least half of one, or all there is.
    if (this.filled > 0 && (2 * this.filled >= this.length || this.powers.length === 0)) this.close();
    const count = this.powers.length;
    if (count === 0) return { silent: 0, dead: 0 };
    const sorted = [...this.powers].sort((a, b) => a - b);
    const loud = sorted[Math.round(0.95 * (count - 1))]!;
    const silent = sorted.filter((power) => power === 0 || power < SILENT_BELOW * loud).length;
    return { silent: silent / count, dead: this.dead / count };
  }
}
