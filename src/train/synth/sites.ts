import type { StethoscopeName } from './stethoscope.ts';

/** What the recordings of one place have in common: whom they see, what they listen and record with. */
export interface Site {
  readonly name: string;
  /** Of ten subjects, how many have a murmur that makes them abnormal. */
  readonly abnormalOfTen: number;
  readonly stethoscope: StethoscopeName;
  /** Power of S1 and S2 over that of all noise, dB; recordings differ by ±4. */
  readonly snrDb: number;
  /** Power-line hum: its frequency in Hz, and its share of the noise power. */
  readonly hum: { readonly hz: number; readonly share: number } | null;
  /** Peak of a typical recording, full scale being 1. */
  readonly level: number;
  /** Share of recordings made with too much gain, so that they clip. */
  readonly overdriven: number;
  /** DC offset, full scale being 1. */
  readonly dc: number;
  /** Of the analogue-to-digital converter. */
  readonly bits: number;
}

/** Taken in this order. */
export const SITES: readonly Site[] = [
  {
    name: 'synthetic-a',
    abnormalOfTen: 6,
    stethoscope: 'electronic',
    snrDb: 16,
    hum: null,
    level: 0.8,
    overdriven: 0,
    dc: 0,
    bits: 16,
  },
  {
    name: 'synthetic-b',
    abnormalOfTen: 4,
    stethoscope: 'bell',
    snrDb: 12,
    hum: { hz: 50, share: 0.02 },
    level: 0.3,
    overdriven: 0,
    dc: 0.01,
    bits: 12,
  },
  {
    name: 'synthetic-c',
    abnormalOfTen: 5,
    stethoscope: 'diaphragm',
    snrDb: 14,
    hum: null,
    level: 0.5,
    overdriven: 0.15,
    dc: 0,
    bits: 16,
  },
  {
    name: 'synthetic-d',
    abnormalOfTen: 7,
    stethoscope: 'electronic',
    snrDb: 18,
    hum: { hz: 60, share: 0.05 },
    level: 0.6,
    overdriven: 0,
    dc: -0.02,
    bits: 16,
  },
  {
    name: 'synthetic-e',
    abnormalOfTen: 2,
    stethoscope: 'diaphragm',
    snrDb: 20,
    hum: null,
    level: 0.4,
    overdriven: 0,
    dc: 0,
    bits: 14,
  },
  {
    name: 'synthetic-f',
    abnormalOfTen: 5,
    stethoscope: 'bell',
    snrDb: 8,
    hum: null,
    level: 0.7,
    overdriven: 0.3,
    dc: 0,
    bits: 10,
  },
];
