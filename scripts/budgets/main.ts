/** See ../budgets.mjs. */
import { type Figure, judge } from './judge.ts';
import { LIMITS } from './limits.ts';
import { lineFigures } from './lines.ts';
import { browserSizes, modelFileSize, packageSizes } from './package.ts';
import { cpuFigures, webgpuFigures } from './steps.ts';
import { table } from './table.ts';

const figures: Figure[] = [
  ...packageSizes(),
  ...(await browserSizes()),
  await modelFileSize(),
  ...(await cpuFigures()),
  ...(await webgpuFigures()),
  ...lineFigures(),
];
if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
else if (process.argv.includes('--table')) console.log(table(figures, LIMITS));
else {
  const complete = Boolean(process.env.CI || process.env.PCG_ENGINE_REQUIRE_GPU);
  const { lines, passed } = judge(figures, LIMITS, complete);
  console.log(lines.join('\n'));
  if (!passed) process.exitCode = 1;
}
