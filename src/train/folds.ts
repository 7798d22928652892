import { DataError, UsageError } from '../base/errors.ts';
import { byCodeUnits, printable, type RecordingEntry } from './recording.ts';
import { type Split, splitOf } from './split.ts';
import { DEFAULT_FRACTIONS, type DivideOptions, divide } from './stratify.ts';

/** Of what is not tested, the share that validates: the same as in a single split. */
const VALIDATION_SHARE =
  DEFAULT_FRACTIONS.validation / (DEFAULT_FRACTIONS.train + DEFAULT_FRACTIONS.validation);

export interface FoldOptions {
  /** How many, from 2 on. */
  readonly folds: number;
  readonly seed: number;
  /** Class names by label, for messages. */
  readonly classes?: readonly string[];
}

/**
 * k splits for cross-validation: every recording is tested in exactly one of them. Folds are divided by group and
 * stratified by class and site (see `divide`); of the recordings that a fold does not test a fifth validates, drawn
 * by the same rule.
 *
 * @returns split `i` tests fold `i + 1`
 * @throws UsageError `split/folds`, `split/seed` · DataError `split/too-few-groups` when a class has not a group for each
 *   fold, or what is left of it not one each to train and to validate
 */
export function makeFolds(recordings: readonly RecordingEntry[], options: FoldOptions): Split[] {
  const { folds, seed, ...naming } = options;
  if (!Number.isSafeInteger(folds) || folds < 2) {
    throw new UsageError('split/folds', `the number of folds is ${folds}`, 'Give a whole number from 2 on');
  }
  const shares = Array.from({ length: folds }, (_, i) => ({ name: `fold ${i + 1}`, share: 1 / folds }));
  const tested = divide(recordings, shares, { seed, into: `${folds} folds`, ...naming });
  return tested.map((test, i) => {
    const held = new Set(test);
    const rest = recordings.filter(({ id }) => !held.has(id));
    const where = `without fold ${i + 1} of ${folds}`;
    const parts = { ...validated(rest, { seed, step: i + 1, where, ...naming }), test };
    return splitOf(parts, seed, { how: 'k-fold', fold: i + 1, folds });
  });
}

/** Train and validation of the recordings that are not tested. */
function validated(rest: readonly RecordingEntry[], options: DivideOptions) {
  const shares = [
    { name: 'train', share: 1 - VALIDATION_SHARE },
    { name: 'validation', share: VALIDATION_SHARE },
  ];
  const [train, validation] = divide(rest, shares, options);
  return { train: train!, validation: validation! };
}

export interface SiteOptions {
  readonly seed: number;
  /** Class names by label, for messages. */
  readonly classes?: readonly string[];
}

export interface SiteSplit {
  /** The site that is tested. */
  readonly site: string;
  readonly split: Split;
  /** Ids of recordings at other sites whose group was at this one too: they are in no part. */
  readonly leftOut: readonly string[];
}

export interface SiteSplits {
  /** By site in code-unit order. */
  readonly splits: readonly SiteSplit[];
  /** Sites that cannot be left out, because the others do not suffice to train and validate, and why. */
  readonly impossible: readonly { readonly site: string; readonly reason: string }[];
}

/**
 * A split for each site that tests all of its recordings, and trains and validates on the other sites, divided by
 * group and stratified by class and site (see `divide`). A group that was at the tested site and at others is
 * tested with its recordings there; its other recordings are left out of that split.
 *
 * @throws DataError `split/too-few-sites` with fewer than two sites, `split/too-few-groups` when no site can be left
 *   out · UsageError `split/seed`
 */
export function leaveOneSiteOut(recordings: readonly RecordingEntry[], options: SiteOptions): SiteSplits {
  const { seed, classes = [] } = options;
  const sites = [...new Set(recordings.map(({ site }) => site))].sort(byCodeUnits);
  if (sites.length < 2) {
    const message = `all ${recordings.length} recordings are of one site${sites[0] ? ` ("${sites[0]}")` : ''}`;
    throw new DataError(
      'split/too-few-sites',
      printable(message),
      'Leaving a site out needs two sites or more',
    );
  }
  const splits: SiteSplit[] = [];
  const impossible: { site: string; reason: string }[] = [];
  for (const [i, site] of sites.entries()) {
    const here = recordings.filter((recording) => recording.site === site);
    const groups = new Set(here.map(({ group }) => group));
    const elsewhere = recordings.filter((recording) => recording.site !== site);
    const rest = elsewhere.filter(({ group }) => !groups.has(group));
    const leftOut = elsewhere.filter(({ group }) => groups.has(group)).map(({ id }) => id);
    try {
      checkClasses(recordings, rest, site, classes);
      const where = `without site "${site}"`;
      const parts = {
        ...validated(rest, { seed, step: i + 1, where, classes }),
        test: here.map(({ id }) => id),
      };
      const split = splitOf(parts, seed, { how: 'leave-one-site-out', site });
      splits.push({ site, split, leftOut: leftOut.sort(byCodeUnits) });
    } catch (error) {
      if (!(error instanceof DataError)) throw error;
      impossible.push({ site, reason: error.message });
    }
  }
  if (splits.length > 0) return { splits, impossible };
  throw new DataError('split/too-few-groups', `no site can be left out; ${impossible[0]!.reason}`);
}

/** @throws DataError `split/too-few-groups` naming a class that only the tested site has */
function checkClasses(
  all: readonly RecordingEntry[],
  rest: readonly RecordingEntry[],
  site: string,
  classes: readonly string[],
): void {
  const known = new Set(rest.map(({ label }) => label));
  const missing = [...new Set(all.map(({ label }) => label))]
    .sort((a, b) => a - b)
    .find((k) => !known.has(k));
  if (missing === undefined) return;
  const message = `without site "${site}": no recording of class "${classes[missing] ?? missing}" is left`;
  throw new DataError('split/too-few-groups', printable(message), 'That site cannot be left out');
}
