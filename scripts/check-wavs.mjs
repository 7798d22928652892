/**
 * Reads every WAV file of a folder with the built reader, at once and as a stream, and prints one line a file:
 *
 *   node scripts/check-wavs.mjs FOLDER [--accept-truncated]
 *
 *   ok     path  encoding bits rate channels frames sha256 [warnings]   (of float32 samples, interleaved)
 *   error  path  code: message
 *   FAULT  path  what is wrong with the reader
 *
 * A fault is an error without a type or a byte offset in the file, a file read as no samples, different results at
 * once and as a stream, or more than 2 s a MB; any makes the exit code 1. Needs `npm run build`.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { join, relative } from 'node:path';
import { readWav, WavStream } from '../dist/dsp/index.js';

const SECONDS_PER_MB = 2;
/** Below this a slow file says more about the machine. */
const LEAST_SECONDS = 0.5;

class Interleaved {
  #hash = createHash('sha256');
  frames = 0;

  add(channels) {
    const { length } = channels[0];
    const out = new Float32Array(length * channels.length);
    for (let c = 0; c < channels.length; c++)
      for (let i = 0, at = c; i < length; i++, at += channels.length) out[at] = channels[c][i];
    this.#hash.update(new Uint8Array(out.buffer));
    this.frames += length;
  }

  get digest() {
    return this.#hash.digest('hex');
  }
}

/** A file as a source, read as a stream reads it: never as a whole. */
function fileSource(path) {
  const file = openSync(path);
  return {
    size: fstatSync(file).size,
    read(offset, length) {
      const bytes = new Uint8Array(length);
      return bytes.subarray(0, readSync(file, bytes, 0, length, offset));
    },
    close: () => closeSync(file),
  };
}

function atOnce(bytes, options) {
  const wav = readWav(bytes, options);
  const samples = new Interleaved();
  for (let at = 0; at < wav.frames; at += 65_536)
    samples.add(wav.channels.map((channel) => channel.subarray(at, at + 65_536)));
  if (wav.channels.some((channel) => channel.length !== wav.frames))
    throw new Error('channels differ in length');
  const { encoding, bitsPerSample, sampleRate, frames, warnings } = wav;
  return {
    encoding,
    bitsPerSample,
    sampleRate,
    channels: wav.channels.length,
    frames,
    digest: samples.digest,
    warnings,
  };
}

async function asStream(path, options) {
  const source = fileSource(path);
  try {
    const stream = await WavStream.open(source, options);
    const samples = new Interleaved();
    for await (const block of stream.blocks()) {
      if (block[0].length > 65_536 || block[0].length === 0)
        throw new Error(`a block of ${block[0].length} frames`);
      samples.add(block);
    }
    const { encoding, bitsPerSample, sampleRate, channels, frames, warnings } = stream.info;
    if (samples.frames !== frames) throw new Error(`${samples.frames} frames came, ${frames} were announced`);
    return { encoding, bitsPerSample, sampleRate, channels, frames, digest: samples.digest, warnings };
  } finally {
    source.close();
  }
}

/** What came of it: a result or an error, either as text that can be compared. */
async function outcome(read) {
  try {
    const r = await read();
    const text = [r.encoding, r.bitsPerSample, r.sampleRate, r.channels, r.frames, r.digest].join(' ');
    return {
      ok: true,
      frames: r.frames,
      text: r.warnings.length > 0 ? `${text} [${r.warnings.join('; ')}]` : text,
    };
  } catch (error) {
    return { ok: false, error, text: `${error.code}: ${error.message}` };
  }
}

function faultOf(sync, stream, size, seconds) {
  if (sync.text !== stream.text) return `at once: ${sync.text}; as a stream: ${stream.text}`;
  if (seconds > Math.max(LEAST_SECONDS, (SECONDS_PER_MB * size) / 1e6))
    return `it took ${seconds.toFixed(1)} s`;
  if (sync.ok) return sync.frames > 0 ? undefined : 'read as no samples';
  const offset = /\(at byte (\d+)\)/.exec(sync.error.message)?.[1];
  if (sync.error.name !== 'DataError' || !/^wav\//.test(sync.error.code))
    return `untyped: ${sync.error.stack}`;
  return offset !== undefined && Number(offset) <= size
    ? undefined
    : `no offset in the file: ${sync.error.message}`;
}

function wavsOf(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const paths = files.map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return paths.filter((path) => /\.(wav|wave|bwf|rf64)$/i.test(path)).sort();
}

const [folder, ...flags] = process.argv.slice(2);
if (!folder || flags.some((flag) => flag !== '--accept-truncated')) {
  console.error('usage: node scripts/check-wavs.mjs FOLDER [--accept-truncated]');
  process.exit(2);
}
const counts = { ok: 0, error: 0, FAULT: 0 };
for (const path of wavsOf(folder)) {
  const options = { name: relative(folder, path), truncated: flags.length > 0 ? 'accept' : 'error' };
  const bytes = new Uint8Array(readFileSync(path));
  const start = performance.now();
  const sync = await outcome(() => atOnce(bytes, options));
  const seconds = (performance.now() - start) / 1000;
  const fault = faultOf(sync, await outcome(() => asStream(path, options)), bytes.length, seconds);
  const kind = fault !== undefined ? 'FAULT' : sync.ok ? 'ok' : 'error';
  counts[kind]++;
  console.log(`${kind}\t${options.name}\t${fault ?? sync.text}`);
}
console.error(`${counts.ok} ok, ${counts.error} refused, ${counts.FAULT} faults`);
if (counts.FAULT > 0 || counts.ok + counts.error === 0) process.exitCode = 1;
