import { parseArgs } from 'node:util';

export const PARTS = ['ceilings', 'training', 'steps'] as const;
export type PartName = (typeof PARTS)[number];
export const MODELS = ['reference-step', 'pcg-lite'] as const;

export const usage = `npm run bench:gpu -- [options]      or, where only Node is: node build/gpu-bench.mjs [options]
  --only NAMES       some of: ${PARTS.join(', ')}
  --models NAMES     some of: ${MODELS.join(', ')}
  --batches LIST     sizes, measured in this order (32,512,128,8,1)
  --rounds N         rounds of turns (5)
  --seconds S        length of a turn (0.2)
  --peers NAMES      some of: torch, tfjs; none for neither (torch,tfjs)
  --python EXE       a Python with torch and CUDA (bench/peers/.venv/bin/python if there, else python3)
  --torch-device D   cuda, or cpu to try the bench without a GPU (cuda)
  --dawn FEATURES    features of Dawn to enable, such as skip_validation,disable_robustness
  --limit S          start no further case after so many seconds, and name those left out
  --out FOLDER       where gpu.json and gpu.md go (bench/results, as gpu.local.*)
  --publish          keep the results in bench/results/gpu.json and docs/benchmarks.md
  --from FILES       measure nothing: take results from a gpu.json or several, to show or publish them
  --quick            tiny sizes, to see that everything runs; its figures mean nothing
  --bundle           only write build/gpu-bench.mjs (of npm run bench:gpu)`;

export interface Options {
  readonly only: readonly PartName[];
  readonly models: readonly string[];
  readonly batches: readonly number[];
  readonly rounds: number;
  readonly seconds: number;
  readonly peers: readonly string[];
  readonly python: string | undefined;
  readonly torchDevice: string;
  readonly dawn: string;
  readonly limit: number;
  readonly out: string | undefined;
  readonly publish: boolean;
  readonly from: string | undefined;
  readonly quick: boolean;
  readonly help: boolean;
}

/** @throws Error with the usage for options that there are not */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: PARTS.join() },
      models: { type: 'string', default: MODELS.join() },
      batches: { type: 'string' },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      peers: { type: 'string', default: 'torch,tfjs' },
      python: { type: 'string' },
      'torch-device': { type: 'string', default: 'cuda' },
      dawn: { type: 'string', default: '' },
      limit: { type: 'string', default: '1e9' },
      out: { type: 'string' },
      publish: { type: 'boolean', default: false },
      from: { type: 'string' },
      quick: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  return {
    only: among('only', values.only, PARTS),
    models: among('models', values.models, MODELS),
    batches: (values.batches ?? (quick ? '2,1' : '32,512,128,8,1'))
      .split(',')
      .map((text) => positive('batches', text, true)),
    rounds: positive('rounds', values.rounds ?? (quick ? '1' : '5'), true),
    seconds: positive('seconds', values.seconds ?? (quick ? '0.01' : '0.2')),
    peers: values.peers === 'none' ? [] : among('peers', values.peers, ['torch', 'tfjs'] as const),
    python: values.python,
    torchDevice: among('torch-device', values['torch-device'], ['cuda', 'cpu'] as const)[0]!,
    dawn: values.dawn,
    limit: positive('limit', values.limit),
    out: values.out,
    publish: values.publish,
    from: values.from,
    quick,
    help: values.help,
  };
}

function among<T extends string>(option: string, list: string, known: readonly T[]): T[] {
  return list.split(',').map((name) => {
    if ((known as readonly string[]).includes(name)) return name as T;
    throw new Error(`--${option} knows ${known.join(', ')}, not '${name}'\n${usage}`);
  });
}

function positive(option: string, text: string, whole = false): number {
  const value = Number(text);
  if (value > 0 && (!whole || Number.isInteger(value))) return value;
  throw new Error(`--${option} is ${text}, not a positive ${whole ? 'whole ' : ''}number\n${usage}`);
}
