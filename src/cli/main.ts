#!/usr/bin/env node
import { processIo } from './io.ts';
import { runCli } from './program.ts';

// Set, not called: what is still to be written to a pipe is written before the process ends.
process.exitCode = await runCli(process.argv.slice(2), processIo());
