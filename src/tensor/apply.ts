import { formatShape, ShapeError, StateError } from '../base/errors.ts';
import type { Operand } from '../kernels/backend.ts';
import type { KernelName, OpAttributes, OpName } from '../kernels/ops.ts';
import { table } from './ops/table.ts';
import { isRecording } from './scope.ts';
import { checkShape, sizeOf } from './shape.ts';
import type { Gradient, OpSpec } from './spec.ts';
import { Storage } from './storage.ts';
import { Tensor } from './tensor.ts';

/** An op as it ran: what `grad` walks back over. */
export interface TapeNode {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly attributes: unknown;
  readonly gradient: Gradient<never>;
}

/** Runs one op of the table now, and records it if any input requires a gradient. */
export function apply<K extends OpName>(
  op: K,
  inputs: readonly Tensor[],
  attributes: OpAttributes[K],
): readonly Tensor[] {
  const spec = table[op] as unknown as OpSpec<OpAttributes[K]>;
  const backend = checkInputs(op, inputs);
  const shapes = spec.shape(
    inputs.map((input) => input.shape),
    attributes,
  );
  for (const shape of shapes) checkShape(op, shape);
  const outputs =
    op === 'reshape'
      ? [new Tensor(inputs[0]!.storage.retain(), shapes[0]!, inputs[0]!.dtype, op)]
      : shapes.map(
          (shape) => new Tensor(Storage.allocate(backend, sizeOf(shape), 'float'), shape, 'float', op),
        );
  if (op !== 'reshape') {
    try {
      backend.run(op as KernelName, inputs.map(operand), outputs.map(operand), attributes as never);
    } catch (error) {
      for (const output of outputs) output.dispose();
      throw error;
    }
  }
  if (spec.gradient) {
    record(
      { op, inputs, outputs, attributes, gradient: spec.gradient as Gradient<never> },
      spec.differentiableOutputs,
    );
  }
  return outputs;
}

/** Runs an op with one output. */
export function apply1<K extends OpName>(
  op: K,
  inputs: readonly Tensor[],
  attributes: OpAttributes[K],
): Tensor {
  return apply(op, inputs, attributes)[0]!;
}

/** Puts a node on the tape if recording is on and an input requires a gradient. */
export function record(node: TapeNode, differentiableOutputs = node.outputs.length): void {
  if (!isRecording() || !node.inputs.some((input) => input.requiresGrad)) return;
  for (const output of node.outputs.slice(0, differentiableOutputs)) {
    output.requiresGrad = true;
    output.node = node;
  }
}

function operand(tensor: Tensor): Operand {
  return { buffer: tensor.storage.buffer, shape: tensor.shape };
}

function checkInputs(op: string, inputs: readonly Tensor[]) {
  const first = inputs[0];
  if (!first) throw new ShapeError('shape/arity', `${op}: needs at least one tensor`);
  for (const input of inputs) {
    input.checkAlive(op);
    if (input.backend !== first.backend) {
      throw new StateError(
        'tensor/backend',
        `${op}: inputs live on different backends (${inputs.map((t) => `${t.backend.name} ${formatShape(t.shape)}`).join(', ')})`,
        'Create them on the same backend',
      );
    }
  }
  return first.backend;
}
