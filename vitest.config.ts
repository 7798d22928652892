import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const src = fileURLToPath(new URL('./src/', import.meta.url));

export default defineConfig({
  // The examples import the package by its name; tests run them against the sources.
  resolve: {
    alias: [
      { find: /^pcg-engine$/, replacement: `${src}index.ts` },
      { find: /^pcg-engine\/(layers|dsp|train)$/, replacement: `${src}$1/index.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Software Vulkan compiles kernels slowly, and a machine may be busy: a limit is for what hangs.
    testTimeout: 180_000,
    hookTimeout: 60_000,
    execArgv: ['--expose-gc'],
    // Mesa's software Vulkan compiles kernels for vectors of 4 in half the time that it needs for 8.
    env: {
      LP_NATIVE_VECTOR_WIDTH: process.env.LP_NATIVE_VECTOR_WIDTH ?? '128',
      // Nothing of a test is kept in the home of whoever runs it.
      PCG_ENGINE_CACHE: 'off',
    },
  },
});
