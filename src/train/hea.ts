import { statSync } from 'node:fs';
import { DataError } from '../base/errors.ts';
import { fileError, readBytes, requireRegular } from './files.ts';
import { printable } from './recording.ts';

/**
 * A WFDB header: what PhysioNet says of a record beside its sound
 * (https://physionet.org/physiotools/wag/header-5.htm). Fields that the file leaves out are absent here; nothing
 * is made of them, and nothing is checked against the sound.
 */
export interface HeaHeader {
  readonly record: string;
  /** Samples a second and signal; the format's default of 250 is left to the caller. */
  readonly rate?: number;
  readonly counterRate?: number;
  readonly counterBase?: number;
  /** Samples a signal. */
  readonly samples?: number;
  /** As written, `HH:MM:SS`. */
  readonly time?: string;
  /** As written, `DD/MM/YYYY`. */
  readonly date?: string;
  /** One an signal line; empty where the record has segments. */
  readonly signals: readonly HeaSignal[];
  /** Names and lengths of the parts, where it has segments. */
  readonly segments: readonly { readonly record: string; readonly samples: number }[];
  /** Comments in order, without `#` and outer blanks; empty ones left out. */
  readonly comments: readonly string[];
}

export interface HeaSignal {
  /** As written: it may be a path, and is not to be trusted as one. */
  readonly file: string;
  /** Number of the WFDB storage format, such as 16. */
  readonly format: number;
  readonly samplesPerFrame?: number;
  readonly skew?: number;
  /** Bytes before the first sample; 44 for WAV. */
  readonly byteOffset?: number;
  /** Steps of the converter a physical unit. */
  readonly gain?: number;
  readonly baseline?: number;
  readonly units?: string;
  /** Bits. */
  readonly resolution?: number;
  readonly zero?: number;
  readonly initialValue?: number;
  readonly checksum?: number;
  readonly blockSize?: number;
  readonly description?: string;
}

/** Longer than any header, and short enough to be read whole. */
const LONGEST = 1 << 20;

const RECORD = /^([A-Za-z0-9_-]+)(?:\/(\d+))?$/;
const RATE = /^([^/()]+)(?:\/([^/()]+)(?:\(([^/()]+)\))?)?$/;
const FORMAT = /^(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?$/;
const GAIN = /^([^()/]+)(?:\(([^()/]+)\))?(?:\/(\S+))?$/;
const TIME = /^\d{1,2}(?::\d{1,2}){0,2}(?:\.\d+)?$/;
const DATE = /^(\d{1,2})\/(\d{1,2})\/(\d{1,4})$/;
const REAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const INTEGER = /^[+-]?\d+$/;

/** @throws DataError `hea/too-long`, `hea/not-text` and those of `parseHea`; `file/…` */
export function readHea(path: string): HeaHeader {
  requireRegular(path);
  let size: number;
  try {
    size = statSync(path).size;
  } catch (cause) {
    throw fileError('read', path, cause);
  }
  if (size > LONGEST) throw tooLong(path, size);
  const bytes = readBytes(path);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new DataError(
      'hea/not-text',
      printable(`${path}: not a WFDB header, it holds bytes that are no text`),
    );
  }
  return parseHea(text, path);
}

/**
 * Parses a WFDB header. The record line says how many signal (or segment) lines follow; more or fewer are an
 * error, and so is any field that is not what its place asks for. Comments may stand anywhere.
 *
 * @param file name for messages
 * @throws DataError `hea/empty`, `hea/too-long`, `hea/record`, `hea/rate`, `hea/samples`, `hea/time`, `hea/date`,
 *   `hea/signal`, `hea/segment`, `hea/missing-lines`, `hea/extra-line`, each with file and line
 */
export function parseHea(text: string, file: string): HeaHeader {
  if (text.length > LONGEST) throw tooLong(file, text.length);
  const { lines, comments } = linesOf(text);
  const [first, ...others] = lines;
  if (!first) throw new DataError('hea/empty', printable(`${file}: no record line in this WFDB header`));
  const { count, segmented, ...record } = recordLine(first, file);
  if (others.length < count) {
    const what = `${count} ${segmented ? 'segments' : 'signals'} are announced and ${others.length} lines follow`;
    throw heaError('missing-lines', file, first, what);
  }
  if (others.length > count) {
    const what = `a line beyond the ${count} ${segmented ? 'segments' : 'signals'} that line ${first.number} announces`;
    throw heaError('extra-line', file, others[count]!, what);
  }
  return {
    ...record,
    signals: segmented ? [] : others.map((line) => signalLine(line, file)),
    segments: segmented ? others.map((line) => segmentLine(line, file)) : [],
    comments,
  };
}

