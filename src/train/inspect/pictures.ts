import { EngineError } from '../../base/errors.ts';
import { defaultFeatureSettings } from '../../dsp/feature-settings.ts';
import { LogMel } from '../../dsp/logmel.ts';
import type { Dataset, RecordingEntry } from '../recording.ts';
import { readSound } from '../sound.ts';
import type { InspectedRecording, Inspection } from './inspection.ts';
import { falseColourPng } from './png.ts';
import { groupBy } from './quantiles.ts';

/** The log-mel of a stretch of a recording. */
export interface Picture {
  readonly record: string;
  readonly class: string;
  readonly site: string;
  /** The stretch, s. */
  readonly from: number;
  readonly to: number;
  readonly png: Uint8Array;
}

const SECONDS = 5;
const A_CLASS = 4;
const MOST_CLASSES = 8;
/** Where among a site's recordings, sorted by level, pictures are taken, one after the other. */
const LEVELS = [1 / 2, 1 / 4, 3 / 4, 1 / 8];
/** Below the loudest by so much is as dark as it gets, dB. */
const RANGE = 60;

/**
 * Log-mel pictures of up to four recordings a class, from as many sites as there are: at each the one of median
 * level. Recordings that cannot be used are passed over.
 */
export async function drawPictures(inspection: Inspection, dataset: Dataset): Promise<Picture[]> {
  const byId = new Map(dataset.recordings.map((recording) => [recording.id, recording]));
  const pictures: Picture[] = [];
  for (const name of inspection.classes.slice(0, MOST_CLASSES)) {
    for (const chosen of choose(inspection.recordings.filter((each) => each.class === name))) {
      const picture = await draw(byId.get(chosen.record)!, chosen);
      if (picture) pictures.push(picture);
    }
  }
  return pictures;
}

function choose(recordings: readonly InspectedRecording[]): InspectedRecording[] {
  const usable = recordings.filter(({ sound }) => sound && sound.seconds >= SECONDS && sound.rmsDb !== null);
  const sites = [...groupBy(usable, ({ site }) => site).values()]
    .sort((a, b) => b.length - a.length)
    .map((part) => [...part].sort((a, b) => a.sound!.rmsDb! - b.sound!.rmsDb!));
  const chosen = new Set<InspectedRecording>();
  // The medians of the largest sites first, then others around them where there are fewer sites than pictures.
  for (const share of LEVELS) {
    for (const part of sites) if (chosen.size < A_CLASS) chosen.add(part[Math.floor(share * part.length)]!);
  }
  return [...chosen];
}

async function draw(recording: RecordingEntry, chosen: InspectedRecording): Promise<Picture | null> {
  const { logMel, sampleRate } = defaultFeatureSettings;
  try {
    const { samples } = await readSound(recording, defaultFeatureSettings);
    const length = Math.min(samples.length, SECONDS * sampleRate);
    const first = Math.floor((samples.length - length) / 2);
    const { data, bands, frames } = new LogMel({ ...logMel, sampleRate }).compute(
      samples.subarray(first, first + length),
    );
    let loudest = Number.NEGATIVE_INFINITY;
    for (const value of data) if (value > loudest) loudest = value;
    const pixels = new Uint8Array(bands * frames);
    for (let band = 0; band < bands; band++) {
      for (let t = 0; t < frames; t++) {
        const share = 1 + (data[band * frames + t]! - loudest) / RANGE;
        // low frequencies at the bottom
        pixels[(bands - 1 - band) * frames + t] = Math.round(255 * Math.max(0, share));
      }
    }
    return {
      record: chosen.record,
      class: chosen.class,
      site: chosen.site,
      from: first / sampleRate,
      to: (first + length) / sampleRate,
      png: falseColourPng(pixels, frames, bands),
    };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return null;
  }
}
