/** Synthetic heart sound recordings: a published model, seeded, with known truth. Not clinical. */

export {
  type SyntheticDataset,
  type SyntheticRecording,
  synthDataset,
  synthRecordings,
} from './dataset.ts';
export { type SynthFolderHooks, type SynthFolderSummary, writeSynthFolder } from './folder.ts';
export type { Grade, Murmur, Phase, Shape, Timing } from './murmur.ts';
export { GRADES, SHAPES, TIMINGS } from './murmur.ts';
export { SYNTH_CLASSES, SYNTH_RATE, type SynthOptions } from './options.ts';
export { STETHOSCOPES, type StethoscopeName } from './stethoscope.ts';
export { formatSegments, type HeartState, type Segment, type SynthTruth, segmentsOf } from './truth.ts';
