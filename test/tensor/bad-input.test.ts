/** Every op refuses inputs that do not fit, with a ShapeError that shows the shapes. */
import { afterAll, expect, it } from 'vitest';
import { ShapeError } from '../../src/base/errors.ts';
import { reference } from '../../src/kernels/reference/backend.ts';
import { apply } from '../../src/tensor/apply.ts';
import { indices, scope, Tensor, tensor, zeros } from '../../src/tensor/index.ts';

const backend = reference();
afterAll(() => backend.close());
const z = (...shape: number[]) => zeros(shape, { backend });
const place = { seed: 1, stream: 0, step: 0 };

const cases: Readonly<Record<string, readonly [() => unknown, RegExp]>> = {
  add: [() => z(2, 3).add(z(2, 4)), /add: shapes \[2,3\] and \[2,4\] do not broadcast/],
  div: [() => z(3).div(z(2)), /\[3\] and \[2\]/],
  sum: [() => z(2, 3).sum(2), /sum: axis 2 does not exist in a tensor of rank 2/],
  'sum of an axis twice': [() => z(2, 3).sum([1, -1]), /named twice/],
  max: [() => z(2).max(-2), /axis -2/],
  broadcastTo: [() => z(2, 3).broadcastTo([3, 3]), /\[2,3\] does not stretch to \[3,3\]/],
  reshape: [() => z(2, 3).reshape([4]), /\[2,3\] \(6 elements\) does not fill \[4\]/],
  'reshape with −1': [() => z(2, 3).reshape([4, -1]), /does not fill|not a shape/],
  permute: [() => z(2, 3).permute([0, 0]), /not a permutation/],
  slice: [() => z(4).slice([2], [3]), /\[2, 5\) is outside axis 0 of \[4\]/],
  pad: [() => z(4).pad([-1], [0]), /pad/],
  concat: [() => Tensor.concat([z(2, 3), z(2, 4)], 0), /\[2,3\] and \[2,4\] do not join along axis 0/],
  'concat of nothing': [() => Tensor.concat([], 0), /axis 0|at least one/],
  gather: [() => z(4).gather(indices([4], { backend })), /4.*size|out of|outside/i],
  matmul: [() => z(2, 3).matmul(z(4, 5)), /\[2,3\] · \[4,5\]: the inner extents 3 and 4 differ/],
  'matmul of vectors': [() => z(3).matmul(z(3)), /at least two axes/],
  'matmul of batches': [() => z(2, 3, 4).matmul(z(3, 4, 5)), /leading axes differ/],
  conv2d: [
    () => z(32, 3, 8, 8).conv2d(z(16, 1, 3, 3)),
    /input has 3 channels, weight expects 1 \(input \[32,3,8,8\], weight \[16,1,3,3\]\)/,
  ],
  'conv2d groups': [() => z(1, 4, 5, 5).conv2d(z(6, 2, 3, 3), { groups: 3 }), /3 groups do not divide 4/],
  'conv2d window': [() => z(1, 1, 2, 2).conv2d(z(1, 1, 3, 3)), /window of 3 does not fit into 2/],
  'conv2d stride': [() => z(1, 1, 4, 4).conv2d(z(1, 1, 3, 3), { stride: 0 }), /stride 0/],
  'conv2d pooling': [
    () => z(1, 1, 4, 4).conv2d(z(1, 1, 3, 3), { pool: 3 }),
    /conv2d: a window of 3 does not fit into 2/,
  ],
  'conv2d pooling of nothing': [() => z(1, 1, 4, 4).conv2d(z(1, 1, 3, 3), { pool: [2, 0] }), /stride 0/],
  'conv2d bias': [() => z(1, 1, 4, 4).conv2d(z(2, 1, 3, 3), { bias: z(3) }), /bias \[3\]/],
  maxPool2d: [() => z(1, 1, 2, 2).maxPool2d(3), /window of 3 does not fit/],
  'maxPool2d padding': [() => z(1, 1, 4, 4).maxPool2d(2, { padding: 2 }), /reaches past a window/],
  avgPool2d: [() => z(4, 4).avgPool2d(2), /needs four axes/],
  batchNorm: [() => z(2, 3, 4).batchNorm(z(2), z(3)), /\[2\] does not fit the 3 channels/],
  layerNorm: [() => z(2, 3).layerNorm(z(2), z(2)), /last axis of \[2,3\]/],
  dropout: [() => z(4).dropout({ ...place, p: 1, perChannel: false }), /p = 1 is not in \[0, 1\)/],
  'dropout per channel': [() => z(4).dropout({ ...place, p: 0.5, perChannel: true }), /no channel axis/],
  softmax: [() => z().softmax(), /axis/],
  softmaxCrossEntropy: [() => z(2, 3).softmaxCrossEntropy(z(2, 2)), /logits \[2,3\] and targets \[2,2\]/],
  attention: [() => z(1, 2, 3).attention(z(1, 2, 4), z(1, 2, 3)), /queries \[1,2,3\], keys \[1,2,4\]/],
  attentionPool: [
    () => apply('attentionPool', [z(2, 3, 4), z(5, 2), z(5, 1), z(1, 5), z(1, 1)], {}),
    /\[5,2\], \[5,1\], \[1,5\], \[1,1\] do not fit the features of \[2,3,4\]/,
  ],
  attentionPoolBackward: [
    () => apply('attentionPoolBackward', [z(2, 3, 4), z(2, 3), z(2, 3), z(2, 2, 4)], {}),
    /gradient \[2,3\] and weights \[2,2,4\] do not fit \[2,3,4\] and 2 heads/,
  ],
  tensor: [() => tensor([1, 2, 3], [2, 2], { backend }), /3 values do not fill shape \[2,2\]/],
  'ragged tensor': [() => tensor([[1, 2], [3]], undefined, { backend }), /do not stack/],
  'empty tensor': [() => tensor([], [0], { backend }), /\[0\] is not a shape/],
};

for (const [name, [body, message]] of Object.entries(cases)) {
  it(`${name} refuses`, () => {
    scope(() => {
      expect(body).toThrow(ShapeError);
      expect(body).toThrow(message);
    });
  });
}

it('leaves no buffer behind when an op refuses', () => {
  const before = backend.memory().buffers;
  for (const [body] of Object.values(cases)) {
    try {
      scope(body);
    } catch {
      // Expected: only what is left matters here.
    }
  }
  expect(backend.memory().buffers).toBe(before);
});
