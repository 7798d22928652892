/** Who is there to be compared with: started once, closed at the end. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PeerOptions } from '../options.ts';
import { loadOnnx, type Onnx } from './onnx.ts';
import { Peer } from './peer.ts';
import { Python } from './python.ts';

/** JavaScript frameworks, by package and backend. */
export const FRAMEWORKS = ['tfjs cpu', 'tfjs wasm', 'tfjs webgpu', 'jax-js wasm', 'jax-js webgpu'] as const;
export type FrameworkName = (typeof FRAMEWORKS)[number];

const PACKAGES = { tfjs: '@tensorflow/tfjs-core', 'jax-js': '@jax-js/jax' } as const;
/** What is bundled, or loaded by its path, is looked for here only. */
const FOLDER = 'bench/peers';
const ON_THE_GPU = 'it stands beside our kernels for GPUs: npm run bench:gpu, below';
const NOT_WANTED = 'not asked for (--peers)';

/** A framework in a process of its own, or why there is none; the name has the version and which build runs. */
export interface Framework {
  readonly name: string;
  readonly peer: Peer | string;
}

export interface Peers {
  python(): Promise<Python | string>;
  /** Its executable, for whole processes; null where there is none. */
  readonly pythonPath: string | null;
  readonly onnx: Onnx | string;
  /** TensorFlow.js or jax-js on one of its backends. */
  framework(name: FrameworkName): Promise<Framework>;
  /** Why there is no GPU that a speed could be quoted from; null where there is one. */
  noGpu(): Promise<string | null>;
  /** Of all that are there. */
  readonly versions: Readonly<Record<string, string>>;
  close(): void;
}

function versionOf(folder: string, name: string): string | null {
  const manifest = join(folder, 'node_modules', name, 'package.json');
  return existsSync(manifest)
    ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
    : null;
}

/** Beside main.mjs: see run.mjs. */
const bundle = () => fileURLToPath(new URL('framework.cjs', import.meta.url));

/** In a process of its own, since a driver is loaded for it. */
async function askForGpu(): Promise<string | null> {
  const asked = await Peer.start(process.execPath, [bundle(), 'gpu']);
  if (typeof asked === 'string') return asked;
  asked.close();
  return asked.versions.missing || null;
}

export async function findPeers(options: PeerOptions): Promise<Peers> {
  const { python: path } = options;
  const pythonThere = path !== null && (!path.includes('/') || existsSync(path));
  const python =
    path === null
      ? NOT_WANTED
      : pythonThere
        ? await Python.start(path)
        : `${path} is not there (--peers python=…)`;
  const onnx = options.onnx === null ? NOT_WANTED : loadOnnx(options.onnx);
  const wanted = { tfjs: options.tfjs, 'jax-js': options.jax };
  const found = new Map<FrameworkName, Promise<Framework>>();
  const running: Peer[] = typeof python === 'string' ? [] : [python];

  let gpu: Promise<string | null> | null = null;
  const noGpu = () => (gpu ??= askForGpu());

  async function start(name: FrameworkName): Promise<Framework> {
    const [key, backend] = name.split(' ') as [keyof typeof PACKAGES, string];
    if (!wanted[key]) return { name, peer: NOT_WANTED };
    const version = versionOf(FOLDER, PACKAGES[key]);
    if (version === null) return { name, peer: `not installed: npm ci --ignore-scripts --prefix ${FOLDER}` };
    const full = `${key} ${version} ${backend}`;
    if (backend === 'webgpu') return { name: full, peer: (await noGpu()) ?? ON_THE_GPU };
    const peer = await Peer.start(process.execPath, [bundle(), key, backend, FOLDER]);
    if (typeof peer === 'string') return { name: full, peer };
    running.push(peer);
    return { name: `${full}${peer.versions.build}`, peer };
  }

  const versions: Record<string, string> = {};
  if (typeof python !== 'string')
    Object.assign(versions, { PyTorch: python.versions.torch, librosa: python.versions.librosa });
  if (typeof onnx !== 'string') versions['onnxruntime-node'] = onnx.version;
  for (const key of ['tfjs', 'jax-js'] as const) {
    const version = wanted[key] ? versionOf(FOLDER, PACKAGES[key]) : null;
    if (version) versions[key] = version;
  }
  return {
    python: async () => python,
    pythonPath: pythonThere ? path : null,
    onnx,
    framework: (name) => {
      if (!found.has(name)) found.set(name, start(name));
      return found.get(name)!;
    },
    noGpu,
    versions,
    close: () => {
      for (const peer of running) peer.close();
    },
  };
}
