import { EngineError } from '../../src/base/errors.ts';
import { AllocationRefused, withAllocationLimit } from './allocations.ts';
import type { Target } from './targets.ts';

/** What is wrong with a reader, as one input shows it. */
export interface Finding {
  readonly kind: 'error' | 'memory' | 'answer';
  readonly message: string;
}

/** Memory that a reader may ask for: samples of 1 bit become floats of 4 bytes, and answers are written again. */
export function allowedBytes(input: number): number {
  return 256 * input + (1 << 20);
}

/** Reads one input; null where it was read rightly or refused in the engine's own words. */
export function findingOf(target: Target, input: Uint8Array): Finding | null {
  try {
    const { exceeded } = withAllocationLimit(allowedBytes(input.length), () => {
      try {
        target.read(input);
      } catch (error) {
        if (!(error instanceof EngineError)) throw error;
        if (!error.code.includes('/') || error.message === '')
          throw new Error(`an error without a code: ${error}`);
      }
    });
    return exceeded ? { kind: 'memory', message: 'a refused allocation was caught' } : null;
  } catch (error) {
    const message =
      error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
    if (error instanceof AllocationRefused) return { kind: 'memory', message };
    return { kind: message.includes('wrong answer') ? 'answer' : 'error', message };
  }
}
