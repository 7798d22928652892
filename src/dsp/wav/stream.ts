/** Reading a WAV file piece by piece, in memory that does not depend on its length. */

import { UsageError } from '../../base/errors.ts';
import {
  BLOCK_FRAMES,
  type Inspected,
  inspectWav,
  planRuns,
  type ReadWavOptions,
  type WavInfo,
} from './inspect.ts';
import { type ByteSource, driveAsync, readExactly } from './source.ts';

export class WavStream {
  readonly info: WavInfo;
  readonly #source: ByteSource;
  readonly #name: string;
  readonly #inspected: Inspected;

  private constructor(source: ByteSource, name: string, inspected: Inspected) {
    this.info = inspected.info;
    this.#source = source;
    this.#name = name;
    this.#inspected = inspected;
  }

  /**
   * Reads the header; of PCM samples narrower than their container, up to 1 MiB of sound too.
   * @throws DataError as `readWav`, `wav/changed` if the source ends before its size, `wav/unreadable` if reading it
   *   fails · UsageError `wav/bad-source`
   */
  static async open(source: ByteSource, options: ReadWavOptions = {}): Promise<WavStream> {
    const name = options.name ?? 'WAV';
    const { size } = source;
    if (!Number.isSafeInteger(size) || size < 0)
      throw new UsageError('wav/bad-source', `${name}: a source cannot have ${size} bytes`);
    return new WavStream(source, name, await driveAsync(inspectWav(size, options), source, name));
  }

  /**
   * The sound from its start, in blocks of at most 65,536 frames: one array a channel, all of the same length.
   * @throws DataError `wav/bad-block`, `wav/changed`, `wav/unreadable`
   */
  async *blocks(): AsyncGenerator<Float32Array[]> {
    const { info, codec } = this.#inspected;
    for (const run of planRuns(this.#inspected)) {
      const bytes = await readExactly(this.#source, run, this.#name);
      const channels = Array.from({ length: info.channels }, () => new Float32Array(run.frames));
      codec.decode(bytes, run.frames, channels, 0, run.offset);
      if (run.frames <= BLOCK_FRAMES) yield channels;
      // a single block of ADPCM can hold more
      else
        for (let at = 0; at < run.frames; at += BLOCK_FRAMES)
          yield channels.map((channel) => channel.subarray(at, at + BLOCK_FRAMES));
    }
  }
}
