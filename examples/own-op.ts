/**
 * An op of one's own, with its gradient and the check of it: s·log cosh(x/s), a loss that is quadratic near zero and
 * linear far from it. Run: node examples/run.mjs own-op
 */
import { checkGradient, defineOp, grad, reference, scope, tensor } from 'pcg-engine';

/**
 * Written as |x| + s·log((1 + e^(−2|x|/s))/2), no exponential overflows; and its gradient is tanh(x/s), one op where
 * differentiating the parts would take eight.
 */
export const logCosh = defineOp<{ readonly s: number }>({
  name: 'logCosh',
  forward: ([x], { s }) => {
    const size = x!.maximum(x!.neg());
    return size.add(
      size
        .mul(-2 / s)
        .exp()
        .add(1)
        .mul(0.5)
        .log()
        .mul(s),
    );
  },
  gradient: ({ inputs: [x], attributes: { s } }, [g]) => [g!.mul(x!.mul(1 / s).tanh())],
});

/** Resolves to the errors of the first and second derivative, and to what the op gives far from zero. */
export async function main() {
  // Differences need many digits: the reference backend computes in float64.
  const backend = reference();
  const result = await scope(async () => {
    const x = tensor([-3, -0.5, 0, 0.25, 2], [5], { backend });
    const op = ([input]: readonly (typeof x)[]) => logCosh([input!], { s: 0.7 });
    const first = await checkGradient(op, [x]);
    const second = await checkGradient(op, [x], { second: true });

    const far = tensor([5000], [1], { backend }).requireGrad();
    const y = logCosh([far], { s: 0.7 });
    const slope = grad(y.sum(), [far], { retainGraph: true })[0]!;
    return { first: first.error, second: second.error, value: await y.item(), slope: await slope.item() };
  });
  await backend.close();
  return result;
}

if (process.argv[1] === import.meta.filename) {
  const { first, second, value, slope } = await main();
  console.log(
    `against central differences: first derivative ${first.toExponential(1)}, second ${second.toExponential(1)}`,
  );
  console.log(`at 5000: ${value.toFixed(4)}, slope ${slope}`);
}
