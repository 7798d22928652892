import { DataError } from '../base/errors.ts';
import { hashBytes } from './hash.ts';
import { readJson, toJson } from './json.ts';
import { byCodeUnits, printable } from './recording.ts';

export const PARTS = ['train', 'validation', 'test'] as const;
export type Part = (typeof PARTS)[number];

export const SPLIT_FORMAT = 'pcg-engine/split/1';

export const SPLIT_KINDS = ['stratified', 'k-fold', 'leave-one-site-out'] as const;

/** How a split was drawn. */
export interface SplitOrigin {
  readonly how: (typeof SPLIT_KINDS)[number];
  /** Of k folds: which one is tested, from 1 on, and how many there are. */
  readonly fold?: number;
  readonly folds?: number;
  /** The site that is tested. */
  readonly site?: string;
  /** Wanted shares of the recordings. */
  readonly fractions?: Readonly<Record<Part, number>>;
}

/** Which recording is on which side; saved with every run and able to be given to another. */
export interface Split {
  readonly format: typeof SPLIT_FORMAT;
  /** The seed it was drawn with; null where somebody else made it. */
  readonly seed: number | null;
  /** Absent where somebody else made it. */
  readonly made?: SplitOrigin;
  /** Recording ids, each list in code-unit order. */
  readonly parts: Readonly<Record<Part, readonly string[]>>;
  /** `splitHash` of the parts. */
  readonly hash: string;
}

/** SHA-256 of the parts alone, so that the same division has the same hash whatever made it. */
export function splitHash(parts: Readonly<Record<Part, readonly string[]>>): string {
  return hashBytes(JSON.stringify(PARTS.map((part) => [part, [...parts[part]].sort(byCodeUnits)])));
}

/** A split from lists of ids in any order. */
export function splitOf(
  parts: Readonly<Record<Part, readonly string[]>>,
  seed: number | null = null,
  made?: SplitOrigin,
): Split {
  const sorted = (part: Part) => [...parts[part]].sort(byCodeUnits);
  const ordered = { train: sorted('train'), validation: sorted('validation'), test: sorted('test') };
  return { format: SPLIT_FORMAT, seed, ...(made ? { made } : {}), parts: ordered, hash: splitHash(ordered) };
}

/** The text of a split file. */
export function formatSplit(split: Split): string {
  return toJson(split);
}

/** @throws DataError `file/…`, `json/invalid`, `split/…` */
export function readSplit(path: string): Split {
  return parseSplit(readJson(path), path);
}

/**
 * Checks what was read as a split. `hash`, `seed` and `made` may be absent, for splits made by hand.
 * @param where for messages
 * @throws DataError `split/invalid`, `split/hash`
 */
export function parseSplit(value: unknown, where: string): Split {
  const invalid = (what: string) =>
    new DataError(
      'split/invalid',
      printable(`${where}: ${what}`),
      `Expected {"format": "${SPLIT_FORMAT}", "parts": {…}}`,
    );
  if (!isObject(value)) throw invalid('not a split');
  if (value.format !== SPLIT_FORMAT) throw invalid(`format ${JSON.stringify(value.format) ?? 'missing'}`);
  const given = value.parts;
  if (!isObject(given)) throw invalid('no "parts"');
  const list = (part: Part): string[] => {
    const ids = given[part];
    if (!Array.isArray(ids) || !ids.every((id) => typeof id === 'string')) {
      throw invalid(`"parts.${part}" is not a list of recording names`);
    }
    return ids;
  };
  const extra = Object.keys(given).find((name) => !PARTS.some((part) => part === name));
  if (extra !== undefined) throw invalid(`unknown part "${extra}"`);
  const seed = value.seed ?? null;
  if (seed !== null && typeof seed !== 'number') throw invalid('"seed" is not a number');
  const parts = { train: list('train'), validation: list('validation'), test: list('test') };
  const split = splitOf(parts, seed, parseOrigin(value.made, invalid));
  if (value.hash !== undefined && value.hash !== split.hash) {
    const message = `${where}: the hash does not fit the parts, so the file was changed after it was made`;
    throw new DataError('split/hash', message, 'Remove "hash" from the file if the change was meant');
  }
  return split;
}

/** @param invalid builds the error to throw */
function parseOrigin(value: unknown, invalid: (what: string) => DataError): SplitOrigin | undefined {
  if (value === undefined) return undefined;
  if (!isObject(value)) throw invalid('"made" is not an object');
  const { how, fold, folds, site, fractions } = value;
  const kind = SPLIT_KINDS.find((each) => each === how);
  if (!kind) throw invalid(`"made.how" is none of ${SPLIT_KINDS.join(', ')}`);
  const whole = (number: unknown, name: string): number => {
    if (Number.isSafeInteger(number) && (number as number) >= 1) return number as number;
    throw invalid(`"made.${name}" is not a whole number from 1 on`);
  };
  if (fold !== undefined && folds !== undefined && Number(fold) > Number(folds))
    throw invalid(`"made.fold" is ${fold} of ${folds}`);
  if (site !== undefined && typeof site !== 'string') throw invalid('"made.site" is not a name');
  return {
    how: kind,
    ...(fold === undefined ? {} : { fold: whole(fold, 'fold') }),
    ...(folds === undefined ? {} : { folds: whole(folds, 'folds') }),
    ...(site === undefined ? {} : { site }),
    ...(fractions === undefined ? {} : { fractions: parseFractions(fractions, invalid) }),
  };
}

function parseFractions(value: unknown, invalid: (what: string) => DataError): Record<Part, number> {
  const share = (part: Part): number => {
    const number = isObject(value) ? value[part] : undefined;
    if (typeof number === 'number' && number >= 0 && number <= 1) return number;
    throw invalid(`"made.fractions.${part}" is not a share from 0 to 1`);
  };
  return { train: share('train'), validation: share('validation'), test: share('test') };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
