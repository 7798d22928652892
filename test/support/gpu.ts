import { describe } from 'vitest';
import { type WebgpuBackend, type WebgpuOptions, webgpu } from '../../src/kernels/webgpu/backend.ts';

const reasons = new Map<string, string | null>();

/** Why this does not open here, or null where it does. Any adapter will do: one on the processor as well. */
async function missing(options: WebgpuOptions): Promise<string | null> {
  try {
    await (await webgpu(options)).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Tests that need a GPU adapter, or what else `options` ask for. Without it they are skipped and the reason is
 * printed; where PCG_ENGINE_REQUIRE_GPU is set (CI), that is a failure.
 */
export async function describeGpu(
  name: string,
  body: () => void,
  options: WebgpuOptions = {},
): Promise<void> {
  const key = JSON.stringify(options);
  if (!reasons.has(key)) reasons.set(key, await missing(options));
  const reason = reasons.get(key) ?? null;
  if (reason === null) {
    describe(name, body);
    return;
  }
  if (process.env.PCG_ENGINE_REQUIRE_GPU) throw new Error(`${name} must run here, but: ${reason}`);
  console.warn(`skipped: ${name} (${reason})`);
  describe.skip(`${name} (skipped: ${reason})`, body);
}

export function openGpu(options: WebgpuOptions = {}): Promise<WebgpuBackend> {
  return webgpu(options);
}

/** Runs `body` where no Vulkan driver is found, in this process and in what it starts. */
export async function withoutGpu<T>(body: () => Promise<T>): Promise<T> {
  const names = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES'] as const;
  const before = names.map((name) => process.env[name]);
  for (const name of names) process.env[name] = '/nowhere/no-driver.json';
  try {
    return await body();
  } finally {
    for (const [i, name] of names.entries()) {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    }
  }
}
