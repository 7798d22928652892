/**
 * Squeeze-and-excitation, an image a piece: few numbers pass from one step to the next, so a job for each would be
 * nothing but the cost of starting it. Every step rounds and adds as the op of its own does: the bits are the same.
 */
import { arg, argF, argI } from './args';
import { rowsTimesVector, vectorTimesColumns } from './dots';
import { storeFirst } from './lanes';
import { sigmoidV } from './math';
import { sumOf, sumOfProducts } from './sums';

/** y + bias; with `relu`, max(0, ·) of it to `rectified`. */
// @ts-ignore: decorator
@inline
function addBias(y: usize, bias: usize, count: usize, relu: bool, rectified: usize): void {
  for (let i: usize = 0; i < count << 2; i += 4) {
    const sum = load<f32>(y + i) + load<f32>(bias + i);
    store<f32>(y + i, sum);
    if (relu) store<f32>(rectified + i, max(sum, <f32>0));
  }
}

/** args 3 … 6: w1, b1, w2, b2; 7, 8, 9: channels, hidden units, values a channel; float 0: 1/values a channel. */
// @ts-ignore: decorator
@inline
function gateOf(args: usize, x: usize, mean: usize, before: usize, hidden: usize, gate: usize): void {
  const channels = arg(args, 7);
  const units = arg(args, 8);
  const plane = arg(args, 9);
  const scale = argF(args, 0);
  for (let c: usize = 0; c < channels; c++, x += plane << 2) store<f32>(mean + (c << 2), sumOf(x, plane) * scale);
  rowsTimesVector(before, arg(args, 3), mean, <i32>units, <i32>channels);
  addBias(before, arg(args, 4), units, true, hidden);
  rowsTimesVector(gate, arg(args, 5), hidden, <i32>channels, <i32>units);
  addBias(gate, arg(args, 6), channels, false, 0);
  for (let c: usize = 0; c < channels; c += 4) {
    storeFirst(gate + (c << 2), sigmoidV(v128.load(gate + (c << 2))), min(4, channels - c));
  }
}

/** args: y, gate, x, then those of gateOf. */
export function squeezeExcitationKernel(args: usize, piece: i32, scratch: usize): void {
  const channels = arg(args, 7);
  const units = arg(args, 8);
  const plane = arg(args, 9);
  const image = <usize>piece * channels * plane << 2;
  const gate = arg(args, 1) + (<usize>piece * channels << 2);
  let x = arg(args, 2) + image;
  let y = arg(args, 0) + image;
  const before = scratch + (channels << 2);
  gateOf(args, x, scratch, before, before + (units << 2), gate);
  for (let c: usize = 0; c < channels; c++) {
    const g = v128.load32_splat(gate + (c << 2));
    const end = y + ((plane & ~3) << 2);
    for (; y < end; y += 16, x += 16) v128.store(y, f32x4.mul(v128.load(x), g));
    const rest = plane & 3;
    if (rest) storeFirst(y, f32x4.mul(v128.load(x), g), rest);
    y += rest << 2;
    x += rest << 2;
  }
}

/**
 * args: dx, x, dy, then those of gateOf, then for the gradients of weights and biases, a row an image: mean, hidden, dz
 * (before the sigmoid), dBefore (before the rectifier).
 */
export function squeezeExcitationBackwardKernel(args: usize, piece: i32, scratch: usize): void {
  const channels = arg(args, 7);
  const units = arg(args, 8);
  const plane = arg(args, 9);
  const scale = argF(args, 0);
  const image = <usize>piece * channels * plane << 2;
  const ofChannels = <usize>piece * channels << 2;
  const ofUnits = <usize>piece * units << 2;
  const mean = arg(args, 10) + ofChannels;
  const hidden = arg(args, 11) + ofUnits;
  const dz = arg(args, 12) + ofChannels;
  const dBefore = arg(args, 13) + ofUnits;
  let x = arg(args, 1) + image;
  let dy = arg(args, 2) + image;
  let dx = arg(args, 0) + image;
  const gate = scratch;
  const dMean = gate + (channels << 2);
  const before = dMean + (channels << 2);
  gateOf(args, x, mean, before, hidden, gate);
  for (let c: usize = 0; c < channels << 2; c += 4, x += plane << 2, dy += plane << 2) {
    const g = load<f32>(gate + c);
    store<f32>(dz + c, sumOfProducts(dy, x, plane) * (g * (1 - g)));
  }
  vectorTimesColumns(dBefore, dz, arg(args, 5), units, channels, units << 2);
  for (let k: usize = 0; k < units << 2; k += 4) if (!(load<f32>(before + k) > 0)) store<f32>(dBefore + k, 0);
  vectorTimesColumns(dMean, dBefore, arg(args, 3), channels, units, channels << 2);
  dy = arg(args, 2) + image;
  for (let c: usize = 0; c < channels << 2; c += 4) {
    const g = v128.load32_splat(gate + c);
    // + 0 as the op `affine` adds it: a sum of two zeros has the sign of none.
    const spread = f32x4.splat(load<f32>(dMean + c) * scale + <f32>0);
    const end = dx + ((plane & ~3) << 2);
    for (; dx < end; dx += 16, dy += 16) v128.store(dx, f32x4.add(f32x4.mul(v128.load(dy), g), spread));
    const rest = plane & 3;
    if (rest) storeFirst(dx, f32x4.add(f32x4.mul(v128.load(dy), g), spread), rest);
    dx += rest << 2;
    dy += rest << 2;
  }
}
