/** Power spectra of frames through a filterbank, by the definition of the discrete Fourier transform, in float64. */
import { arg, argI } from './args';

/** Index into a signal, mirrored at both ends without repeating them. */
// @ts-ignore: decorator
@inline
function mirror(i: i32, length: i32): i32 {
  if (length == 1) return 0;
  const period = 2 * (length - 1);
  const j = ((i % period) + period) % period;
  return j < length ? j : period - j;
}

/**
 * args: y, samples, window, roots, firstBin, weights, length, n, bands, frames, width, hop, padding, reflect?.
 * A piece is a frame; scratch holds its n windowed samples and n/2 + 1 powers.
 */
export function melPowerKernel(args: usize, piece: i32, scratch: usize): void {
  const length = argI(args, 6);
  const n = argI(args, 7);
  const frames = argI(args, 9);
  const batch = piece / frames;
  const frame = piece - batch * frames;
  const bins = (n >> 1) + 1;
  const power = scratch + (<usize>n << 3);

  const samples = arg(args, 1) + ((<usize>batch * <usize>length) << 2);
  const start = frame * argI(args, 11) - argI(args, 12);
  for (let t = 0; t < n; t++) {
    let i = start + t;
    let x: f64 = 0;
    const inside = i >= 0 && i < length;
    if (inside || argI(args, 13)) {
      if (!inside) i = mirror(i, length);
      x = <f64>load<f32>(samples + (<usize>i << 2)) * <f64>load<f32>(arg(args, 2) + (<usize>t << 2));
    }
    store<f64>(scratch + (<usize>t << 3), x);
  }

  const roots = arg(args, 3);
  for (let k = 0; k < bins; k++) {
    let re: f64 = 0;
    let im: f64 = 0;
    for (let t = 0, root = 0; t < n; t++) {
      const x = load<f64>(scratch + (<usize>t << 3));
      re += x * <f64>load<f32>(roots + (<usize>root << 3));
      im += x * <f64>load<f32>(roots + (<usize>root << 3), 4);
      root += k;
      if (root >= n) root -= n;
    }
    store<f64>(power + (<usize>k << 3), re * re + im * im);
  }

  const bands = arg(args, 8);
  const width = argI(args, 10);
  for (let band: usize = 0; band < bands; band++) {
    const first = load<i32>(arg(args, 4) + (band << 2));
    const weights = arg(args, 5) + ((band * <usize>width) << 2);
    let sum: f64 = 0;
    for (let j = 0; j < width && first + j < bins; j++) {
      sum += <f64>load<f32>(weights + (<usize>j << 2)) * load<f64>(power + (<usize>(first + j) << 3));
    }
    const at = (<usize>batch * bands + band) * <usize>frames + <usize>frame;
    store<f32>(arg(args, 0) + (at << 2), <f32>sum);
  }
}
