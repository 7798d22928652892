import { DeviceError, formatShape } from '../../base/errors.ts';
import { type Gpu, grid, sizeOf, type View, type WebgpuKernel } from './kernel.ts';

const known = new Map<string, Record<string, string | number>>();

/** Workgroup memory of `squeeze-backward`: partial sums, and five values a channel or hidden unit. */
const PARTIAL_BYTES = 2048;
const BYTES_A_PLACE = 20;

/** Room for channels and hidden units in powers of two, so that few pipelines serve all sizes; vec4s where a plane is whole ones. */
function definesFor(room: number, wide: boolean) {
  const key = `${room} ${wide}`;
  let defines = known.get(key);
  if (!defines) {
    const vector = (binding: number) => (wide ? `vec4<T${binding}>` : `T${binding}`);
    defines = {
      ROOM: room,
      VECTOR: wide ? 'vec4f' : 'f32',
      VECTOR_OF_X: vector(0),
      VECTOR_OF_DY: vector(1),
      VECTOR_OF_Y: vector(5),
      VECTOR_OF_DX: vector(6),
      TOTAL: wide ? 'dot(v, vec4f(1))' : 'v',
    };
    known.set(key, defines);
  }
  return defines;
}

/** @throws DeviceError `webgpu/too-large` where an image's channels do not fit into workgroup memory */
function geometry(gpu: Gpu, x: View, k: number) {
  const [n, c, h, w] = x.shape as [number, number, number, number];
  const plane = h * w;
  const wide = plane % 4 === 0;
  let room = 64;
  while (room < Math.max(c, k)) room *= 2;
  const most = gpu.limits.maxComputeWorkgroupStorageSize;
  if (PARTIAL_BYTES + BYTES_A_PLACE * room > most) {
    throw new DeviceError(
      'webgpu/too-large',
      `webgpu: squeezeExcitation of ${formatShape(x.shape)} with ${k} hidden units does not fit into the ${most} bytes that a workgroup has`,
      'Use --device cpu',
    );
  }
  const integers = [n, wide ? plane / 4 : plane, c, k];
  return { n, c, defines: definesFor(room, wide), integers, floats: [1 / plane], workgroups: grid(n, 1) };
}

/** One workgroup an image. */
export const squeezeExcitation: WebgpuKernel<'squeezeExcitation'> = (gpu, inputs, outputs) => {
  const { defines, integers, floats, workgroups } = geometry(gpu, inputs[0]!, inputs[1]!.shape[0]!);
  gpu.dispatch({ shader: 'squeeze', defines, inputs, outputs, integers, floats, workgroups });
};

/** One workgroup an image for dx and what the weights need of it, then the sums over images for the weights. */
export const squeezeExcitationBackward: WebgpuKernel<'squeezeExcitationBackward'> = (
  gpu,
  inputs,
  [dx, ...dWeights],
) => {
  const k = inputs[2]!.shape[0]!;
  const { n, c, defines, integers, floats, workgroups } = geometry(gpu, inputs[0]!, k);
  const saved = gpu.temporary(n * 2 * (c + k));
  const first = [dx!, saved];
  gpu.dispatch({ shader: 'squeeze-backward', defines, inputs, outputs: first, integers, floats, workgroups });
  gpu.dispatch({
    shader: 'squeeze-weights',
    inputs: [saved],
    outputs: dWeights,
    integers: [n, c, k],
    workgroups: grid(sizeOf(dWeights[0]!.shape), 32),
  });
};
