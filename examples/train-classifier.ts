/**
 * Trains a classifier on arrays of one's own: 16×16 pictures of stripes in noise, lying or standing.
 * Run: node examples/run.mjs train-classifier
 */
import { cpu, grad, noGrad, normalValues, scope, tensor } from 'pcg-engine';
import {
  ConvNorm,
  crossEntropy,
  Dense,
  GlobalAvgPool,
  Initialiser,
  inference,
  Sequential,
} from 'pcg-engine/layers';
import { AdamW } from 'pcg-engine/train';

const SIZE = 16;
const BATCH = 32;
const STEPS = 60;
const RATE = 0.02;

/** `count` pictures, row by row, and their classes: 0 lying, 1 standing. */
function draw(count: number, seed: number) {
  const pixels = normalValues(count * SIZE * SIZE, { seed });
  const labels = Array.from({ length: count }, (_, i) => i % 2);
  for (let i = 0; i < pixels.length; i++) {
    const [column, row] = [i % SIZE, Math.floor(i / SIZE) % SIZE];
    const along = labels[Math.floor(i / (SIZE * SIZE))] === 1 ? column : row;
    pixels[i]! += along % 4 < 2 ? 0.8 : -0.8;
  }
  return { pixels, labels };
}

/** Resolves to the first and last loss and the share of pictures, never seen in training, that it got right. */
export async function main() {
  const backend = await cpu();
  const init = new Initialiser(1, backend);
  const model = new Sequential({
    conv: new ConvNorm({ inChannels: 1, outChannels: 8, kernel: [3, 3], padding: 1 }, init),
    pool: new GlobalAvgPool(),
    head: new Dense(8, 2, init),
  });
  const parameters = model.parameters();
  const optimizer = new AdamW(parameters);

  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    await scope(async () => {
      const { pixels, labels } = draw(BATCH, 100 + step);
      const logits = model.forward(tensor(pixels, [BATCH, 1, SIZE, SIZE], { backend }), {
        training: true,
        seed: 1,
        step,
      });
      const loss = crossEntropy(logits, labels);
      losses.push(await loss.item());
      const gradients = grad(
        loss,
        [...parameters.values()].map((parameter) => parameter.value),
      );
      optimizer.step(gradients, RATE);
    });
  }

  const test = draw(200, 1);
  const probabilities = await scope(() => {
    const x = tensor(test.pixels, [test.labels.length, 1, SIZE, SIZE], { backend });
    return noGrad(() => model.forward(x, inference).softmax()).data();
  });
  const right = test.labels.filter((label, i) => (probabilities[2 * i + 1]! > 0.5 ? 1 : 0) === label).length;

  model.dispose();
  optimizer.dispose();
  const buffersLeft = backend.memory().buffers;
  await backend.close();
  return {
    firstLoss: losses[0]!,
    lastLoss: losses[STEPS - 1]!,
    accuracy: right / test.labels.length,
    buffersLeft,
  };
}

if (process.argv[1] === import.meta.filename) {
  const { firstLoss, lastLoss, accuracy } = await main();
  console.log(
    `loss ${firstLoss.toFixed(3)} → ${lastLoss.toFixed(3)}, accuracy on new pictures ${(100 * accuracy).toFixed(1)} %`,
  );
}
