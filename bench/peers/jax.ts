/** jax-js in Node, on its WebAssembly backend. */
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FrameworkEngine } from './framework.ts';
import { jaxNetworkOf, type Training } from './jax-models.ts';
import type { Jax, JaxArray, Tree } from './jax-types.ts';
import { folded, type Weights } from './weights.ts';

const RATE = 1e-3;
const [BETA1, BETA2, EPSILON, DECAY] = [0.9, 0.999, 1e-8, 0.01];

function treeOf({ numpy: np }: Jax, weights: Weights): Tree {
  const entries = [...weights].map(([path, { shape, values }]) => [
    path,
    np
      .array(values.slice(), { shape: [...shape] })
      .reshape(path.endsWith('bias') ? [values.length] : [...shape]),
  ]);
  return Object.fromEntries(entries) as Tree;
}

/** Another claim on each, for a function that takes them over. */
const again = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).map(([path, x]) => [path, x.ref]));
const disposeTree = (tree: Tree) => {
  for (const x of Object.values(tree)) x.dispose();
};

interface State {
  readonly weights: Tree;
  readonly running: Tree;
  readonly first: Tree;
  readonly second: Tree;
}

/** Forward, cross-entropy, backward and AdamW as one compiled function. */
function stepOf(jax: Jax, model: string, drop: boolean) {
  const { numpy: np, nn, random } = jax;
  const network = jaxNetworkOf(model);
  const loss = (
    weights: Tree,
    running: Tree,
    x: JaxArray,
    goal: JaxArray,
    seed: JaxArray,
  ): [JaxArray, Tree] => {
    const fresh: Tree = {};
    let key = seed;
    const training: Training = {
      running: fresh,
      nextKey: () => {
        if (!drop) return null;
        const two = random.split(key, 2);
        const half = (row: number) => slice(two.ref, row);
        const [mine, next] = [half(0), half(1)];
        two.dispose();
        key = next;
        return mine;
      },
    };
    const logits = network(jax, { ...weights, ...running }, x, training);
    const value = nn.logSoftmax(logits, -1).mul(goal).sum(-1).mean().neg();
    key.dispose();
    disposeTree(weights);
    disposeTree(running);
    return [value, fresh];
  };
  const slice = (two: JaxArray, row: number) =>
    (two as unknown as { slice(row: number): JaxArray }).slice(row);
  const gradient = jax.valueAndGrad(loss, { hasAux: true });
  return jax.jit((state: State, x: JaxArray, goal: JaxArray, seed: JaxArray, count: JaxArray) => {
    const { weights, running, first, second } = state;
    const [[value, fresh], grads] = gradient(again(weights), running, x, goal, seed);
    const next = { weights: {} as Tree, running: fresh, first: {} as Tree, second: {} as Tree };
    // 1 − βᵗ as exponentials: there is no power of a number here.
    const corrected = (beta: number) =>
      exp(count.ref.mul(Math.log(beta)))
        .neg()
        .add(1);
    const [one, two] = [corrected(BETA1), corrected(BETA2)];
    count.dispose();
    for (const [path, w] of Object.entries(weights)) {
      const g = grads[path]!;
      const m = first[path]!.mul(BETA1).add(g.ref.mul(1 - BETA1));
      const s = second[path]!.mul(BETA2).add(np.square(g).mul(1 - BETA2));
      const update = m.ref.div(one.ref).div(np.sqrt(s.ref.div(two.ref)).add(EPSILON));
      const decayed = w.shape.length > 1 ? w.mul(1 - RATE * DECAY) : w;
      next.weights[path] = decayed.sub(update.mul(RATE));
      [next.first[path], next.second[path]] = [m, s];
    }
    one.dispose();
    two.dispose();
    return [next, value] as [State, JaxArray];
  });
  function exp(x: JaxArray): JaxArray {
    return (np as unknown as { exp(x: JaxArray): JaxArray }).exp(x);
  }
}

/** @throws Error with the reason where the backend cannot be had */
export async function jax(backend: string, folder: string): Promise<FrameworkEngine> {
  const path = join(resolve(folder), 'node_modules/@jax-js/jax/dist/index.js');
  const jax = (await import(pathToFileURL(path).href)) as Jax;
  const there = await jax.init(backend);
  if (!there.includes(backend)) throw new Error(`its backend ${backend} is not there`);
  jax.defaultDevice(backend);
  const { numpy: np } = jax;
  return {
    build: ' (no threads)',
    oneThread: 'in Node it has one thread: its threads are Web Workers, which Node does not have',
    inference(model, weights) {
      const tree = treeOf(jax, folded(weights));
      const network = jaxNetworkOf(model);
      const forward = jax.jit((v: Tree, x: JaxArray) => {
        const logits = network(jax, v, x, null);
        disposeTree(v);
        return logits;
      });
      return (x, shape) => forward(again(tree), np.array(x, { shape: [...shape] })).data();
    },
    training(model, weights, { x, shape, labels }, drop) {
      const all = Object.entries(treeOf(jax, weights));
      const runs = (path: string) => path.includes('running_');
      const trained = Object.fromEntries(all.filter(([name]) => !runs(name)));
      const zeros = () =>
        Object.fromEntries(Object.entries(trained).map(([name, w]) => [name, np.zerosLike(w.ref)]));
      let state: State = {
        weights: trained,
        running: Object.fromEntries(all.filter(([name]) => runs(name))),
        first: zeros(),
        second: zeros(),
      };
      const input = np.array(x, { shape: [...shape] });
      const goals = Float32Array.from({ length: 2 * labels.length }, (_, i) =>
        labels[i >> 1] === (i & 1) ? 1 : 0,
      );
      const goal = np.array(goals, { shape: [labels.length, 2] });
      const step = stepOf(jax, model, drop);
      let count = 0;
      return {
        async step() {
          const at = np.array(new Float32Array([++count]), { shape: [] });
          const [next, loss] = step(state, input.ref, goal.ref, jax.random.key(count), at);
          state = next;
          await jax.blockUntilReady(state);
          return (await loss.data())[0]!;
        },
        close() {
          for (const tree of Object.values(state) as Tree[]) disposeTree(tree);
          input.dispose();
          goal.dispose();
          step.dispose();
        },
      };
    },
  };
}
