/** npm run bench: times pcg-engine beside others, prints tables, and keeps the results. See --help. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractionQuestion } from './extraction.ts';
import { growthQuestion } from './growth/question.ts';
import { inferenceQuestion } from './inference.ts';
import { logMelQuestion } from './log-mel.ts';
import { environment } from './machine.ts';
import { matmulQuestion } from './matmul.ts';
import { opsQuestion } from './ops.ts';
import { type Options, parseOptions, usage } from './options.ts';
import { findPeers, type Peers } from './peers/find.ts';
import { processQuestion } from './process.ts';
import type { Answer, Bench, Question } from './question.ts';
import { describe, type Result, section } from './report.ts';
import { keep, PAGE, PUBLISHED, publishAll, readPublished } from './results.ts';
import { sizesQuestion } from './sizes.ts';
import { trainingRunQuestion } from './training-run.ts';
import { pcgLiteStep, referenceStep } from './training-step.ts';

const questions: readonly Question[] = [
  referenceStep,
  pcgLiteStep,
  inferenceQuestion,
  logMelQuestion,
  extractionQuestion,
  processQuestion,
  sizesQuestion,
  matmulQuestion,
  opsQuestion,
  trainingRunQuestion,
  growthQuestion,
];
const names = questions.map(({ name }) => name);

async function main({ only, rounds, seconds, peers: wanted, data, publish }: Options): Promise<void> {
  if (publish) readPublished();
  const scratch = mkdtempSync(join(tmpdir(), 'pcg-engine-bench-'));
  let peers: Peers | null = null;
  const end = () => {
    peers?.close();
    rmSync(scratch, { recursive: true, force: true });
  };
  // However this ends, be it by an error nobody expects, or while peers are started.
  process.once('exit', end);
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  try {
    peers = await findPeers(wanted);
    const here = environment(peers.versions);
    console.log(`${describe(here)}\n${rounds} rounds, turns of ${seconds} s\n`);
    // With one process more than cores, OpenMP's waiting threads make PyTorch five times slower than it is.
    if (here.load > 0.5) {
      const busy = `This machine is busy (load ${here.load} in the last minute)`;
      if (publish) throw new Error(`${busy}: nothing is published. Wait until it is below 0.5`);
      console.error(`${busy}: do not trust these figures.\n`);
    }
    const { all } = wanted;
    const bench: Bench = { ...peers, rounds, seconds, all, data, scratch };
    const results: Record<string, Result> = {};
    let written: string[] = [];
    for (const question of questions.filter(({ name }) => only?.includes(name) ?? true)) {
      const { name, title, method } = question;
      console.log(`## ${title}\n`);
      try {
        const answers: Answer[] = [];
        for await (const answer of question.run(bench)) {
          answers.push(answer);
          console.log(section(answer));
        }
        results[name] = { title, method, environment: here, rounds, seconds, answers };
      } catch (error) {
        // Nothing of it is kept, everything of the others is.
        console.error(`${name}: ${error instanceof Error ? error.message : error}\n`);
        process.exitCode = 1;
        continue;
      }
      written = keep(names, results, publish);
    }
    if (written.length > 0) console.log(`Written: ${written.join(', ')}`);
  } finally {
    end();
  }
}

try {
  const options = parseOptions(process.argv.slice(2), names);
  if (options.help) console.log(usage(names, PUBLISHED, PAGE));
  else if (options.page) console.log(`Written: ${publishAll(names, {}).join(', ')}`);
  else await main(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
