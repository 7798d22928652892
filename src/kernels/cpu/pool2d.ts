import type { PoolAttributes } from '../ops.ts';
import { type CpuKernel, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';

/** Pieces a job has at most: enough for any number of threads to share evenly. */
const MAX_PIECES = 64;

interface Pooling {
  /** Has the size of the image. */
  readonly image: View;
  /** Has one value for each window. */
  readonly windows: View;
  /** What the kernel writes, reads first and reads second. */
  readonly addresses: readonly [number, number, number];
}

function pool(
  machine: Machine,
  kernel: string,
  { image, windows, addresses }: Pooling,
  a: PoolAttributes,
): void {
  const [N, C, H, W] = image.shape as [number, number, number, number];
  const [, , outH, outW] = windows.shape as [number, number, number, number];
  const planes = N * C;
  const pieces = Math.min(planes, MAX_PIECES);
  machine.launch(
    kernel,
    pieces,
    [...addresses, planes, pieces, H, W, outH, outW, ...a.kernel, ...a.stride, a.padding[0], a.padding[2]],
    [],
    { work: sizeOf(image.shape) + sizeOf(windows.shape) * a.kernel[0] * a.kernel[1] },
  );
}

export const maxPool2d: CpuKernel<'maxPool2d'> = (machine, [x], [y], attributes) => {
  pool(machine, 'maxPool2d', { image: x!, windows: y!, addresses: [y!.address, x!.address, 0] }, attributes);
};

export const maxPool2dScatter: CpuKernel<'maxPool2dScatter'> = (machine, [x, dy], [dx], attributes) => {
  const addresses = [dx!.address, x!.address, dy!.address] as const;
  pool(machine, 'maxPool2dScatter', { image: x!, windows: dy!, addresses }, attributes);
};

export const maxPool2dGather: CpuKernel<'maxPool2dGather'> = (machine, [x, g], [y], attributes) => {
  const addresses = [y!.address, x!.address, g!.address] as const;
  pool(machine, 'maxPool2dGather', { image: x!, windows: y!, addresses }, attributes);
};

export const avgPool2d: CpuKernel<'avgPool2d'> = (machine, [x], [y], attributes) => {
  pool(machine, 'avgPool2d', { image: x!, windows: y!, addresses: [y!.address, x!.address, 0] }, attributes);
};

export const avgPool2dBackward: CpuKernel<'avgPool2dBackward'> = (machine, [dy], [dx], attributes) => {
  const addresses = [dx!.address, dy!.address, 0] as const;
  pool(machine, 'avgPool2dBackward', { image: dx!, windows: dy!, addresses }, attributes);
};
