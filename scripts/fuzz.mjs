/**
 * Damaged files for every reader, as many as wanted:
 *
 *   npm run fuzz                              a minute for each reader
 *   npm run fuzz -- --runs 1000000            so many inputs in all
 *   npm run fuzz -- --target wav --seed 7     one reader, other inputs
 *
 * An input that takes longer than ten seconds counts as one that hangs. Whatever is found is written to
 * test/fuzz/corpus/<reader>/, where `npm test` tries it ever after, and the exit code is 1.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

const HANGS_MS = 10_000;
const MOST_FINDINGS = 20;
/** After so many inputs that hang, the others of this reader are not waited for. */
const MOST_HANGS = 3;
const root = fileURLToPath(new URL('..', import.meta.url));
const TARGETS = ['wav', 'safetensors', 'csv', 'hea', 'split'];

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string' },
  },
});
const targets = values.target === undefined ? TARGETS : [values.target];
if (!targets.every((target) => TARGETS.includes(target))) {
  console.error(`no reader "${values.target}"; there are ${TARGETS.join(', ')}`);
  process.exit(2);
}
const seconds = Number(values.seconds ?? 60);
const runs =
  values.runs === undefined ? Number.POSITIVE_INFINITY : Math.ceil(Number(values.runs) / targets.length);
if (!(seconds > 0 && runs > 0 && Number.isInteger(Number(values.seed)))) {
  console.error('--runs and --seconds must be positive numbers, --seed a whole one');
  process.exit(2);
}

const folder = mkdtempSync(join(tmpdir(), 'pcg-fuzz-'));
const worker = join(folder, 'worker.mjs');
await build({
  entryPoints: [join(root, 'test/fuzz/worker.ts')],
  outfile: worker,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'error',
});

/** Runs `count` inputs from number `first` on; ends early at the deadline, and goes on behind one that hangs. */
async function fuzz(target, first, count, deadline, found) {
  const progress = new Int32Array(new SharedArrayBuffer(8));
  const current = new Uint8Array(new SharedArrayBuffer(1 << 16));
  const thread = new Worker(worker, {
    workerData: { target, seed: Number(values.seed), first, count, progress, current },
    resourceLimits: { maxOldGenerationSizeMb: 512 },
  });
  const under = () => Uint8Array.from(current.subarray(0, Atomics.load(progress, 1)));
  thread.on('message', (finding) => found(finding));
  let ended = false;
  const exit = new Promise((resolve) => {
    thread.on('error', (error) => {
      found({
        kind: error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'error',
        message: String(error),
        input: under(),
      });
      ended = true;
      resolve();
    });
    thread.on('exit', () => {
      ended = true;
      resolve();
    });
  });
  let [done, since] = [0, performance.now()];
  while (!ended) {
    await Promise.race([exit, new Promise((resolve) => setTimeout(resolve, 200))]);
    const now = Atomics.load(progress, 0);
    if (now !== done) [done, since] = [now, performance.now()];
    else if (!ended && performance.now() - since > HANGS_MS) {
      found({
        kind: 'hang',
        message: `no answer after ${HANGS_MS / 1000} s`,
        n: first + done,
        input: under(),
      });
      await thread.terminate();
      return done + 1;
    }
    if (!ended && performance.now() > deadline) await thread.terminate();
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${target}: ${first + done} inputs`);
  }
  return Math.max(Atomics.load(progress, 0), 1);
}

let findings = 0;
let total = 0;
for (const target of targets) {
  const seen = new Set();
  let hangs = 0;
  const found = ({ kind, message, n, input }) => {
    const [first, ...stack] = message.split('\n');
    if (kind === 'hang') hangs++;
    // The same place in the code is the same finding.
    const place = kind + (stack.find((line) => line.includes('at ')) ?? first.replace(/\d+/g, '#'));
    if (seen.has(place)) return;
    seen.add(place);
    findings++;
    const corpus = join(root, 'test/fuzz/corpus', target);
    const name = `${kind}-${createHash('sha256').update(input).digest('hex').slice(0, 12)}`;
    mkdirSync(corpus, { recursive: true });
    writeFileSync(join(corpus, name), input);
    console.log(
      `${target}: ${kind} by input ${n ?? '?'} of ${input.length} bytes, kept as test/fuzz/corpus/${target}/${name}\n  ${message.split('\n').slice(0, 4).join('\n  ')}`,
    );
  };
  const start = performance.now();
  const deadline =
    values.runs === undefined || values.seconds !== undefined
      ? start + seconds * 1000
      : Number.POSITIVE_INFINITY;
  let done = 0;
  while (done < runs && performance.now() < deadline && seen.size < MOST_FINDINGS && hangs < MOST_HANGS)
    done += await fuzz(target, done, Math.min(runs - done, 1e9), deadline, found);
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K');
  total += done;
  const took = (performance.now() - start) / 1000;
  console.log(
    `${target}: ${done} inputs in ${took.toFixed(0)} s (${Math.round(done / took)} a second), ${seen.size} findings`,
  );
}
rmSync(folder, { recursive: true, force: true });
console.log(`${total} inputs, ${findings} findings`);
process.exit(findings > 0 ? 1 : 0);
