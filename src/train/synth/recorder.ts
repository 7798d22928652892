/** What happens to sound between the stethoscope and the file. */
export interface Recorder {
  /** Peak of the sound, full scale being 1; above 1 it clips. */
  readonly peak: number;
  /** Full scale being 1. */
  readonly dc: number;
  readonly bits: number;
}

export interface Recorded {
  /** Multiples of 2^(1−bits) in [−1, 1). */
  readonly samples: Float32Array;
  /** Samples that were beyond full scale. */
  readonly clipped: number;
  /** Factor from the sound to the samples. */
  readonly gain: number;
}

/** Amplifies to the recorder's peak, adds its offset, clips at full scale and rounds to its steps. */
export function record(sound: Float64Array, { peak, dc, bits }: Recorder): Recorded {
  let highest = 0;
  for (const value of sound) highest = Math.max(highest, Math.abs(value));
  const gain = highest > 0 ? peak / highest : 0;
  let steps = 1;
  for (let bit = 1; bit < bits; bit++) steps *= 2;
  const samples = new Float32Array(sound.length);
  let clipped = 0;
  for (let i = 0; i < sound.length; i++) {
    const step = Math.round((gain * sound[i]! + dc) * steps);
    const kept = Math.max(-steps, Math.min(steps - 1, step));
    if (kept !== step) clipped += 1;
    // A file knows no −0.
    samples[i] = kept === 0 ? 0 : kept / steps;
  }
  return { samples, clipped, gain };
}
