import { pow } from '../../base/math.ts';
import { type CpuKernel, pieces, sizeOf } from './kernel.ts';

/** Elements a piece; CHUNK in wasm/optimizer.ts. */
const CHUNK = 16384;
/** Elements summed in one go; SEGMENT in wasm/optimizer.ts. */
const SEGMENT = 8192;
/** Elements that make a piece of their own. */
const SPLIT = 32768;
/** Bytes of a row of the table of pieces: address, count, whether it is a gradient's first, nothing; its sum. */
const ROW = 24;

/**
 * The same bits as squaring each gradient, summing it (`sum` of reduce.ts: same pieces, same order), adding the sums
 * up in float32 and taking the root.
 */
export const globalNorm: CpuKernel<'globalNorm'> = (machine, [loss, previous, ...gradients], [norm]) => {
  const rows: number[] = [];
  let work = 0;
  for (const { address, shape } of gradients) {
    const count = sizeOf(shape);
    work += count;
    const segments = pieces(count, SEGMENT);
    const wanted = Math.min(segments, pieces(segments * Math.min(SEGMENT, count), SPLIT));
    const size = SEGMENT * pieces(segments, wanted);
    for (let start = 0; start < count; start += size) {
      rows.push(address + 4 * start, Math.min(size, count - start), start === 0 ? 1 : 0, 0, 0, 0);
    }
  }
  const table = machine.temporary(4 * rows.length);
  machine.heap.i32.set(rows, table / 4);
  const count = (4 * rows.length) / ROW;
  machine.launch('squareSumKernel', count, [table], [], { work });
  machine.launch('globalNormKernel', 1, [norm!.address, table, count, loss!.address, previous!.address]);
};

/** Constants are computed in float64 and rounded to float32 once. Outputs may share the buffers of their inputs. */
export const adamwStep: CpuKernel<'adamwStep'> = (machine, inputs, outputs, attributes) => {
  const { learningRate, beta1, beta2, epsilon, weightDecay, step, clipNorm, decayed } = attributes;
  const count = sizeOf(inputs[0]!.shape);
  const integers = [...inputs.slice(0, 4), ...outputs].map((view) => view.address);
  const norm = inputs[4]?.address ?? 0;
  const floats = [
    beta1,
    1 - beta1,
    beta2,
    1 - beta2,
    1 - learningRate * weightDecay,
    learningRate / (1 - pow(beta1, step)),
    1 / (1 - pow(beta2, step)),
    epsilon,
    clipNorm,
    clipNorm > 0 ? 1 / clipNorm : 0,
  ];
  machine.launch('adamwKernel', pieces(count, CHUNK), [...integers, count, decayed, norm], floats, {
    work: 8 * count,
  });
};

/** Outputs may share the buffers of their inputs. */
export const sgdStep: CpuKernel<'sgdStep'> = (machine, inputs, outputs, attributes) => {
  const { learningRate, momentum, weightDecay, nesterov } = attributes;
  const count = sizeOf(inputs[0]!.shape);
  const integers = [...[...inputs, ...outputs].map((view) => view.address), count, nesterov ? 1 : 0];
  const floats = [learningRate, momentum, weightDecay];
  machine.launch('sgdKernel', pieces(count, CHUNK), integers, floats, { work: 4 * count });
};

/** keep and take are rounded to float32 first. The output may share the buffer of an input. */
export const blend: CpuKernel<'blend'> = (machine, [a, b, guard], [y], { keep, take }) => {
  const count = sizeOf(a!.shape);
  const integers = [y!.address, a!.address, b!.address, count, guard?.address ?? 0];
  machine.launch('blendKernel', pieces(count, CHUNK), integers, [keep, take], { work: 2 * count });
};
