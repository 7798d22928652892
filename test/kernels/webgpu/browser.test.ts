/** The backend where there is no Node: bundled for browsers, on the WebGPU of headless Chromium. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeBrowser, openPage, type Page } from '../../support/chromium.ts';
import { everySample } from '../../support/samples.ts';
import type * as inPage from './page.ts';

/** SwiftShader takes seconds for some kernels, and there may be other work on the machine. */
const LONGEST = 240_000;

type Result<F extends (...args: never[]) => unknown> = Awaited<ReturnType<F>>;

/** A page with page.ts. The package `webgpu` is named in the sources but never loaded: any other package is an error. */
async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    globalName: 'page',
    platform: 'browser',
    target: 'es2022',
    external: ['webgpu'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

describeBrowser('webgpu in a browser', (executable) => {
  let page: Page;
  let opened: Result<typeof inPage.open>;
  beforeAll(async () => {
    page = await openPage(executable, await bundled());
    opened = (await page.evaluate('page.open()')) as typeof opened;
  }, LONGEST);
  afterAll(() => page?.close());

  it('opens the GPU of the page', () => {
    expect(opened).toMatchObject({ node: false, secure: true, adapter: { software: true } });
  });

  for (const op of new Set(everySample().map(({ op }) => op))) {
    if (op === 'reshape') continue; // shares its input's buffer: no kernel
    it(`${op} is the reference's`, async () => {
      expect(await page.evaluate(`page.check('${op}')`)).toEqual([]);
    });
  }

  it(
    'three training steps are those of the reference',
    async () => {
      const { losses, norms, weights, same } = (await page.evaluate('page.steps()')) as Result<
        typeof inPage.steps
      >;
      for (const error of losses) expect(error).toBeLessThan(2e-6);
      for (const error of norms) expect(error).toBeLessThan(1e-5);
      expect(weights.distance, weights.at).toBeLessThan(1e-4);
      expect(same, 'the same bits again').toBe(true);
    },
    LONGEST,
  );

  it('leaves no buffer behind', async () => {
    expect(await page.evaluate('page.close()')).toBe(0);
  });
});
