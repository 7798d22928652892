/** How training windows are varied. Features are standardised, so 0 is the mean and 1 a standard deviation. */
export interface AugmentSettings {
  /** Masks in time and their greatest width as a share of the window (Park et al., SpecAugment, 2019). */
  readonly timeMasks: number;
  readonly timeMaskShare: number;
  /** Masks in frequency and their greatest width as a share of the bands. */
  readonly frequencyMasks: number;
  readonly frequencyMaskShare: number;
  /** Greatest shift of the level of a window, and of its tilt from the lowest band to the highest. */
  readonly gain: number;
  /** Greatest standard deviation of added noise. */
  readonly noise: number;
  /** α of mixup's Beta(α, α) (Zhang et al. 2018); 0 for none. */
  readonly mixup: number;
}

export const NO_AUGMENTATION: AugmentSettings = {
  timeMasks: 0,
  timeMaskShare: 0,
  frequencyMasks: 0,
  frequencyMaskShare: 0,
  gain: 0,
  noise: 0,
  mixup: 0,
};
