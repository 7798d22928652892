import { ShapeError } from '../../base/errors.ts';
import type { CpuKernel } from './kernel.ts';

/** In float64 inside; a plain transform of n·n/2 steps: recordings go through the FFT of `dsp`. */
export const melPower: CpuKernel<'melPower'> = (machine, inputs, [y], { hopLength, padding, reflect }) => {
  const [samples, window, , firstBin, weights] = inputs;
  const [batch, length] = samples!.shape as [number, number];
  const n = window!.shape[0]!;
  const [, bands, frames] = y!.shape as [number, number, number];
  const bins = Math.floor(n / 2) + 1;
  for (let band = 0; band < bands; band++) {
    const first = machine.heap.i32[firstBin!.address / 4 + band]!;
    if (first < 0 || first >= bins) {
      const message = `melPower: band ${band} begins at bin ${first}, of ${bins}`;
      throw new ShapeError('melPower/bin', message);
    }
  }
  const integers = [
    y!.address,
    ...inputs.map(({ address }) => address),
    ...[length, n, bands, frames, weights!.shape[1]!, hopLength, padding, reflect ? 1 : 0],
  ];
  machine.launch('melPowerKernel', batch * frames, integers, [], {
    work: batch * frames * n * n,
    scratch: 8 * (n + bins),
  });
};
