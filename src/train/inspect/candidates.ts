import { type Fingerprint, WORDS } from './fingerprint.ts';

/** Two recordings that may share sound: sample i of `b` sounds like sample i + `offset` of `a`. */
export interface Candidate {
  /** Indices into the fingerprints, a < b. */
  readonly a: number;
  readonly b: number;
  /** In samples at `FINGERPRINT_RATE`. */
  readonly offset: number;
  /** Places whose words agree at this offset. */
  readonly votes: number;
}

/** Of 256 bits, at most so many may differ: an angle of 45°, a correlation of 0.71. */
const MOST_DIFFERENT = 64;
/** Places found a sample or two apart vote for the same offset. */
const OFFSET_SLACK = 4;
/** Up to so many places, keys of 16 bits find more and still give few chance pairs; beyond, keys of 32 bits. */
const MOST_FOR_SHORT_KEYS = 400_000;
/** Of entries with the same key only neighbours within this distance are compared: sound that all recordings have,
 * such as a tone of the recorder, must not take for ever. */
const NEIGHBOURS = 256;
/** Above any number of places. */
const PLACE_BASE = 4194304;

/**
 * Recordings with words in common, from an inverted index: words are cut into keys, and two places are compared
 * where a key is the same. A candidate is only that; `compare` decides.
 *
 * @throws never; recordings of more than 4 million places in all (about 500 hours) are compared up to there
 */
export function findCandidates(prints: readonly Fingerprint[]): Candidate[] {
  const total = Math.min(
    PLACE_BASE,
    prints.reduce((sum, { places }) => sum + places.length, 0),
  );
  const owner = new Int32Array(total);
  const place = new Int32Array(total);
  const bits = new Int32Array(total * WORDS);
  let at = 0;
  for (const [i, print] of prints.entries()) {
    const count = Math.min(print.places.length, total - at);
    owner.fill(i, at, at + count);
    place.set(print.places.subarray(0, count), at);
    bits.set(print.bits.subarray(0, count * WORDS), at * WORDS);
    at += count;
  }
  const index: Index = { owner, place, bits, short: total <= MOST_FOR_SHORT_KEYS };
  const votes = new Map<number, number[]>();
  const keys = new Float64Array(total);
  for (let k = 0; k < keyCount(index); k++) {
    for (let i = 0; i < total; i++) keys[i] = keyOf(index, i, k) * PLACE_BASE + i;
    keys.sort();
    compareEqualKeys(index, keys, k, (i, j) => {
      const pair = owner[i]! * prints.length + owner[j]!;
      const offsets = votes.get(pair);
      if (offsets) offsets.push(place[i]! - place[j]!);
      else votes.set(pair, [place[i]! - place[j]!]);
    });
  }
  return [...votes]
    .flatMap(([pair, offsets]) =>
      count(offsets).map((vote) => ({
        a: Math.floor(pair / prints.length),
        b: pair % prints.length,
        ...vote,
      })),
    )
    .sort((x, y) => x.a - y.a || x.b - y.b || y.votes - x.votes || x.offset - y.offset);
}

interface Index {
  readonly owner: Int32Array;
  readonly place: Int32Array;
  readonly bits: Int32Array;
  /** Whether keys are halves of words. */
  readonly short: boolean;
}

function keyCount({ short }: Index): number {
  return short ? 2 * WORDS : WORDS;
}

function keyOf({ bits, short }: Index, i: number, k: number): number {
  if (!short) return bits[i * WORDS + k]! >>> 0;
  return (bits[i * WORDS + (k >> 1)]! >>> (k & 1 ? 16 : 0)) & 0xffff;
}

/** Calls `found` for pairs of different recordings whose key `k`, and no earlier one, is the same, and which are near. */
function compareEqualKeys(
  index: Index,
  keys: Float64Array,
  k: number,
  found: (i: number, j: number) => void,
): void {
  const { owner, bits } = index;
  for (let p = 0; p < keys.length; p++) {
    const key = Math.floor(keys[p]! / PLACE_BASE);
    const i = keys[p]! % PLACE_BASE;
    for (let q = p + 1; q < keys.length && q <= p + NEIGHBOURS; q++) {
      if (Math.floor(keys[q]! / PLACE_BASE) !== key) break;
      const j = keys[q]! % PLACE_BASE;
      if (owner[i] === owner[j] || distance(bits, i, j) > MOST_DIFFERENT) continue;
      if (!sharesEarlierKey(index, i, j, k)) found(i, j);
    }
  }
}

function sharesEarlierKey(index: Index, i: number, j: number, k: number): boolean {
  for (let earlier = 0; earlier < k; earlier++)
    if (keyOf(index, i, earlier) === keyOf(index, j, earlier)) return true;
  return false;
}

/** How many votes each offset has; offsets within OFFSET_SLACK of the one before are the same. */
function count(offsets: number[]): Pick<Candidate, 'offset' | 'votes'>[] {
  offsets.sort((x, y) => x - y);
  const found: Pick<Candidate, 'offset' | 'votes'>[] = [];
  for (let start = 0; start < offsets.length; ) {
    let end = start + 1;
    while (end < offsets.length && offsets[end]! - offsets[end - 1]! <= OFFSET_SLACK) end++;
    found.push({ offset: offsets[(start + end) >> 1]!, votes: end - start });
    start = end;
  }
  return found;
}

/** Bits that differ. */
export function distance(bits: Int32Array, i: number, j: number): number {
  let count = 0;
  for (let k = 0; k < WORDS; k++) {
    let x = bits[i * WORDS + k]! ^ bits[j * WORDS + k]!;
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    count += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}
