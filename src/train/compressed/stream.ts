/** Sound of a compressed file, known in its form, its samples still to come. */
export interface CompressedStream {
  /** Hz */
  readonly sampleRate: number;
  readonly channels: number;
  /** Samples of each channel. */
  readonly frames: number;
  /** What is odd about the file but does not prevent reading it. */
  readonly warnings: string[];
  /** All samples, once: one array a channel. @throws DataError `audio/damaged` */
  blocks(): AsyncIterable<Float32Array[]>;
}
