/**
 * Fits y = a·tanh(b·x + c) + d to noisy points with tensors and gradients alone.
 * Run: node examples/run.mjs fit-curve
 */
import { cpu, grad, noGrad, normalValues, scope, setDefaultBackend, tensor, uniformValues } from 'pcg-engine';

const POINTS = 200;
const STEPS = 800;
const RATE = 0.2;

/** Resolves to the mean squared error before and after, and the parameters [a, b, c, d] that were found. */
export async function main() {
  const backend = await cpu();
  setDefaultBackend(backend);

  // Points on 2·tanh(1.5·x − 0.5) + 0.3, with noise of a standard deviation of 0.05.
  const x = tensor(uniformValues(POINTS, { seed: 1 }).map((u) => 6 * u - 3));
  const noise = tensor(normalValues(POINTS, { seed: 2 }));
  const y = scope(() => x.affine(1.5, -0.5).tanh().affine(2, 0.3).add(noise.mul(0.05)));

  let parameters = [1, 1, 0, 0].map((value) => tensor(value).requireGrad());
  const loss = () => {
    const [a, b, c, d] = parameters;
    return x.mul(b!).add(c!).tanh().mul(a!).add(d!).sub(y).square().mean();
  };

  const before = await scope(() => noGrad(loss).item());
  for (let step = 0; step < STEPS; step++) {
    // Everything made inside a scope is freed with it, but for what it returns.
    const next = scope(() => {
      const gradients = grad(loss(), parameters);
      return noGrad(() => parameters.map((p, i) => p.sub(gradients[i]!.mul(RATE))));
    });
    for (const parameter of parameters) parameter.dispose();
    parameters = next.map((parameter) => parameter.requireGrad());
  }
  const after = await scope(() => noGrad(loss).item());
  const found = await Promise.all(parameters.map((parameter) => parameter.item()));

  for (const value of [x, y, noise, ...parameters]) value.dispose();
  const buffersLeft = backend.memory().buffers;
  await backend.close();
  return { before, after, found, buffersLeft };
}

if (process.argv[1] === import.meta.filename) {
  const { before, after, found } = await main();
  console.log(`mean squared error ${before.toFixed(4)} → ${after.toFixed(4)}`);
  console.log(
    `a, b, c, d = ${found.map((value) => value.toFixed(2)).join(', ')} (drawn from 2, 1.5, −0.5, 0.3)`,
  );
}
