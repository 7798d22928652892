import { Draws, STREAMS } from '../draws.ts';
import { byCodeUnits, type Dataset, type RecordingEntry } from '../recording.ts';
import { resolveSynthOptions, SYNTH_CLASSES, type SynthOptions } from './options.ts';
import { planRecording, recordParts, renderParts } from './render.ts';
import { SITES } from './sites.ts';
import { drawSubject } from './subject.ts';
import { type SynthTruth, truthOf } from './truth.ts';

/**
 * Made-up heart sounds with a known truth, so that training can be tried and tested without any data.
 *
 * THESE ARE NOT CLINICAL. They follow a published model of heart sounds with numbers of textbook order; nothing that
 * holds for them says anything about patients.
 */

export interface SyntheticRecording extends RecordingEntry {
  /** Mono, within ±1. */
  readonly samples: Float32Array;
  readonly sampleRate: number;
  readonly truth: SynthTruth;
}

export interface SyntheticDataset extends Dataset {
  readonly recordings: readonly SyntheticRecording[];
}

/**
 * Recordings one after the other, one to three of a subject, sites and classes mixed. Recording `n` depends on the
 * options and on `n`, not on how many there are.
 *
 * @throws UsageError `synth/options`
 */
export function* synthRecordings(options: SynthOptions): Generator<SyntheticRecording, void, undefined> {
  const resolved = resolveSynthOptions(options);
  const { recordings: count, seed, sampleRate, sites } = resolved;
  let made = 0;
  for (let person = 0; made < count; person++) {
    const draws = new Draws(seed, STREAMS.synth, 0, person);
    const site = SITES[person % sites]!;
    const subject = drawSubject(draws, site, person, resolved);
    const takes = 1 + draws.integer(3);
    for (let take = 1; take <= takes && made < count; take++) {
      made += 1;
      const source = { seed, person, take };
      const plan = planRecording(subject, site, resolved, source);
      const parts = renderParts(plan, subject.valves, resolved, source);
      const { samples, clipped } = recordParts(parts, plan.recorder);
      const id = `synth-${String(made).padStart(4, '0')}`;
      yield {
        id,
        path: `synthetic:${id}`,
        site: site.name,
        group: `person-${String(person + 1).padStart(4, '0')}`,
        label: subject.label,
        samples,
        sampleRate,
        truth: truthOf(plan, resolved, clipped),
      };
    }
  }
}

/**
 * A data set of made-up recordings that lives in memory.
 *
 * @throws UsageError `synth/options`
 */
export function synthDataset(options: SynthOptions): SyntheticDataset {
  const recordings = [...synthRecordings(options)];
  recordings.sort((a, b) => byCodeUnits(a.id, b.id));
  return {
    layout: 'synthetic',
    root: 'synthetic',
    classes: SYNTH_CLASSES[options.classes ?? 2],
    recordings,
    excluded: [],
    problems: [],
  };
}
