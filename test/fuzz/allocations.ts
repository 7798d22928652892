/**
 * Counts the memory that a piece of code asks for, and refuses what no honest reader of so small a file needs:
 * a size that a file claims must never reach an allocation.
 */

const GUARDED = [
  'ArrayBuffer',
  'SharedArrayBuffer',
  'Int8Array',
  'Uint8Array',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
] as const;

/** Thrown inside the guarded code; whoever swallows it is found out by `exceeded`. */
export class AllocationRefused extends Error {}

/**
 * Runs `body` with constructors of buffers that count. @returns whether it asked for more than `limit` bytes in all
 */
export function withAllocationLimit<T>(limit: number, body: () => T): { result: T; exceeded: boolean } {
  const global = globalThis as unknown as Record<string, new (...args: never[]) => unknown>;
  const originals = GUARDED.map((name) => global[name]!);
  let asked = 0;
  let exceeded = false;
  GUARDED.forEach((name, i) => {
    const original = originals[i]!;
    const width = (original as unknown as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    global[name] = new Proxy(original, {
      construct(target, args: unknown[], newTarget) {
        const [size] = args;
        // A view of memory that is there costs nothing.
        if (typeof size === 'number') asked += size * width;
        else if (Array.isArray(size) || ArrayBuffer.isView(size))
          asked += (size as { length: number }).length * width;
        if (asked > limit) {
          exceeded = true;
          throw new AllocationRefused(`${name} of ${String(size)}: ${asked} bytes in all, ${limit} allowed`);
        }
        return Reflect.construct(target, args, newTarget === global[name] ? target : newTarget) as object;
      },
    });
  });
  try {
    return { result: body(), exceeded };
  } finally {
    GUARDED.forEach((name, i) => {
      global[name] = originals[i]!;
    });
  }
}
