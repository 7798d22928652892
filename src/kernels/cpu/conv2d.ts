import { convolvedSize } from '../convsize.ts';
import type { Pair } from '../ops.ts';
import {
  bandBytes,
  type Geometry,
  geometryOf,
  layoutBand,
  MIN_PIECES,
  type Tap,
  tapOffsets,
} from './convlayout.ts';
import { isDepthwise, launchDepthwise } from './depthwise.ts';
import { type CpuKernel, pieces, sizeOf, type View } from './kernel.ts';
import type { Machine } from './machine.ts';
import { packedForm } from './packedforms.ts';
import { maxPool2d } from './pool2d.ts';
import { launchWinograd, winogradPays } from './winograd.ts';

/** A convolution as the kernels do it, forward or backward: y[o] = Σ over inputs and taps of its group. */
export interface Convolution {
  readonly geometry: Geometry;
  readonly images: number;
  readonly groups: number;
  /** Channels a group. */
  readonly inputs: number;
  readonly outputs: number;
  readonly height: number;
  readonly width: number;
  /** Row and column of the padded image where x begins. */
  readonly top: number;
  readonly left: number;
  /** Addresses. */
  readonly x: number;
  readonly y: number;
  readonly bias?: number | undefined;
  readonly weight: View;
  readonly relu: boolean;
  /** The maxima of windows of 2×2 are stored instead. */
  readonly halved: boolean;
  /** Where output o and input i of a group lie in its weights. */
  readonly outputStride: number;
  readonly inputStride: number;
  /** Weights of one kernel. */
  readonly kernelSize: number;
}

export const conv2d: CpuKernel<'conv2d'> = (machine, [x, weight, bias], [y], { pool, ...attributes }) => {
  const [images, inC, height, width] = x!.shape as [number, number, number, number];
  const [outC, inputs, kH, kW] = weight!.shape as [number, number, number, number];
  const { groups, padding } = attributes;
  const size = convolvedSize(x!.shape, weight!.shape, attributes);
  const c: Convolution = {
    geometry: geometryOf([kH, kW], attributes, ...size),
    images,
    groups,
    inputs: inC / groups,
    outputs: outC / groups,
    height,
    width,
    top: padding[0],
    left: padding[2],
    x: x!.address,
    y: y!.address,
    weight: weight!,
    bias: bias?.address,
    relu: attributes.relu,
    halved: pool?.[0] === 2 && pool[1] === 2,
    outputStride: inputs * kH * kW,
    inputStride: kH * kW,
    kernelSize: kH * kW,
  };
  if (!pool || halves(c)) {
    convolve(machine, c);
    return;
  }
  const shape = [images, outC, ...size];
  const whole: View = { address: machine.temporary(4 * sizeOf(shape)), shape, dtype: 'float' };
  convolve(machine, { ...c, y: whole.address, halved: false });
  maxPool2d(machine, [whole], [y!], { kernel: pool, stride: pool, padding: [0, 0, 0, 0] });
};

/**
 * dx[i] = Σ dy[(i + padding − u·dilation) / stride]·weight[u] over the u for which that is whole. Rows and columns of
 * dx with the same remainder by the stride have the same u: each such phase is a convolution of dy with stride 1. With
 * more than one phase each gets an array of its own, and all are interleaved at the end.
 */
export const conv2dInputGrad: CpuKernel<'conv2dInputGrad'> = (machine, [dy, weight], [dx], attributes) => {
  const [images, inC, H, W] = dx!.shape as [number, number, number, number];
  const [outC, outputs, kH, kW] = weight!.shape as [number, number, number, number];
  const { groups, stride, padding, dilation } = attributes;
  const planes = images * inC;
  const phases: number[] = [];
  for (let a = 0; a < stride[0]; a++) {
    const rows = phaseTaps(kH, stride[0], dilation[0], padding[0] + a);
    const outHeight = Math.ceil((H - a) / stride[0]);
    for (let b = 0; b < stride[1]; b++) {
      const columns = phaseTaps(kW, stride[1], dilation[1], padding[2] + b);
      const outWidth = Math.ceil((W - b) / stride[1]);
      const count = planes * Math.max(0, outHeight) * Math.max(0, outWidth);
      const y = stride[0] * stride[1] === 1 ? dx!.address : machine.temporary(4 * count);
      phases.push(y);
      if (count === 0) continue;
      const taps = rows.taps.flatMap(([row, u]) => {
        return columns.taps.map(([column, v]): Tap => ({ row, column, weight: u * kW + v }));
      });
      if (taps.length === 0) {
        machine.heap.f32.fill(0, y / 4, y / 4 + count);
        continue;
      }
      convolve(machine, {
        geometry: { outHeight, outWidth, stride: [1, 1], taps },
        images,
        groups,
        inputs: outC / groups,
        outputs,
        height: dy!.shape[2]!,
        width: dy!.shape[3]!,
        top: rows.before,
        left: columns.before,
        x: dy!.address,
        y,
        weight: weight!,
        bias: undefined,
        relu: false,
        halved: false,
        outputStride: kH * kW,
        inputStride: outputs * kH * kW,
        kernelSize: kH * kW,
      });
    }
  }
  if (phases.length > 1) interleave(machine, dx!.address, [planes, H, W], stride, phases);
};

