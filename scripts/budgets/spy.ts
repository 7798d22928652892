import type { Backend, Operand } from '../../src/kernels/backend.ts';
import { Machine } from '../../src/kernels/cpu/machine.ts';

/** What was asked of a backend between two moments. */
export interface Count {
  ops: number;
  /** Read and written by ops, and brought to the device: every operand counts once for each op. */
  bytes: number;
  /** Buffers asked of the backend, and blocks that kernels of `cpu` take for themselves. */
  allocations: number;
  /** Launches of kernels on `cpu`. */
  jobs: number;
  multiplyAdds: number;
}

/** Counts what `body` asks of the backend. */
export async function counted(backend: Backend, body: () => unknown): Promise<Count> {
  const count: Count = { ops: 0, bytes: 0, allocations: 0, jobs: 0, multiplyAdds: 0 };
  const { run, allocate, upload } = backend;
  const { launch, temporary } = Machine.prototype;
  backend.run = function (this: Backend, ...call) {
    const [op, inputs, outputs, attributes] = call;
    count.ops++;
    for (const operand of [...inputs, ...outputs]) count.bytes += 4 * elements(operand);
    count.multiplyAdds += multiplyAdds(op, inputs, outputs, attributes);
    run.apply(this, call as Parameters<typeof run>);
  } as typeof run;
  backend.allocate = function (this: Backend, ...call) {
    count.allocations++;
    return allocate.apply(this, call);
  };
  backend.upload = function (this: Backend, ...call) {
    count.bytes += 4 * call[1].length;
    upload.apply(this, call);
  };
  Machine.prototype.launch = function (...call) {
    count.jobs++;
    launch.apply(this, call);
  };
  Machine.prototype.temporary = function (...call) {
    count.allocations++;
    return temporary.apply(this, call);
  };
  try {
    await body();
  } finally {
    Object.assign(backend, { run, allocate, upload });
    Object.assign(Machine.prototype, { launch, temporary });
  }
  return count;
}

function elements({ shape }: Pick<Operand, 'shape'>): number {
  return shape.reduce((product, size) => product * size, 1);
}

interface Window {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** Of the forward pass: convolutions, products of matrices, gates and attention; what is elementwise is not counted. */
function multiplyAdds(
  op: string,
  inputs: readonly Operand[],
  outputs: readonly Operand[],
  attributes: unknown,
): number {
  const shapes = inputs.map(({ shape }) => shape);
  const [x, w] = shapes as [readonly number[], readonly number[]];
  // From the input, since what follows a convolution may be fused with it.
  if (op.startsWith('conv2d') && w?.length === 4 && 'stride' in (attributes as object)) {
    const { stride, padding: pad, dilation } = attributes as Window;
    const out = [0, 1].map((i) => {
      const pads = pad.length === 4 ? pad[i === 0 ? 0 : 2]! + pad[i === 0 ? 1 : 3]! : 2 * pad[i]!;
      return Math.floor((x[2 + i]! + pads - dilation[i]! * (w[2 + i]! - 1) - 1) / stride[i]!) + 1;
    });
    return x[0]! * out[0]! * out[1]! * elements({ shape: w });
  }
  if (op === 'matmul') {
    const { transposeA } = attributes as { transposeA: boolean };
    return elements(outputs[0]!) * x.at(transposeA ? -2 : -1)!;
  }
  if (op === 'squeezeExcitation') return x[0]! * 2 * elements({ shape: w });
  if (op === 'attentionPool') {
    const [n, features, places] = x as [number, number, number];
    const second = shapes[3] ?? [];
    const [hidden, heads] = shapes.length > 3 ? [w[0]!, second[0]!] : [0, w[0]!];
    const scores = hidden > 0 ? hidden * (features + heads) : heads * features;
    return n * places * (scores + heads * features);
  }
  return 0;
}
