import type { View } from './kernel.ts';
import type { Machine } from './machine.ts';
import type { Heap } from './memory.ts';

interface Form {
  readonly key: readonly number[];
  /** 0 until the form is kept. */
  address: number;
}

/**
 * Packed forms of a buffer's values, kept between ops. The buffer and its views share them; whoever writes to any part
 * of it, or frees it, clears them. A form is kept when it is asked for a second time: weights of a training step, new in
 * every step and packed once for each use, take no memory.
 */
export class PackedForms {
  private readonly heap: Heap;
  private readonly forms: Form[] = [];

  constructor(heap: Heap) {
    this.heap = heap;
  }

  /** Forgets all forms: to be called when the values change or go. */
  clear(): void {
    if (this.forms.length === 0) return;
    for (const { address } of this.forms) if (address) this.heap.release(address);
    this.forms.length = 0;
  }

  /** Where a form lies, or undefined. `key` begins with the address of the values and says all that decides the form. */
  find(key: readonly number[]): number | undefined {
    return this.form(key)?.address || undefined;
  }

  /** Whether the form has been asked for before, by this same question. */
  wanted(key: readonly number[]): boolean {
    if (this.form(key)) return true;
    this.forms.push({ key, address: 0 });
    return false;
  }

  /** Memory of a form that is wanted, filled by `write`. */
  keep(key: readonly number[], bytes: number, write: (address: number) => void): number {
    const address = this.heap.allocate(bytes);
    try {
      write(address);
    } catch (error) {
      this.heap.release(address);
      throw error;
    }
    this.form(key)!.address = address;
    return address;
  }

  private form(key: readonly number[]): Form | undefined {
    return this.forms.find((form) => {
      return form.key.length === key.length && form.key.every((value, i) => value === key[i]);
    });
  }
}

/**
 * Address of a packed form of `values`: as it was kept, or written by `write`.
 * @param key what decides the form, beside where the values lie
 */
export function packedForm(
  machine: Machine,
  values: View,
  key: readonly number[],
  bytes: number,
  write: (address: number) => void,
): number {
  const { forms } = values;
  const whole = [values.address, ...key];
  const kept = forms?.find(whole);
  if (kept !== undefined) return kept;
  if (forms?.wanted(whole)) return forms.keep(whole, bytes, write);
  const address = machine.temporary(bytes);
  write(address);
  return address;
}
