import { UsageError } from '../../base/errors.ts';
import { GRADES, type Grade, SHAPES, type Shape, TIMINGS, type Timing } from './murmur.ts';
import { SITES } from './sites.ts';
import { STETHOSCOPES, type StethoscopeName } from './stethoscope.ts';

/** Samples a second, where nothing else is asked for. */
export const SYNTH_RATE = 2000;

/** What labels mean, by number of classes; healthy first, then in code-unit order, as layouts order them. */
export const SYNTH_CLASSES = {
  2: ['normal', 'abnormal'],
  3: ['absent', 'diastolic', 'systolic'],
} as const;

export interface SynthOptions {
  readonly recordings: number;
  /** Length of each recording. */
  readonly seconds: number;
  readonly seed: number;
  /** Samples a second, 2000 to 48000. Default `SYNTH_RATE`. */
  readonly sampleRate?: number;
  /** 2 (default): normal, abnormal. 3: absent, diastolic, systolic, after the murmur. */
  readonly classes?: 2 | 3;
  /** How many sites, 1 to 6; default 3. */
  readonly sites?: number;

  // What is otherwise drawn, the same for every recording:

  /** Mean heart rate in beats a minute, 40 to 150. */
  readonly heartRate?: number;
  /** Power of S1 and S2 over that of all noise, in dB, −20 to 100. */
  readonly snrDb?: number;
  readonly stethoscope?: StethoscopeName;
  /** Of every murmur that makes a recording abnormal. */
  readonly timing?: Timing;
  readonly shape?: Shape;
  readonly grade?: Grade;
}

/** Options with their defaults; the last group stays open. */
export interface ResolvedOptions extends SynthOptions {
  readonly sampleRate: number;
  readonly classes: 2 | 3;
  readonly sites: number;
}

/** @throws UsageError `synth/options` that names the option, its value and what it may be */
export function resolveSynthOptions(options: SynthOptions): ResolvedOptions {
  const resolved = { ...options, ...withDefaults(options) };
  const { recordings, seconds, seed, sampleRate, classes, sites, heartRate, snrDb } = resolved;
  whole('recordings', recordings, 1, 1_000_000);
  range('seconds', seconds, 1, 7200);
  whole('seed', seed, 0, Number.MAX_SAFE_INTEGER);
  whole('rate', sampleRate, 2000, 48_000);
  oneOf('classes', classes, [2, 3]);
  whole('sites', sites, 1, SITES.length);
  if (heartRate !== undefined) range('heart rate', heartRate, 40, 150);
  if (snrDb !== undefined) range('SNR', snrDb, -20, 100);
  if (resolved.stethoscope !== undefined)
    oneOf('stethoscope', resolved.stethoscope, Object.keys(STETHOSCOPES));
  if (resolved.timing !== undefined) oneOf('timing', resolved.timing, Object.keys(TIMINGS));
  if (resolved.shape !== undefined) oneOf('shape', resolved.shape, SHAPES);
  if (resolved.grade !== undefined) oneOf('grade', resolved.grade, GRADES);
  return resolved;
}

function withDefaults({ sampleRate = SYNTH_RATE, classes = 2, sites = 3 }: SynthOptions) {
  return { sampleRate, classes, sites };
}

function whole(name: string, value: number, low: number, high: number): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  throw refusal(name, value, `It must be a whole number from ${low} to ${high}`);
}

function range(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw refusal(name, value, `It must be a number from ${low} to ${high}`);
}

function oneOf(name: string, value: unknown, values: readonly unknown[]): void {
  if (values.includes(value)) return;
  throw refusal(name, value, `It must be one of ${values.join(', ')}`);
}

function refusal(name: string, value: unknown, hint: string): UsageError {
  return new UsageError('synth/options', `synthetic recordings: ${name} is ${String(value)}`, hint);
}
