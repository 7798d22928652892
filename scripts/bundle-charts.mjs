import { copyFile, mkdir, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/**
 * Bundles what ECharts code `dist/vendor/echarts.js` (as tsc leaves it) imports into that file, tree-shaken
 * and minified, and puts the licences that allow this beside it. ECharts stays a development dependency.
 *
 * @param {string} dist the folder that tsc wrote
 * @returns {Promise<string>} the size, in words
 */
export default async function bundleCharts(dist = fileURLToPath(new URL('../dist', import.meta.url))) {
  const file = join(dist, 'vendor', 'echarts.js');
  const bundled = `${file}.bundled`;
  const result = await build({
    entryPoints: [file],
    outfile: bundled,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    legalComments: 'eof',
    logLevel: 'warning',
    define: { 'process.env.NODE_ENV': '"production"' },
    metafile: true,
  });
  await rename(bundled, file);
  await copyLicences(join(dist, 'vendor', 'licences'));
  const [output] = Object.values(result.metafile.outputs);
  return `${Math.round(output.bytes / 1024)} KiB`;
}

/** ECharts (Apache-2.0, with its notice and those of what it contains), ZRender (BSD-3-Clause), tslib (0BSD). */
async function copyLicences(folder) {
  const require = createRequire(import.meta.url);
  const echarts = dirname(require.resolve('echarts/package.json'));
  const fromEcharts = createRequire(join(echarts, 'package.json'));
  const zrender = dirname(fromEcharts.resolve('zrender/package.json'));
  const tslib = dirname(fromEcharts.resolve('tslib'));
  await mkdir(folder, { recursive: true });
  await copyFile(join(echarts, 'LICENSE'), join(folder, 'echarts-LICENSE.txt'));
  await copyFile(join(echarts, 'NOTICE'), join(folder, 'echarts-NOTICE.txt'));
  await copyFile(join(echarts, 'licenses', 'LICENSE-d3'), join(folder, 'd3-LICENSE.txt'));
  await copyFile(join(zrender, 'LICENSE'), join(folder, 'zrender-LICENSE.txt'));
  await copyFile(join(tslib, 'LICENSE.txt'), join(folder, 'tslib-LICENSE.txt'));
}
