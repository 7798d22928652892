/** What `npm run bench` can be told. */
import { parseArgs } from 'node:util';

/** Who is wanted, and where those are that can be elsewhere. */
export interface PeerOptions {
  /** Every peer and every size, as long as it takes. */
  readonly all: boolean;
  /** Executable with torch, librosa and onnx. */
  readonly python: string | null;
  /** Folder whose node_modules has onnxruntime-node. */
  readonly onnx: string | null;
  readonly tfjs: boolean;
  readonly jax: boolean;
}

export interface Options {
  readonly only: readonly string[] | null;
  readonly rounds: number;
  readonly seconds: number;
  readonly peers: PeerOptions;
  readonly data: string | null;
  readonly publish: boolean;
  /** Only writes the page and its pictures again, from what is published. */
  readonly page: boolean;
  readonly help: boolean;
}

const PLACES = { python: 'bench/peers/.venv/bin/python', onnx: 'bench/peers' } as const;
const NAMES = ['python', 'onnx', 'tfjs', 'jax'] as const;
type PeerName = (typeof NAMES)[number];

export const usage = (questions: readonly string[], published: string, page: string) =>
  `npm run bench -- [options]
  --only NAMES     some of: ${questions.join(', ')}
  --rounds N       rounds of turns (5); fewer beside the main settings, in growth and training-run
  --seconds S      length of a turn (1); shorter there, and for single ops
  --peers LIST     all                every peer and every size, as long as it takes (tfjs cpu only then)
                   none               nobody but pcg-engine and gpu.js, which is a development dependency
                   python=EXECUTABLE  with torch, librosa and onnx (${PLACES.python})
                   onnx=FOLDER        whose node_modules has onnxruntime-node (${PLACES.onnx})
                   NAME=none          leaves out one of ${NAMES.join(', ')}
                   Several are divided by commas, or given one by one. TensorFlow.js and jax-js are looked for in
                   bench/peers only.
  --data FOLDER    recordings for extraction and, with --peers all, training-run (default: made-up ones)
  --publish        keep the results in ${published} and write ${page}
  --page           measure nothing: write ${page} and its pictures again from ${published}
  --sources        bundle src/ instead of the built package; processes of their own (process, sizes, growth,
                   training-run, TensorFlow.js, jax-js) use the built one all the same
  --help           this`;

/** @throws Error with what is wrong and what there is */
export function parseOptions(args: readonly string[], questions: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '5' },
      seconds: { type: 'string', default: '1' },
      peers: { type: 'string', multiple: true, default: [] },
      data: { type: 'string' },
      publish: { type: 'boolean', default: false },
      page: { type: 'boolean', default: false },
      sources: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const only = values.only?.split(',') ?? null;
  for (const name of only ?? []) {
    if (!questions.includes(name))
      throw new Error(`There is no question '${name}'; there are ${questions.join(', ')}`);
  }
  const rounds = positive('rounds', values.rounds);
  if (!Number.isInteger(rounds)) throw new Error(`--rounds is ${values.rounds}, not a whole number`);
  const { publish, page, help } = values;
  const peers = parsePeers(values.peers);
  const seconds = positive('seconds', values.seconds);
  return { only, rounds, seconds, peers, data: values.data ?? null, publish, page, help };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < Number.POSITIVE_INFINITY))
    throw new Error(`--${name} is ${text}, not a positive number`);
  return value;
}

/**
 * Entries of `--peers`, each `all`, `none` or `name=where`, several of them divided by commas.
 * @throws Error with what is wrong and what there is
 */
export function parsePeers(lists: readonly string[]): PeerOptions {
  const entries = lists.flatMap((list) => list.split(','));
  const given = new Map<string, string>();
  for (const entry of entries) {
    if (entry === 'all' || entry === 'none') continue;
    const [name, value] = entry.split(/=(.*)/s) as [string, string?];
    if (!NAMES.includes(name as PeerName))
      throw new Error(`--peers knows all, none, ${NAMES.join(', ')}, not '${name}'`);
    if (!(name in PLACES) && value !== 'none') throw new Error(`--peers knows ${name}=none, not '${entry}'`);
    if (!value) throw new Error(`--peers ${name} needs a value: ${name}=…, or ${name}=none`);
    given.set(name, value);
  }
  const nobody = entries.includes('none');
  const place = (name: keyof typeof PLACES) => {
    const value = given.get(name) ?? (nobody ? 'none' : PLACES[name]);
    return value === 'none' ? null : value;
  };
  const wanted = (name: PeerName) => !nobody && given.get(name) !== 'none';
  return {
    all: entries.includes('all'),
    python: place('python'),
    onnx: place('onnx'),
    tfjs: wanted('tfjs'),
    jax: wanted('jax'),
  };
}
