/** onnxruntime-node from a folder of its own: it is no dependency of the package. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

interface Session {
  run(feeds: Record<string, unknown>): Promise<Record<string, { readonly data: Float32Array }>>;
  release(): Promise<void>;
}

/** The little of its interface that is used here. */
export interface Onnx {
  readonly version: string;
  readonly Tensor: new (type: 'float32', data: Float32Array, shape: readonly number[]) => unknown;
  readonly InferenceSession: {
    create(path: string, options: { intraOpNumThreads: number; interOpNumThreads: number }): Promise<Session>;
  };
}

/** Loads it from `folder`/node_modules; the reason where that fails. */
export function loadOnnx(folder: string): Onnx | string {
  const manifest = join(folder, 'node_modules', 'onnxruntime-node', 'package.json');
  if (!existsSync(manifest)) return `not installed: npm ci --ignore-scripts --prefix ${folder}`;
  try {
    const require = createRequire(resolve(manifest));
    const { version } = require(resolve(manifest)) as { version: string };
    return { ...(require('onnxruntime-node') as Omit<Onnx, 'version'>), version };
  } catch (error) {
    return `does not load: ${error instanceof Error ? error.message.split('\n')[0] : error}`;
  }
}
