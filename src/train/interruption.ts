/** Unwinds from the middle of long work after the caller's signal was aborted; trainings catch it and say so in their summary. */
export class Interruption extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interruption';
  }
}

/**
 * Lets the host handle signals and draw: kernels on the cpu backend run without a pause.
 * @throws Interruption when `signal` is aborted by then
 */
export async function breathe(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal?.aborted) throw new Interruption();
}
