import { describe } from 'vitest';
import { type WebgpuBackend, type WebgpuOptions, webgpu } from '../../src/kernels/webgpu/backend.ts';

let reason: string | null | undefined;

/** Why there is no adapter here, or null where there is one. Any will do: one on the processor as well. */
async function missing(): Promise<string | null> {
  try {
    await (await webgpu()).close();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Tests that need a GPU adapter. Without one they are skipped and the reason is printed; where
 * PCG_ENGINE_REQUIRE_GPU is set (CI), that is a failure.
 */
export async function describeGpu(name: string, body: () => void): Promise<void> {
  reason ??= await missing();
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
