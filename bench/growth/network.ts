/** How the network's time and memory grow with the batch and with its width. */
import { availableParallelism } from 'node:os';
import { batchOf, Ours } from '../network.ts';
import type { Answer, Bench } from '../question.ts';
import { medians, memories, peakOfTensors } from './measure.ts';
import type { Child } from './process.ts';
import { answerOf, type Curve } from './table.ts';
import { WidePcgLite } from './wide.ts';

interface Setting {
  readonly width: number;
  readonly batch: number;
}

async function curves(settings: readonly Setting[], child: Child, bench: Bench): Promise<Curve[]> {
  const threads = availableParallelism();
  const widths = [...new Set(settings.map(({ width }) => width))];
  const networks = new Map<number, Ours>();
  try {
    for (const width of widths) {
      networks.set(width, await Ours.start((backend) => new WidePcgLite(width, backend), threads));
    }
    const batches = settings.map(({ batch }) => batchOf(batch));
    const bodies = (['train', 'infer'] as const).flatMap((task) =>
      settings.map(
        ({ width }, i) =>
          () =>
            networks.get(width)![task](batches[i]!),
      ),
    );
    const times = await medians(bodies, bench);
    const tensors: number[] = [];
    for (const [i, body] of bodies.entries()) {
      tensors.push(await peakOfTensors(networks.get(settings[i % settings.length]!.width)!.backend, body));
    }
    const n = settings.length;
    const peaks = (task: 'train' | 'infer') =>
      memories(
        child,
        settings.map(({ width, batch }) => ({ task, size: batch, width, threads })),
      );
    return [
      { name: 'training step', unit: 'ms', values: times.slice(0, n) },
      { name: 'inference', unit: 'ms', values: times.slice(n) },
      { name: 'training, process', unit: 'MB', values: await peaks('train') },
      { name: 'training, tensors', unit: 'MB', values: tensors.slice(0, n) },
      { name: 'inference, process', unit: 'MB', values: await peaks('infer') },
      { name: 'inference, tensors', unit: 'MB', values: tensors.slice(n) },
    ];
  } finally {
    for (const network of networks.values()) await network.close();
  }
}

export async function batchGrowth(child: Child, bench: Bench): Promise<Answer> {
  const sizes = bench.all ? [1, 2, 4, 8, 16, 32, 64, 128, 256] : [1, 4, 16, 64];
  return answerOf({
    file: 'batch',
    title: `Batch: pcg-lite, windows of 64×128, ${threadsNamed()}`,
    axis: 'windows a batch',
    one: 'window',
    sizes,
    curves: await curves(
      sizes.map((batch) => ({ width: 1, batch })),
      child,
      bench,
    ),
  });
}

/** Wide networks would take long with a batch of 32. */
const BATCH = 8;

export async function widthGrowth(child: Child, bench: Bench): Promise<Answer> {
  const sizes = [0.5, 1, 2, 4];
  return answerOf({
    file: 'width',
    title: `Width: pcg-lite with more or fewer channels, batch ${BATCH} of 64×128, ${threadsNamed()}`,
    axis: 'width (channels relative to pcg-lite)',
    sizes,
    curves: await curves(
      sizes.map((width) => ({ width, batch: BATCH })),
      child,
      bench,
    ),
    notes: [
      'The memory of a process above an idle one is without the weights, which are there when it is idle.',
      'Of the multiply–adds, those of the first convolution (one input channel) grow with the width, all others with its square.',
    ],
  });
}

export function threadsNamed(): string {
  const threads = availableParallelism();
  return `${threads} thread${threads > 1 ? 's' : ''}`;
}
