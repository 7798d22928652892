/** npm run bench:gpu: how fast a training step is on a GPU, where its time goes, and how others do. See --help. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeAdapter, requestAdapter } from '../../src/kernels/webgpu/device.ts';
import { environment } from '../machine.ts';
import { measureCeilings } from './ceilings.ts';
import { dawnOptions } from './device.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { type GpuResult, gpuReport, withGpuSection } from './report.ts';
import { stepsAnswers } from './steps.ts';
import { findPython, Torch } from './torch.ts';
import { trainingCase } from './training.ts';
import type { Case } from './training-step.ts';

const PUBLISHED = 'bench/results/gpu.json';
const PAGE = 'docs/benchmarks.md';

/** Bands and frames that each model is given: the reference network's own, and a window of the default features. */
const SIZES: Readonly<Record<string, readonly [number, number]>> = {
  'reference-step': [64, 128],
  'pcg-lite': [64, 200],
};

function casesOf({ models, batches, quick }: Options): Case[] {
  return batches.flatMap((batch) =>
    models.map((model) => {
      const [bands, frames] = quick ? [16, 24] : SIZES[model]!;
      return { model, batch, bands, frames };
    }),
  );
}

/** Driver, clocks and power as they are before anything runs. */
function driverLine(): string {
  const fields = 'name,driver_version,clocks.sm,clocks.mem,clocks.max.sm,power.limit,ecc.mode.current';
  const { stdout, status } = spawnSync('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv,noheader'], {
    encoding: 'utf8',
  });
  return status === 0 ? `nvidia-smi (${fields}): ${stdout.trim().split('\n')[0]}` : 'no nvidia-smi';
}

async function start(options: Options, torch: Torch | null): Promise<GpuResult> {
  const { description } = await requestAdapter({ dawn: dawnOptions(options.dawn) });
  const here = environment(torch?.versions ?? {});
  return {
    environment: { ...here, commit: process.env.BENCH_COMMIT ?? here.commit },
    adapter: describeAdapter(description),
    driver: driverLine(),
    features: description.features.filter((name) => /subgroups|shader-f16|timestamp/.test(name)),
    dawn: options.dawn,
    rounds: options.rounds,
    seconds: options.seconds,
    quick: options.quick,
    software: description.software,
    training: [],
    steps: [],
    missing: [],
  };
}

async function measure(options: Options): Promise<void> {
  const began = performance.now();
  const late = () => performance.now() - began > 1e3 * options.limit;
  const torch = options.peers.includes('torch')
    ? await Torch.start(findPython(options.python), options.torchDevice)
    : null;
  const scratch = mkdtempSync(join(tmpdir(), 'pcg-engine-gpu-'));
  try {
    const result = await start(options, torch);
    const dawn = dawnOptions(options.dawn);
    const ceilings = await measureCeilings(dawn, options.quick);
    if (options.only.includes('ceilings') && torch)
      result.torchCeilings = await torch.ceilings(options.quick);
    result.ceilings = ceilings;
    keep(options, result);
    for (const subject of options.only.includes('training') ? casesOf(options) : []) {
      const name = `${subject.model}, batch ${subject.batch}`;
      if (late()) {
        result.missing.push(`${name}: --limit ${options.limit} s was reached before it`);
        continue;
      }
      console.error(`${seconds(began)} ${name}`);
      try {
        result.training.push(await trainingCase(subject, options, ceilings, torch, scratch));
      } catch (error) {
        result.missing.push(`${name}: ${(error as Error).message}`);
        console.error((error as Error).stack);
      }
      keep(options, result);
    }
    if (options.only.includes('steps')) {
      console.error(`${seconds(began)} kernels step by step`);
      result.steps.push(...(await stepsAnswers(options, ceilings)));
      for (const { title, rows } of result.steps) {
        for (const { name, missing } of rows)
          if (missing) result.missing.push(`${title}: ${name}: ${missing}`);
      }
    }
    result.training.sort(inOrder);
    keep(options, result);
    console.log(gpuReport(result));
    console.error(`${seconds(began)} done`);
    if (options.publish) publish(result);
    if (result.missing.length > 0) process.exitCode = 1;
  } finally {
    torch?.close();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function inOrder({ subject: a }: { subject: Case }, { subject: b }: { subject: Case }): number {
  return a.model === b.model ? a.batch - b.batch : a.model > b.model ? -1 : 1;
}

function seconds(began: number): string {
  return `${((performance.now() - began) / 1e3).toFixed(0).padStart(4)} s`;
}

/** After every case, so that a run that is cut off leaves what it has. */
function keep({ out }: Options, result: GpuResult): void {
  const folder = out ?? 'bench/results';
  const name = out ? 'gpu' : 'gpu.local';
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(folder, `${name}.md`), `${gpuReport(result)}\n`);
}

/** Parts of one measurement that were run one after the other, on one machine and one commit. */
function merged(parts: readonly GpuResult[]): GpuResult {
  const [first] = parts as [GpuResult];
  for (const { adapter, environment } of parts) {
    if (adapter !== first.adapter || environment.commit !== first.environment.commit)
      throw new Error('--from: these results are of different adapters or commits');
  }
  return {
    ...Object.assign({}, ...[...parts].reverse()),
    training: parts.flatMap(({ training }) => training).sort(inOrder),
    steps: parts.flatMap(({ steps }) => steps),
    missing: parts.flatMap(({ missing }) => missing),
  };
}

function publish(result: GpuResult): void {
  if (result.quick || result.software)
    throw new Error('Figures of tiny sizes or of software are not published');
  writeFileSync(PUBLISHED, `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(PAGE, withGpuSection(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '', result));
  console.error(`Written: ${PUBLISHED}, ${PAGE}`);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) return console.log(usage);
  if (options.from === undefined) return measure(options);
  const result = merged(
    options.from.split(',').map((file) => JSON.parse(readFileSync(file, 'utf8')) as GpuResult),
  );
  console.log(gpuReport(result));
  if (options.publish) publish(result);
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
// Dawn's threads would keep the process.
process.exit();
