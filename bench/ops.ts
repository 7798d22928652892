import { type Backend, cpu } from 'pcg-engine';
import { draw } from '../src/tensor/parity.ts';
import { sizeOf } from '../src/tensor/shape.ts';
import { Ceilings } from './ceilings.ts';
import { type Contestant, contest, type Row } from './harness.ts';
import { bytesOf, type OpCase, outputsOf, shapesOf } from './ops/case.ts';
import { cases } from './ops/cases.ts';
import type { Answer, Bench, Question } from './question.ts';
import { digits } from './text.ts';

/** The aim: no op slower than three times what its ceiling takes. */
const AIM = 1 / 3;
/** Seconds that a single timed sample takes at least. */
const SAMPLE = 2e-4;

/** An op beside its ceiling. */
interface Measured {
  readonly sample: OpCase;
  readonly row: Row;
  /** Text: what is moved or computed a second, and what could be. */
  readonly rate: string;
  readonly ceiling: string;
  /** What the ceiling takes by what the op takes. */
  readonly share: number;
}

/** Calls of the kernel on buffers that are there already: no tape, no allocation. */
function contestant(backend: Backend, sample: OpCase) {
  const inputs = sample.inputs.map(({ shape, domain = 'normal', values }, i) => {
    const whole = typeof domain === 'object' && 'indices' in domain;
    const buffer = backend.allocate(sizeOf(shape), whole ? 'int32' : 'float');
    backend.upload(buffer, values ?? draw(shape, domain, i));
    return { buffer, shape };
  });
  const outputs = outputsOf(sample).map((shape) => {
    return { buffer: backend.allocate(sizeOf(shape), 'float'), shape };
  });
  const run = () => backend.run(sample.op, inputs, outputs, sample.attributes);
  const turn = async (seconds: number) => {
    const times: number[] = [];
    let calls = 1;
    const end = performance.now() + 1e3 * seconds;
    do {
      const start = performance.now();
      for (let i = 0; i < calls; i++) run();
      const took = (performance.now() - start) / 1e3;
      if (took >= SAMPLE || calls >= 1e4) times.push(took / calls);
      else {
        // A call that was long by chance, or the first one, tells nothing about the others.
        calls = Math.ceil(1.5 * calls * Math.min(100, SAMPLE / Math.max(took, 1e-6)));
        times.length = 0;
      }
    } while (performance.now() < end || times.length < 2);
    return times;
  };
  const close = () => {
    for (const { buffer } of [...inputs, ...outputs]) backend.free(buffer);
  };
  return { name: sample.op, turn, close };
}

/** The op, a copy of as many bytes with the same working set, and as many float operations, taking turns. */
async function measure(
  backend: Backend,
  ceilings: Ceilings,
  sample: OpCase,
  { rounds, seconds }: Bench,
): Promise<Measured> {
  const bytes = bytesOf(sample);
  const { flops } = sample;
  const turns: Contestant[] = [
    contestant(backend, sample),
    { name: 'copy', turn: async (s) => ceilings.copy(bytes, s / 4).map((rate) => bytes / rate) },
    { name: 'peak', turn: async (s) => ceilings.peak(s / 8).map((rate) => flops / rate) },
  ];
  const effort = { rounds, seconds: 0.05 * seconds, pause: 1 };
  const [row, copy, peak] = (await contest(turns, effort)) as [Row, Row, Row];
  const computes = peak.median! > copy.median!;
  const [amount, unit, bound] = computes ? [flops, 'GFLOP/s', peak] : [bytes, 'GB/s', copy];
  return {
    sample,
    row,
    rate: `${digits(amount / row.median! / 1e6)} ${unit}`,
    ceiling: digits(amount / bound.median! / 1e6),
    share: 1 / bound.ratio![0],
  };
}

const percent = (share: number) =>
  `${share < 0.095 ? (100 * share).toPrecision(1) : (100 * share).toFixed(0)} %`;

/** Microseconds up to ten thousand. */
const time = (ms: number) => digits(1e3 * ms);

function answer(measured: readonly Measured[], threads: number): Answer {
  const low = measured.filter(({ share }) => share < AIM);
  const name = ({ sample }: Measured) => `${sample.op} ${shapesOf(sample)}`;
  return {
    title: `Ops on ${threads} thread${threads > 1 ? 's' : ''}`,
    grid: {
      head: ['op', 'inputs', 'median, µs', '10–90 %', 'rate', 'ceiling', 'share'],
      rows: measured.map(({ sample, row, rate, ceiling, share }) => [
        `${sample.op}${sample.used ? ' *' : ''}`,
        shapesOf(sample),
        time(row.median!),
        `${time(row.low!)}–${time(row.high!)}`,
        rate,
        ceiling,
        percent(share),
      ]),
    },
    goals: [{ text: 'no op under a third of its ceiling', met: low.length === 0 }],
    notes: low.map(
      (one) => `\`${name(one)}\`, ${percent(one.share)}: ${one.sample.reason ?? 'not explained'}.`,
    ),
  };
}

export const opsQuestion: Question = {
  name: 'ops',
  title: 'Every op beside what this machine can do',
  method: [
    'Kernels of the cpu backend on buffers that are there already, called again and again; those marked * are of a',
    'training step or inference of pcg-lite at batch 32. Beside each op, in the same run and taking turns with it, on',
    'as many threads: additions and multiplications of strict 128-bit SIMD in registers, and a copy with 128-bit loads',
    'and stores whose source and target are together as large as what the op reads and writes. The ceiling is the',
    'longer of the two for what the op takes at least: every input read and every output written once; additions,',
    'multiplications, divisions and roots one operation each; exp, tanh and so on those of their polynomials; of Philox',
    'each integer operation. Comparing, selecting, converting and shuffling is not counted, nor is reading twice what',
    'does not fit into a cache. For convolutions multiply-adds of the definition are counted, two operations each:',
    "Winograd's method needs fewer and may exceed 100 %. So may ops that read more than they write, since a copy also",
    'fetches what it overwrites.',
  ].join(' '),
  async *run(bench) {
    for (const threads of [1, 2]) {
      const backend = await cpu({ threads });
      const ceilings = await Ceilings.start(threads);
      try {
        const measured: Measured[] = [];
        for (const sample of cases) measured.push(await measure(backend, ceilings, sample, bench));
        yield answer(measured, threads);
      } finally {
        await ceilings.close();
        await backend.close();
      }
    }
  },
};
