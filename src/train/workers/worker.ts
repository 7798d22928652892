/** What each thread of `mapInWorkers` runs. */
import { serve } from './serve.ts';
import { TASKS } from './tasks.ts';

await serve(TASKS);
