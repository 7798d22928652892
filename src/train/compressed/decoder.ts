/** How decoders of other people are called: they say what goes wrong on the console, and may say it for ever. */

/**
 * Calls a decoder, which works synchronously. Each failure is reported on the console, and one of the decoders asks
 * again for as long as it fails: more than `most` reports end the call with an error.
 */
export function quietly<T>(decode: () => T, most: number): T {
  const { error } = console;
  let reports = 0;
  console.error = (message: unknown) => {
    if (++reports > most) throw new Error(String(message));
  };
  try {
    return decode();
  } finally {
    console.error = error;
  }
}

/** A decoder that failed may fail again here; its memory goes with it all the same. */
export function free(decoder: { free(): void }): void {
  try {
    decoder.free();
  } catch {
    // Nothing is left to be done.
  }
}

/** Numbers of all channels that are decoded at most, 2 GiB: 37 hours of one channel at 4 kHz, 3 at 44.1 kHz. */
export const MOST_VALUES = 2 ** 29;
