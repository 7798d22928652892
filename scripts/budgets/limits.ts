/**
 * What may not be exceeded unnoticed. Nothing here depends on the machine. A limit is raised only with the reason
 * written beside it; `reached` is the figure when it was last set, so that the room left can be seen.
 *
 * Counts are the same every time, so their limit is what was reached; bytes moved and lines have 5 % of room. A
 * training step is one of 32 windows that the host brings, inference of one window, both in the steady state: bytes
 * moved are those of the operands of all ops and of what is uploaded, allocations the buffers asked of the backend and
 * what kernels take for themselves. Lines are those with something on them that is not a comment.
 */
export interface Limit {
  readonly limit: number;
  readonly reached: number;
  readonly unit: string;
  /** Why it was raised. */
  readonly reason?: string;
}

const limit = (reached: number, most: number, unit: string, reason?: string): Limit => ({
  reached,
  limit: most,
  unit,
  ...(reason === undefined ? {} : { reason }),
});

/** Was 80 and 41 jobs, 131 and 65 allocations. */
const PACK = 'pack copies gradients in a job with a table, not the host: 39 → 23 µs each (decision 0023)';

export const LIMITS: Readonly<Record<string, Limit>> = {
  tarball: limit(592, 600, 'kB'),
  'installed, with commander': limit(2192, 2300, 'kB'),
  'optional webgpu, installed': limit(137, 145, 'MB'),
  'browser engine, gzipped': limit(108, 120, 'kB'),
  'webgpu backend on demand, gzipped': limit(53, 70, 'kB'),
  'pcg-lite: model file': limit(215, 450, 'kB'),
  'pcg-lite: parameters': limit(52610, 52610, ''),
  'pcg-lite: multiply-adds': limit(33.668, 33.668, 'million'),
  'pcg-lite: inference, jobs on cpu': limit(11, 11, ''),
  'pcg-lite: inference, bytes moved': limit(1.8, 2, 'MB'),
  'pcg-lite: inference, allocations': limit(16, 16, ''),
  'pcg-lite: inference, live buffers after': limit(42, 42, ''),
  'pcg-lite: step, jobs on cpu': limit(82, 82, '', PACK),
  'pcg-lite: step, bytes moved': limit(390.2, 409.7, 'MB'),
  'pcg-lite: step, allocations': limit(133, 133, '', PACK),
  'pcg-lite: step, live buffers after': limit(8, 8, ''),
  'pcg-lite: step, live buffers more than before it': limit(0, 0, ''),
  'reference-step: parameters': limit(6435, 6435, ''),
  'reference-step: multiply-adds': limit(10.651, 10.651, 'million'),
  'reference-step: inference, jobs on cpu': limit(6, 6, ''),
  'reference-step: inference, bytes moved': limit(0.5, 0.6, 'MB'),
  'reference-step: inference, allocations': limit(9, 9, ''),
  'reference-step: inference, live buffers after': limit(20, 20, ''),
  'reference-step: step, jobs on cpu': limit(43, 43, '', PACK),
  'reference-step: step, bytes moved': limit(194.8, 204.6, 'MB'),
  'reference-step: step, allocations': limit(67, 67, '', PACK),
  'reference-step: step, live buffers after': limit(8, 8, ''),
  'reference-step: step, live buffers more than before it': limit(0, 0, ''),
  'pcg-lite: inference, dispatches on webgpu': limit(12, 12, ''),
  'pcg-lite: inference, new device buffers on webgpu': limit(0, 0, ''),
  'pcg-lite: inference, new bind groups on webgpu': limit(0, 0, ''),
  'pcg-lite: inference, new pipelines on webgpu': limit(0, 0, ''),
  'pcg-lite: step, dispatches on webgpu': limit(70, 70, ''),
  'pcg-lite: step, new device buffers on webgpu': limit(0, 0, ''),
  'pcg-lite: step, new bind groups on webgpu': limit(0, 0, ''),
  'pcg-lite: step, new pipelines on webgpu': limit(0, 0, ''),
  'reference-step: inference, dispatches on webgpu': limit(7, 7, ''),
  'reference-step: inference, new device buffers on webgpu': limit(0, 0, ''),
  'reference-step: inference, new bind groups on webgpu': limit(0, 0, ''),
  'reference-step: inference, new pipelines on webgpu': limit(0, 0, ''),
  'reference-step: step, dispatches on webgpu': limit(40, 40, ''),
  'reference-step: step, new device buffers on webgpu': limit(0, 0, ''),
  'reference-step: step, new bind groups on webgpu': limit(0, 0, ''),
  'reference-step: step, new pipelines on webgpu': limit(0, 0, ''),
  'lines of src/base': limit(374, 400, 'lines'),
  'lines of src/cli': limit(3894, 4090, 'lines'),
  'lines of src/dsp': limit(2994, 3150, 'lines'),
  'lines of src/kernels': limit(16594, 17430, 'lines'),
  'lines of src/layers': limit(778, 820, 'lines'),
  'lines of src/tensor': limit(3205, 3370, 'lines'),
  'lines of src/train': limit(13915, 14620, 'lines'),
  'lines of src/vendor': limit(21, 30, 'lines'),
  'lines of bench': limit(7992, 8400, 'lines'),
  'lines of scripts': limit(1074, 1130, 'lines'),
};
