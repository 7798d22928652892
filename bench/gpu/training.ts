/** One case: everybody who trains the same, taking turns; what our step asks of the device; where its time goes. */
import { webgpu } from '../../src/kernels/webgpu/backend.ts';
import { type Contestant, contest, type Missing, type Row } from '../harness.ts';
import { TfjsRun } from '../peers/tfjs.ts';
import { type Breakdown, breakdown } from './breakdown.ts';
import type { Ceilings } from './ceilings.ts';
import { dawnOptions } from './device.ts';
import type { Options } from './options.ts';
import { agree, CHECKED_STEPS, type Peer, type Shared } from './peer.ts';
import { type Torch, writeShared } from './torch.ts';
import { batchValues, type Case, Trainer, weightsOf } from './training-step.ts';
import { alone, stepper } from './turns.ts';

/** What a step asks of the device once it is warm. */
export interface Demands {
  readonly dispatches: number;
  readonly submits: number;
  readonly buffersCreated: number;
  readonly bindGroupsCreated: number;
  readonly pipelinesCreated: number;
  /** Of tensors between steps, and of all buffers the pool has. */
  readonly bytesLive: number;
  readonly bytesPooled: number;
}

export interface TrainingRow extends Row {
  /** Milliseconds of a step that is waited for on its own. */
  readonly alone?: number;
  /** Milliseconds on the device: ours summed over dispatches, PyTorch's between CUDA events with the gaps. */
  readonly device?: number;
  /** Milliseconds of this thread to record and submit a step. */
  readonly host?: number;
}

export interface TrainingAnswer {
  readonly subject: Case;
  readonly rows: readonly TrainingRow[];
  readonly demands: Demands;
  readonly losses: readonly number[];
  readonly breakdown: Breakdown;
}

interface Ours extends Peer {
  readonly trainer: Trainer;
  readonly demands: Demands;
  readonly host: () => number;
}

async function startOurs(
  name: string,
  subject: Case,
  options: Options,
  storage: 'f32' | 'f16',
  shared: Shared,
): Promise<Ours> {
  const backend = await webgpu({ dawn: dawnOptions(options.dawn), storage });
  try {
    const trainer = new Trainer(backend, subject, shared.batch);
    // float16 keeps 11 bits.
    const difference = agree(await trainer.losses(CHECKED_STEPS), shared.losses, 2e-2);
    if (difference) throw new Error(difference);
    await trainer.steps(3);
    const steps = options.quick ? 2 : 20;
    // Waited for in groups, as while it is timed.
    await trainer.steps(10);
    const start = backend.counters;
    await trainer.steps(steps);
    const end = backend.counters;
    const rise = (key: keyof typeof start) => (end[key] - start[key]) / steps;
    let timedSteps = 0;
    trainer.hostTime = 0;
    const contestant = stepper(
      name,
      (count) => {
        timedSteps += count;
        return trainer.steps(count);
      },
      () => backend.close(),
    );
    return {
      trainer,
      contestant,
      alone: () => alone((count) => trainer.steps(count), options.quick ? 2 : 20),
      host: () => trainer.hostTime / timedSteps,
      demands: {
        dispatches: rise('dispatches'),
        submits: rise('submits'),
        buffersCreated: end.buffers - start.buffers,
        bindGroupsCreated: end.bindGroups - start.bindGroups,
        pipelinesCreated: end.pipelines - start.pipelines,
        bytesLive: backend.memory().bytes,
        bytesPooled: end.bytes,
      },
    };
  } catch (error) {
    await backend.close();
    throw error;
  }
}

async function startTfjs(
  { subject, index, weights, batch, losses }: Shared,
  options: Options,
): Promise<Peer> {
  const name = 'tfjs-webgpu';
  const missing = (reason: string): Peer => ({ contestant: { name, missing: reason } });
  const dawn = dawnOptions(options.dawn);
  try {
    const check = await TfjsRun.start(subject.model, index, weights, batch, dawn);
    if (typeof check === 'string') return missing(check);
    const difference = agree(await check.losses(CHECKED_STEPS), losses, 2e-3);
    if (difference) {
      check.close();
      return missing(difference);
    }
    return {
      contestant: stepper(`${name} ${check.version}`, check.steps, () => check.close()),
      alone: () => alone(check.steps, options.quick ? 2 : 10),
    };
  } catch (error) {
    return missing((error as Error).message.split('\n')[0]!);
  }
}

/** What others need to train the same, and where our time goes. */
async function lookAt(subject: Case, options: Options, ceilings: Ceilings, scratch: string) {
  const backend = await webgpu({ dawn: dawnOptions(options.dawn), profile: true });
  try {
    const batch = batchValues(subject);
    const trainer = new Trainer(backend, subject, batch);
    const { values, index } = await weightsOf(trainer.run.model);
    const shared: Shared = {
      ...{ subject, batch, weights: values, index, losses: await trainer.losses(CHECKED_STEPS) },
      weightsFile: writeShared(scratch, 'weights.f32', values),
      inputFile: writeShared(scratch, 'batch.f32', batch.x),
    };
    const runs = options.quick ? 2 : 15;
    return { shared, kernels: await breakdown(backend, () => trainer.steps(1), ceilings, runs) };
  } finally {
    await backend.close();
  }
}

/** Lets somebody run a little before turns begin: who fails then is missing, and does not end the case. */
async function tried(peer: Peer, extras: Map<Peer, number>): Promise<Contestant | Missing> {
  const { contestant, alone: measure } = peer;
  if (!('turn' in contestant)) return contestant;
  try {
    await contestant.turn(0);
    if (measure) extras.set(peer, await measure());
    return contestant;
  } catch (error) {
    await Promise.resolve(contestant.close?.()).catch(() => {});
    return { name: contestant.name, missing: (error as Error).message.split('\n')[0]! };
  }
}

export async function trainingCase(
  subject: Case,
  options: Options,
  ceilings: Ceilings,
  torch: Torch | null,
  scratch: string,
): Promise<TrainingAnswer> {
  const { shared, kernels } = await lookAt(subject, options, ceilings, scratch);
  const ours = await startOurs('pcg-engine', subject, options, 'f32', shared);
  const peers: Peer[] = [ours];
  const halfName = 'pcg-engine, f16 activations';
  peers.push(
    await startOurs(halfName, subject, options, 'f16', shared).catch(
      (error: Error): Peer => ({ contestant: { name: halfName, missing: error.message } }),
    ),
  );
  if (torch) peers.push(...(await torch.contestants(shared)));
  if (options.peers.includes('tfjs')) peers.push(await startTfjs(shared, options));
  const extras = new Map<Peer, number>();
  const contestants: (Contestant | Missing)[] = [];
  for (const peer of peers) contestants.push(await tried(peer, extras));
  const { rounds, seconds } = options;
  const rows = await contest(contestants, { rounds, seconds, spread: [0.25, 0.75] });
  return {
    subject,
    demands: ours.demands,
    losses: shared.losses,
    breakdown: kernels,
    rows: rows.map((row, i): TrainingRow => {
      const peer = peers[i]!;
      const measured = {
        alone: extras.get(peer),
        device: peer === ours ? kernels.time / 1e3 : peer.device?.(),
        host: (peer as Partial<Ours>).host?.(),
      };
      const known = Object.entries(measured).filter(([, value]) => value !== undefined);
      return { ...row, ...Object.fromEntries(known) };
    }),
  };
}
