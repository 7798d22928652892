/** TensorFlow.js in Node, on its plain JavaScript or its WebAssembly backend. */
import { join, resolve } from 'node:path';
import type { FrameworkEngine } from './framework.ts';
import { networkOf } from './tfjs-models.ts';
import { trainingStep, variablesOf } from './tfjs-step.ts';
import { folded } from './weights.ts';

const THREADS = {
  cpu: 'it is plain JavaScript on one thread',
  wasm:
    'in Node it has one thread: it leaves its threads off there, and when they are forced on they are started from blob: ' +
    'addresses, which Node’s workers refuse',
} as const;

/** @throws Error with the reason where the backend cannot be had */
export async function tfjs(backend: string, folder: string): Promise<FrameworkEngine> {
  // Gradients are registered in the build for bundlers only, so that is the one that is used.
  const { tf, setWasmPaths } = await import('./tfjs-node-load.mjs');
  setWasmPaths(join(resolve(folder), 'node_modules/@tensorflow/tfjs-backend-wasm/dist/'));
  tf.enableProdMode();
  if (!(await tf.setBackend(backend))) throw new Error(`its backend ${backend} does not start`);
  await tf.ready();
  const simd = backend === 'wasm' && (await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'));
  return {
    build: backend === 'cpu' ? '' : simd ? ' (SIMD, no threads)' : ' (no SIMD, no threads)',
    oneThread: THREADS[backend as keyof typeof THREADS],
    inference(model, weights) {
      const variables = variablesOf(tf, folded(weights));
      const network = networkOf(model);
      return async (x, [n, , h, w]) => {
        const logits = tf.tidy(() => network(tf, variables, tf.tensor(x, [n!, h!, w!, 1]), 'inference'));
        const values = await logits.data();
        logits.dispose();
        return values;
      };
    },
    training(model, weights, batch, drop) {
      const { step, close } = trainingStep(tf, model, weights, batch);
      return {
        async step() {
          const loss = step(drop);
          const value = (await loss.data())[0]!;
          loss.dispose();
          return value;
        },
        close,
      };
    },
  };
}