/** Along one axis: pairs of (offset in padded dy, u) for outputs at `position` + stride·i, and the padding of dy. */
function phaseTaps(kernel: number, stride: number, dilation: number, position: number) {
  const found: [number, number][] = [];
  for (let u = 0; u < kernel; u++) {
    const distance = position - u * dilation;
    if (distance % stride === 0) found.push([distance / stride, u]);
  }
  // Offsets fall as u grows; the last is the smallest.
  const first = found.at(-1)?.[0] ?? 0;
  return { before: -first, taps: found.map(([at, u]): [number, number] => [at - first, u]) };
}

function interleave(
  machine: Machine,
  dx: number,
  [planes, H, W]: readonly [number, number, number],
  stride: Pair,
  phases: readonly number[],
): void {
  const count = Math.min(planes, 4 * MIN_PIECES);
  const list = machine.temporary(4 * phases.length);
  machine.heap.i32.set(phases, list / 4);
  machine.launch('interleave', count, [dx, planes, count, H, W, ...stride, list], [], {
    work: planes * H * W,
  });
}

/** A 1×1 convolution without padding can read x where it is. */
function readsInPlace({ geometry, top, left, height, width }: Convolution): boolean {
  const { stride, taps, outHeight, outWidth } = geometry;
  return (
    taps.length * stride[0] * stride[1] === 1 &&
    top === 0 &&
    left === 0 &&
    outHeight === height &&
    outWidth === width
  );
}

/** Whether the kernel can store maxima of 2×2 windows. */
function halves(c: Convolution): boolean {
  return c.halved && !isDepthwise(c) && !readsInPlace(c);
}

function convolve(machine: Machine, c: Convolution): void {
  if (isDepthwise(c)) launchDepthwise(machine, c);
  else if (winogradPays(c)) launchWinograd(machine, c);
  else launchDense(machine, c);
}

function launchDense(machine: Machine, c: Convolution): void {
  const { geometry, images, groups, inputs, outputs, height, width } = c;
  const { stride } = geometry;
  const taps = inputs * geometry.taps.length;
  const packed = packWeights(machine, c);
  const bias = packBias(machine, c);
  // Rows do not matter: take rows of 64 outputs.
  const direct = readsInPlace(c);
  const plane = geometry.outHeight * geometry.outWidth;
  const outWidth = direct ? Math.min(64, plane) : geometry.outWidth;
  const outHeight = direct ? pieces(plane, outWidth) : geometry.outHeight;
  const g: Geometry = { outHeight, outWidth, stride, taps: geometry.taps };
  const layout = layoutBand(g, inputs, images * groups, { even: c.halved });
  const band = direct ? 0 : bandBytes(layout, inputs);
  const offsets = direct ? planeOffsets(machine, inputs, plane) : tapOffsets(machine, g, inputs, layout);
  machine.launch(
    'conv2d',
    images * groups * layout.bands,
    [
      ...[c.y, c.x, packed, bias, offsets],
      ...[taps, outputs, inputs, groups, height, width, outWidth, plane],
      ...[layout.height, layout.bands, layout.rows, stride[0], c.top, c.left],
      ...[layout.phases, layout.pitch, direct ? 1 : 0, c.relu ? 1 : 0, c.halved ? 1 : 0, band],
    ],
    [],
    { scratch: band + (c.halved ? 64 * outWidth + 64 : 0), work: images * groups * outputs * plane * taps },
  );
}

function packWeights(machine: Machine, c: Convolution): number {
  const { groups, inputs, outputs } = c;
  const { taps } = c.geometry;
  const blocks = pieces(outputs, 8);
  const order = taps.map(({ weight }) => weight);
  const sizes = [outputs, inputs, outputs * inputs * c.kernelSize, c.outputStride, c.inputStride];
  const key = [0, groups, ...sizes, ...order];
  return packedForm(machine, c.weight, key, groups * blocks * inputs * taps.length * 32, (packed) => {
    const list = machine.temporary(4 * taps.length);
    machine.heap.i32.set(order, list / 4);
    machine.launch(
      'conv2dPack',
      groups * blocks,
      [packed, c.weight.address, ...sizes, taps.length, list],
      [],
      {
        work: groups * outputs * inputs * taps.length,
      },
    );
  });
}

/** Bias with each group's channels padded to whole blocks of 8; zeros without a bias. */
function packBias(machine: Machine, { bias, groups, outputs }: Convolution): number {
  const padded = 8 * pieces(outputs, 8);
  const address = machine.temporary(4 * groups * padded);
  const { f32 } = machine.heap;
  f32.fill(0, address / 4, address / 4 + groups * padded);
  if (bias === undefined) return address;
  for (let g = 0; g < groups; g++) {
    const from = bias / 4 + g * outputs;
    f32.copyWithin(address / 4 + g * padded, from, from + outputs);
  }
  return address;
}

function planeOffsets(machine: Machine, inputs: number, plane: number): number {
  const address = machine.temporary(4 * inputs);
  for (let c = 0; c < inputs; c++) machine.heap.i32[address / 4 + c] = 4 * c * plane;
  return address;
}
