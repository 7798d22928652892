/** How what goes wrong with one item, or with all, comes from where it happened to who asked. */
import {
  DataError,
  DeviceError,
  EngineError,
  RunError,
  ShapeError,
  StateError,
  UsageError,
} from '../../base/errors.ts';
import { printable } from '../recording.ts';

/** Why one item of many could not be used. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

/**
 * Why one recording of many could not be used. Anything but an error of the engine or too little memory for
 * this one is thrown again.
 */
export function failureOf(error: unknown, path: string): Failure {
  if (error instanceof DeviceError) throw error;
  if (error instanceof EngineError) return { code: error.code, message: printable(error.message) };
  // "Array buffer allocation failed", "Invalid typed array length: …"
  if (!(error instanceof RangeError && /\barray\b/i.test(error.message))) throw error;
  return outOfMemory(path);
}

export function outOfMemory(path: string): Failure {
  return { code: 'recording/memory', message: printable(`${path} is too long for this machine's memory`) };
}

/** An error as it travels between threads, which only know the built-in kinds. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Of an error of the engine. */
  readonly code: string | undefined;
}

const FAMILIES = { DataError, DeviceError, RunError, ShapeError, StateError, UsageError };

export function packError(error: unknown): PackedError {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return { name, message, stack, code: error instanceof EngineError ? error.code : undefined };
}

export function unpackError({ name, message, stack, code }: PackedError): Error {
  const Family = Object.hasOwn(FAMILIES, name) ? FAMILIES[name as keyof typeof FAMILIES] : undefined;
  const error = code !== undefined && Family ? new Family(code, message) : new Error(message);
  error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}
