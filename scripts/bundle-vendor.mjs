import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const nodeModules = fileURLToPath(new URL('../node_modules', import.meta.url));

/**
 * Bundles what `dist/vendor/d3.js` (as tsc leaves it) uses of d3-scale and d3-shape into that file, tree-shaken but
 * legible, and puts the licences that allow this beside it. Both stay development dependencies.
 *
 * @param {string} dist the folder that tsc wrote
 * @returns {Promise<string>} what was bundled, in words
 */
export default async function bundleVendor(dist = fileURLToPath(new URL('../dist', import.meta.url))) {
  const file = join(dist, 'vendor', 'd3.js');
  const bundled = `${file}.bundled`;
  const { metafile } = await build({
    entryPoints: [file],
    outfile: bundled,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    charset: 'utf8',
    logLevel: 'warning',
    metafile: true,
  });
  await rename(bundled, file);
  const [output] = Object.values(metafile.outputs);
  const packages = packagesIn(output.inputs);
  const licences = join(dist, 'vendor', 'licences');
  await mkdir(licences, { recursive: true });
  for (const name of packages) {
    await copyFile(join(nodeModules, name, 'LICENSE'), join(licences, `${name}-LICENSE.txt`));
  }
  return `${Math.round(output.bytes / 1024)} KiB of ${packages.join(', ')}`;
}

/** Those of which something is left after tree-shaking. */
function packagesIn(inputs) {
  const used = Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  const names = used.map(([path]) => /node_modules\/([^/]+)\//.exec(path)?.[1]).filter(Boolean);
  return [...new Set(names)].sort();
}
