import { formatShape, ShapeError, StateError } from '../base/errors.ts';
import type { TapeNode } from './apply.ts';
import { ones, zeros } from './create.ts';
import { isRecording, noGrad, scope, withGrad } from './scope.ts';
import { sameShape } from './shape.ts';
import type { Gradient } from './spec.ts';
import type { Tensor } from './tensor.ts';

export interface GradOptions {
  /** Record the gradients themselves, so that they can be differentiated again. Implies `retainGraph`. */
  readonly createGraph?: boolean;
  /** Keep the activations, so that `grad` can be called again on the same loss. */
  readonly retainGraph?: boolean;
}

/**
 * Reverse-mode gradients of a scalar with respect to `wanted`, one each, of the same shape (zeros where the
 * scalar does not depend on it). Activations are freed as soon as backward has used them, unless the graph is
 * retained: `detach()` beforehand what is needed afterwards.
 *
 * @throws ShapeError if `loss` has more than one element; StateError if it does not depend on any tensor
 * that requires a gradient.
 */
export function grad(loss: Tensor, wanted: readonly Tensor[], options: GradOptions = {}): Tensor[] {
  if (loss.size !== 1) {
    throw new ShapeError(
      'grad/scalar',
      `grad: the loss has shape ${formatShape(loss.shape)}`,
      'Reduce it to one number first, with sum() or mean()',
    );
  }
  if (!loss.requiresGrad) {
    throw new StateError(
      'grad/constant',
      'grad: the loss depends on no tensor that requires a gradient',
      'Mark the parameters with requireGrad(), and compute the loss outside noGrad()',
    );
  }
  const create = options.createGraph ?? false;
  const retain = create || (options.retainGraph ?? false);
  const run = () => {
    const seed = ones(loss.shape, { backend: loss.backend });
    const gradients = backward([loss], [seed], wanted, { create, retain, stopAt: new Set() });
    return wanted.map((tensor, i) => gradients[i] ?? zeros(tensor.shape, { backend: tensor.backend }));
  };
  // A graph that is to be differentiated again must outlive this call: it belongs to the caller's scope.
  return create ? withGrad(run) : noGrad(() => scope(run));
}

interface Sweep {
  readonly create: boolean;
  readonly retain: boolean;
  /** Tensors treated as leaves even if an op made them. */
  readonly stopAt: ReadonlySet<Tensor>;
}

/**
 * The sweep itself. Nodes are visited so that every consumer of a tensor comes before its producer; when a
 * node has been visited, nothing later needs its outputs or their gradients, and both are freed.
 */
function backward(
  results: readonly Tensor[],
  seeds: readonly Tensor[],
  wanted: readonly Tensor[],
  { create, retain, stopAt }: Sweep,
): (Tensor | null)[] {
  const leaves = new Set(wanted);
  const { order, reaches } = plan(results, leaves, stopAt);
  const gradients = new Map<Tensor, Tensor>();
  // The map owns its tensors: what is handed through gets a handle of its own.
  const own = (tensor: Tensor) => (create ? tensor : tensor.detach());
  results.forEach((result, i) => {
    accumulate(gradients, result, own(seeds[i]!), create);
  });
  const keep = new Set([...results, ...wanted]);
  for (const node of order) {
    const grads = node.outputs.map((output) => gradients.get(output) ?? null);
    if (grads.some((g) => g !== null)) {
      const needs = node.inputs.map((input) => reaches.has(input));
      const step = () => {
        const parts = node.gradient(node as never, grads, needs);
        node.inputs.forEach((input, i) => {
          const part = parts[i];
          if (!part || !needs[i]) return;
          checkPart(node, input, part);
          accumulate(gradients, input, own(part), create);
        });
        return node.inputs.map((input) => gradients.get(input));
      };
      if (create) step();
      else scope(step);
    }
    for (const output of node.outputs) {
      if (leaves.has(output)) continue;
      if (!create) gradients.get(output)?.dispose();
      gradients.delete(output);
      if (!retain && !keep.has(output)) output.dispose('grad(), which frees activations once they are used');
    }
  }
  return wanted.map((tensor) => gradients.get(tensor) ?? null);
}

function accumulate(gradients: Map<Tensor, Tensor>, tensor: Tensor, part: Tensor, create: boolean): void {
  const before = gradients.get(tensor);
  if (!before) {
    gradients.set(tensor, part);
    return;
  }
  gradients.set(tensor, before.add(part));
  if (!create) {
    before.dispose();
    part.dispose();
  }
}

function checkPart(node: TapeNode, input: Tensor, part: Tensor): void {
  if (!sameShape(part.shape, input.shape)) {
    throw new ShapeError(
      'grad/shape',
      `${node.op}: its gradient has shape ${formatShape(part.shape)} for an input of shape ${formatShape(input.shape)}`,
      'This is an error in the gradient of the op',
    );
  }
}

/** Nodes between `results` and `leaves`, consumers first, and every tensor from which a leaf is reached. */
function plan(results: readonly Tensor[], leaves: ReadonlySet<Tensor>, stopAt: ReadonlySet<Tensor>) {
  const reaches = new Set<Tensor>();
  const visited = new Set<TapeNode>();
  const order: TapeNode[] = [];
  // Iterative depth-first search: graphs may be deeper than the call stack.
  const stack: { readonly node: TapeNode; next: number }[] = [];
  const open = (tensor: Tensor) => {
    if (leaves.has(tensor)) reaches.add(tensor);
    const node = tensor.node;
    if (!node || visited.has(node) || stopAt.has(tensor)) return;
    visited.add(node);
    stack.push({ node, next: 0 });
  };
  for (const result of results) {
    open(result);
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      if (top.next < top.node.inputs.length) {
        open(top.node.inputs[top.next++]!);
        continue;
      }
      stack.pop();
      if (top.node.inputs.some((input) => reaches.has(input))) {
        for (const output of top.node.outputs) if (output.node === top.node) reaches.add(output);
        order.push(top.node);
      }
    }
  }
  order.reverse();
  return { order, reaches };
}

/**
 * A gradient for a fused op by differentiating its `unfused` form. Used where no kernel of its own pays:
 * the second derivatives of batchnorm and layernorm.
 */
export function throughUnfused<A>(
  unfused: (inputs: readonly Tensor[], attributes: A) => readonly Tensor[],
): Gradient<A> {
  return ({ inputs, attributes }, grads, needs) => {
    const create = isRecording();
    const outputs = withGrad(() => unfused(inputs, attributes));
    const used = outputs.map((_, i) => i).filter((i) => grads[i] && outputs[i]!.requiresGrad);
    const wanted = [...new Set(inputs.filter((_, i) => needs[i]))];
    const gradients = backward(
      used.map((i) => outputs[i]!),
      used.map((i) => grads[i]!),
      wanted,
      { create, retain: true, stopAt: new Set(inputs) },
    );
    // An input that stands twice gets its whole gradient once.
    const pending = new Map(wanted.map((tensor, i) => [tensor, gradients[i] ?? null]));
    return inputs.map((input, i) => {
      const gradient = needs[i] ? (pending.get(input) ?? null) : null;
      pending.delete(input);
      return gradient;
    });
  };
}
