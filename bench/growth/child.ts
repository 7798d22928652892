/** One job in a process of its own: prints the peak resident memory in bytes. Started by process.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { cpu } from 'pcg-engine';
import { defaultFeatureSettings, FeatureExtractor } from 'pcg-engine/dsp';
import { loadExamples, loadModel, predictFiles, readSound, scanDataset } from 'pcg-engine/train';
import { batchOf, Ours } from '../network.ts';
import { WidePcgLite } from './wide.ts';

/** With a `size` of 0 everything is made ready, and nothing done. */
export type Job =
  | {
      readonly task: 'train' | 'infer';
      readonly size: number;
      readonly width: number;
      readonly threads: number;
    }
  | { readonly task: 'features'; readonly size: number; readonly path: string }
  | { readonly task: 'predict'; readonly size: number; readonly path: string; readonly model: string }
  | { readonly task: 'extract'; readonly size: number; readonly path: string; readonly threads: number };

/** After the second step the optimiser's memory is there, and buffers of the first were used again. */
const STEPS = 3;

async function work(job: Job): Promise<void> {
  switch (job.task) {
    case 'train':
    case 'infer': {
      const ours = await Ours.start((backend) => new WidePcgLite(job.width, backend), job.threads);
      const batch = batchOf(job.size);
      if (job.size > 0) {
        for (let i = 0; i < STEPS; i++) await (job.task === 'train' ? ours.train(batch) : ours.infer(batch));
      }
      return ours.close();
    }
    case 'features': {
      const extractor = new FeatureExtractor(defaultFeatureSettings);
      if (job.size === 0) return;
      const { samples, sampleRate } = await readSound({ id: 'r', path: job.path }, defaultFeatureSettings);
      extractor.extract(samples, sampleRate);
      return;
    }
    case 'predict': {
      const backend = await cpu({ threads: 1 });
      const model = loadModel(job.model, backend);
      for await (const result of predictFiles(model, job.size > 0 ? [job.path] : [])) {
        if ('error' in result) throw new Error(result.error.message);
      }
      return backend.close();
    }
    case 'extract': {
      if (job.size === 0) return;
      const { recordings } = scanDataset(job.path);
      const { examples } = await loadExamples(recordings, defaultFeatureSettings, { threads: job.threads });
      if (examples.length !== job.size) throw new Error(`${examples.length} of ${job.size} recordings`);
    }
  }
}

/** Bytes; from the kernel's account of the process (Linux), else Node's. */
function peak(): number {
  const status = '/proc/self/status';
  const kB = existsSync(status)
    ? Number(/VmHWM:\s*(\d+)/.exec(readFileSync(status, 'utf8'))![1])
    : process.resourceUsage().maxRSS;
  return 1024 * kB;
}

await work(JSON.parse(process.argv[2]!) as Job);
process.stdout.write(String(peak()));
