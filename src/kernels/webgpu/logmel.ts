import { ShapeError } from '../../base/errors.ts';
import { grid, groups, type WebgpuKernel } from './kernel.ts';

/** Longest transform that fits workgroup memory, as half its length in complex numbers. */
const LONGEST_FFT = 2048;
/** Beyond this a plain transform of n·n/2 steps would hold the device up for too long. */
const LONGEST = 8192;

/** Powers of two by FFT; other lengths by the definition, in two passes with the spectra in memory between. */
export const melPower: WebgpuKernel<'melPower'> = (gpu, inputs, outputs, attributes) => {
  const [samples, window, roots, firstBin, weights] = inputs;
  const [batch, length] = samples!.shape as [number, number];
  const n = window!.shape[0]!;
  const [, bands, frames] = outputs[0]!.shape as [number, number, number];
  const width = weights!.shape[1]!;
  const { hopLength, padding, reflect } = attributes;
  const cut = [length, frames, hopLength, padding, reflect ? 1 : 0];
  if (n >= 8 && n <= LONGEST_FFT && (n & (n - 1)) === 0) {
    const perGroup = 2048 / n;
    gpu.dispatch({
      shader: 'mel-fft',
      constants: { N: n },
      inputs,
      outputs,
      integers: [...cut, bands, width],
      workgroups: [groups(frames, perGroup), batch, 1],
    });
    return;
  }
  if (n > LONGEST) {
    const message = `melPower: a transform of ${n} samples on webgpu`;
    throw new ShapeError(
      'melPower/length',
      message,
      `At most ${LONGEST} are possible; the cpu takes any length`,
    );
  }
  const bins = Math.floor(n / 2) + 1;
  const spectra = gpu.temporary(batch * frames * bins);
  const count = batch * frames * bins;
  gpu.dispatch({
    shader: 'mel-dft',
    inputs: [samples!, window!, roots!],
    outputs: [spectra],
    integers: [...cut, n, bins, count],
    workgroups: grid(count, 64),
  });
  const values = batch * bands * frames;
  gpu.dispatch({
    shader: 'mel-bands',
    inputs: [spectra, firstBin!, weights!],
    outputs,
    integers: [bands, width, frames, bins, values],
    workgroups: grid(values, 64),
  });
};
