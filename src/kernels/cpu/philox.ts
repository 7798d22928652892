/** Bytes of scratch that the keys of the random generator take; KEYS in wasm/philox.ts. */
export const KEYS = 320;
