/** Task `compare`: whether two recordings share sound where their fingerprints say so. */
import { Resampler } from '../../dsp/resample.ts';
import { mixDown, openRecording } from '../sound.ts';
import { compare, prepare, type SharedStretch } from './compare.ts';
import { type InspectItem, joined } from './facts.ts';
import { FINGERPRINT_RATE } from './fingerprint.ts';

export interface CompareItem {
  readonly a: InspectItem;
  readonly b: InspectItem;
  /** Offsets to try, in samples at `FINGERPRINT_RATE`, the most likely first. */
  readonly offsets: readonly number[];
}

/** Sounds kept, so that a recording with many candidates is read once. */
const KEPT = 4;

export function create() {
  const kept = new Map<string, Float64Array | null>();
  const soundOf = async (item: InspectItem) => {
    const known = kept.get(item.id);
    if (known !== undefined) return known;
    const sound = prepare(await readMono(item));
    kept.set(item.id, sound);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
    return sound;
  };
  return async ({ a, b, offsets }: CompareItem): Promise<SharedStretch[]> => {
    const [x, y] = [await soundOf(a), await soundOf(b)];
    if (x === null || y === null) return [];
    const found: SharedStretch[] = [];
    for (const offset of offsets) {
      const stretch = compare(x, y, offset);
      if (stretch && !found.some((other) => overlaps(other, stretch))) found.push(stretch);
    }
    return found;
  };
}

function overlaps(one: SharedStretch, other: SharedStretch): boolean {
  const apart = (a: number, b: number) => a + one.seconds <= b || b + other.seconds <= a;
  return !apart(one.startA, other.startA) || !apart(one.startB, other.startB);
}

/** Mono at `FINGERPRINT_RATE`, samples that are no numbers as 0. */
async function readMono(item: InspectItem): Promise<Float32Array> {
  const file = await openRecording(item);
  try {
    const stream = await file.open();
    const { sampleRate } = stream;
    const resampler =
      sampleRate === FINGERPRINT_RATE ? null : new Resampler(sampleRate, FINGERPRINT_RATE, item.path);
    const parts: Float32Array[] = [];
    for await (const block of stream.blocks()) {
      const mono = mixDown(block).map((x) => (Number.isFinite(x) ? x : 0));
      parts.push(resampler ? resampler.push(mono) : mono);
    }
    if (resampler) parts.push(resampler.end());
    return joined(parts);
  } finally {
    file.close();
  }
}
