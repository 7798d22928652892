/**
 * Every error the engine raises on purpose. One class a family; each carries a stable `code`, says what
 * happened with the actual shapes, paths and values, and what to do about it. The CLI maps families to
 * exit codes (`exitCode`); anything else that escapes is a bug and exits 1.
 */
export abstract class EngineError extends Error {
  /** Stable, machine-readable reason, such as `wav/truncated`. */
  readonly code: string;
  /** What the CLI exits with: 1 failed · 2 usage · 3 data · 4 device. */
  abstract readonly exitCode: 1 | 2 | 3 | 4;

  /** @param hint what the user can do next; appended to the message on its own sentence. */
  constructor(code: string, message: string, hint?: string, options?: ErrorOptions) {
    super(hint ? `${message}. ${hint}` : message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

/** Shapes, ranks or attributes that do not fit the op. */
export class ShapeError extends EngineError {
  readonly exitCode = 1;
}

/** A tensor, scope or backend used in a way its life does not allow (after free, across backends). */
export class StateError extends EngineError {
  readonly exitCode = 1;
}

/** A run that cannot go on: diverged loss, NaN in features, a weight file that does not fit its model. */
export class RunError extends EngineError {
  readonly exitCode = 1;
}

/** Options or arguments that make no sense, alone or together. */
export class UsageError extends EngineError {
  readonly exitCode = 2;
}

/** Recordings, labels, splits, weight files: anything read from outside that is wrong. */
export class DataError extends EngineError {
  readonly exitCode = 3;
}

/** A device that is not there, cannot do what was asked, or was lost. */
export class DeviceError extends EngineError {
  readonly exitCode = 4;
}

/** `[32,3,64,128]`: how shapes are written in every message. */
export function formatShape(shape: readonly number[]): string {
  return `[${shape.join(',')}]`;
}
