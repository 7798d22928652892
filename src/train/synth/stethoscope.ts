import type { Section } from '../../dsp/index.ts';
import { highPass, lowPass, lowShelf } from './biquad.ts';

/**
 * Frequency responses. Tendencies are those of M. Abella, J. Formolo, D. G. Penney, "Comparison of the acoustic
 * properties of six popular stethoscopes", J. Acoust. Soc. Am. 91 (1992) 2224–2228: bells amplify 37.5–112.5 Hz,
 * diaphragms attenuate it, and both attenuate the more the higher the frequency. Corners and decibels are this
 * model's own.
 */
export const STETHOSCOPES = {
  /** Nothing changed: for comparison. */
  flat: () => [],
  bell: (rate) => [highPass(15, rate), lowShelf(110, 6, rate), lowPass(400, rate)],
  diaphragm: (rate) => [highPass(20, rate), lowShelf(110, -8, rate), lowPass(700, rate)],
  /** Band limits of a microphone and its amplifier. */
  electronic: (rate) => [highPass(20, rate), lowPass(900, rate)],
} as const satisfies Readonly<Record<string, (rate: number) => readonly Section[]>>;

export type StethoscopeName = keyof typeof STETHOSCOPES;