interface Line {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

function linesOf(text: string) {
  const lines: Line[] = [];
  const comments: string[] = [];
  for (const [index, raw] of text
    .replace(/^\ufeff/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim();
    if (line.startsWith('#')) {
      const comment = line.slice(1).trim();
      if (comment !== '') comments.push(comment);
    } else if (line !== '') lines.push({ number: index + 1, text: line });
  }
  return { lines, comments };
}

function heaError(code: string, file: string, line: Line, what: string): DataError {
  const message = `${file}:${line.number}: ${shortened(what)} (the line is "${shortened(line.text)}")`;
  return new DataError(`hea/${code}`, printable(message));
}

function shortened(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

function tooLong(file: string, length: number): DataError {
  const message = `${file}: ${length} bytes are too many for a WFDB header, at most ${LONGEST} are read`;
  return new DataError('hea/too-long', printable(message));
}

function recordLine(line: Line, file: string) {
  const [name = '', signals = '', rate, samples, time, date, ...rest] = line.text.split(/\s+/);
  const wrong = (code: string, what: string) => heaError(code, file, line, what);
  const names = RECORD.exec(name);
  if (!names) throw wrong('record', 'a line "record signals [rate [samples [time [date]]]]" was expected');
  const count = whole(signals);
  if (count === undefined) throw wrong('record', `"${signals}" is no number of signals`);
  const segments = names[2] === undefined ? undefined : whole(names[2]);
  if (names[2] !== undefined && !segments) throw wrong('record', `"${names[2]}" is no number of segments`);
  if (rest.length > 0) throw wrong('record', `"${rest[0]}" follows the date`);
  const length = samples === undefined ? undefined : whole(samples);
  if (samples !== undefined && length === undefined)
    throw wrong('samples', `"${samples}" is no number of samples`);
  if (time !== undefined && !isTime(time)) throw wrong('time', `"${time}" is no time HH:MM:SS`);
  if (date !== undefined && !isDate(date)) throw wrong('date', `"${date}" is no date DD/MM/YYYY`);
  return {
    record: names[1]!,
    count: segments ?? count,
    segmented: segments !== undefined,
    ...(rate === undefined ? {} : rateField(rate, wrong)),
    ...present({ samples: length, time, date }),
  };
}

function rateField(field: string, wrong: (code: string, what: string) => DataError) {
  const parts = RATE.exec(field);
  const numbers = parts?.slice(1).map((part) => (part === undefined ? undefined : real(part)));
  const valid = parts && numbers!.every((number, i) => parts[i + 1] === undefined || number !== undefined);
  const [rate, counterRate, counterBase] = numbers ?? [];
  if (!valid || !(rate! > 0) || (counterRate !== undefined && counterRate <= 0))
    throw wrong('rate', `"${field}" is no number of samples a second`);
  return present({ rate, counterRate, counterBase });
}

function signalLine(line: Line, file: string): HeaSignal {
  const wrong = (what: string) => heaError('signal', file, line, what);
  const [name = '', storage = '', ...fields] = line.text.split(/\s+/, 8);
  const format = FORMAT.exec(storage)
    ?.slice(1)
    .map((part) => (part === undefined ? undefined : whole(part)));
  if (
    !format ||
    FORMAT.exec(storage)!
      .slice(1)
      .some((part, i) => part !== undefined && format[i] === undefined)
  )
    throw wrong(`"${storage}" is no storage format`);
  const [number, samplesPerFrame, skew, byteOffset] = format;
  const [gainField, ...integers] = fields;
  const names = ['ADC resolution', 'ADC zero', 'initial value', 'checksum', 'block size'];
  const [resolution, zero, initialValue, checksum, blockSize] = integers.map((field, i) => {
    const value = INTEGER.test(field) ? Number(field) : Number.NaN;
    if (!Number.isSafeInteger(value)) throw wrong(`"${field}" is no ${names[i]}`);
    return value;
  });
  const described = /^(?:\S+\s+){8}(.*)$/s.exec(line.text)?.[1];
  return {
    file: name,
    format: number!,
    ...(gainField === undefined ? {} : gainParts(gainField, wrong)),
    ...present({ samplesPerFrame, skew, byteOffset }),
    ...present({ resolution, zero, initialValue, checksum, blockSize, description: described }),
  };
}

function gainParts(field: string, wrong: (what: string) => DataError) {
  const parts = GAIN.exec(field);
  const gain = parts ? real(parts[1]!) : undefined;
  const offset = parts?.[2];
  const baseline = offset !== undefined && INTEGER.test(offset) ? Number(offset) : undefined;
  if (gain === undefined || (offset !== undefined && !Number.isSafeInteger(baseline)))
    throw wrong(`"${field}" is no gain`);
  return present({ gain, baseline, units: parts![3] });
}

function segmentLine(line: Line, file: string) {
  const [record = '', length = '', ...rest] = line.text.split(/\s+/, 3);
  const samples = whole(length);
  // `~` stands for a stretch without signals.
  if (!(record === '~' || /^[A-Za-z0-9_-]+$/.test(record)) || samples === undefined || rest.length > 0)
    throw heaError('segment', file, line, 'a line "record samples" was expected');
  return { record, samples };
}

/** A whole number that is not negative and held exactly. */
function whole(text: string): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(value) ? value : undefined;
}

function real(text: string): number | undefined {
  const value = REAL.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

/** `HH:MM:SS.s`, `MM:SS` or `SS`, as the format has it. */
function isTime(text: string): boolean {
  if (!TIME.test(text)) return false;
  const [seconds, minutes = 0, hours = 0] = text.split(':').map(Number).reverse();
  return seconds! < 60 && minutes < 60 && hours < 24;
}

function isDate(text: string): boolean {
  const [, day, month] = DATE.exec(text)?.map(Number) ?? [];
  return day !== undefined && day >= 1 && day <= 31 && month! >= 1 && month! <= 12;
}

type Known<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that are there. */
function present<T extends object>(fields: T): Known<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>;
}
