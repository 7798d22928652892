import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listOf, noise, serve, smallSet } from '../train/download/server.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, pcg } from './support.ts';

const WAV = 'training-a/a0002.wav';

function folder(): string {
  return join(temporaryFolder(), 'set');
}

function download(from: string, to: string, ...more: string[]) {
  return pcg(['data', 'download', 'cinc2016', '--from', from, '--to', to, ...more]);
}

describe('data download', () => {
  it('fills the folder, names licence and publications, and says what to do next', async () => {
    const server = await serve(smallSet());
    const to = folder();
    const { code, stdout, stderr } = await download(server.url, to);
    expect(code).toBe(0);
    expect(stdout).toContain(`cinc2016 in ${to}: complete`);
    expect(stdout).toMatch(/12 files, \d kB, each right by the publisher’s SHA-256 list/);
    expect(stdout).toContain('12 brought');
    expect(stdout).toContain('ODC-By 1.0');
    expect(stdout).toContain('Liu C et al. 2016, https://doi.org/10.1088/0967-3334/37/12/2181');
    expect(stdout).toContain('Goldberger AL et al. 2000, https://doi.org/10.1161/01.CIR.101.23.e215');
    expect(stdout).toContain('LICENCE-AND-CITATION.txt');
    expect(stderr).toContain(`Next: npx pcg-engine data inspect ${to}`);
    expect(stdout + stderr).not.toContain('\u001b');
    const again = await download(server.url, to);
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('0 brought, 12 were there');
  });

  it('names the publications of circor2022', async () => {
    const files = { 'training_data/1_AV.wav': noise(50, 1), 'training_data.csv': noise(9, 2) };
    const server = await serve({ ...files, 'SHA256SUMS.txt': listOf(files) });
    const { code, stdout } = await pcg([
      'data',
      'download',
      'circor2022',
      '--from',
      server.url,
      '--to',
      folder(),
    ]);
    expect(code).toBe(0);
    for (const line of [
      'Oliveira J et al. 2022, https://doi.org/10.13026/tshs-mw03',
      'Oliveira J et al. 2022, https://doi.org/10.1109/JBHI.2021.3137048',
      'Reyna MA et al. 2023, https://doi.org/10.1371/journal.pdig.0000324',
      'Goldberger AL et al. 2000, https://doi.org/10.1161/01.CIR.101.23.e215',
    ])
      expect(stdout).toContain(`  ${line}\n`);
    expect(stdout).toContain('1 of the 3,163 published recordings');
  });

  it('gives one JSON document, the record and what was done', async () => {
    const server = await serve(smallSet());
    const to = folder();
    const outcome = await download(server.url, to, '--json', '--quiet');
    expect(outcome.code).toBe(0);
    expect(outcome.stderr).toBe('');
    const record = JSON.parse(readFileSync(join(to, 'download.json'), 'utf8'));
    expect(json(outcome)).toEqual({
      status: 'complete',
      folder: to,
      kept: 0,
      brought: 12,
      replaced: 0,
      ...record,
      next: `npx pcg-engine data inspect ${to}`,
    });
    expect(Object.keys(record)).toEqual([
      'format',
      'dataset',
      'title',
      'version',
      'engine',
      'source',
      'list',
      'all',
      'files',
      'bytes',
      'recordings',
      'verified',
      'complete',
      'missing',
      'companions',
      'licence',
      'citations',
    ]);
  });

  it('after a 404 says that asking again will not help', async () => {
    const server = await serve(smallSet(), (path) => (path === WAV ? 404 : undefined));
    const to = folder();
    const { code, stdout, stderr } = await download(server.url, to);
    expect(code).toBe(3);
    expect(stdout).toContain(`missing 1 file (download/http-404): ${WAV}`);
    expect(stderr).toContain(`note: ${server.url} will not bring what is missing if it is asked again.`);
    expect(stderr).toContain(`Next: npx pcg-engine data inspect ${to}\n`);
    const nothing = await serve(smallSet(), (path) => (path.endsWith('.txt') ? undefined : 403));
    expect((await download(nothing.url, folder())).stderr).toContain(
      'Next: npx pcg-engine data download --help',
    );
  });

  it('names what is missing, exits 3, and how to go on', async () => {
    const server = await serve(smallSet(), (path) => (path === WAV ? 429 : undefined));
    const to = folder();
    const { code, stdout, stderr } = await download(server.url, to, '--parallel', '2');
    expect(code).toBe(3);
    expect(stdout).toContain(`cinc2016 in ${to}: incomplete`);
    expect(stdout).toContain('11 of 12 files');
    expect(stdout).toContain(`missing 1 file (download/http-429): ${WAV}`);
    expect(stderr).not.toContain('note:');
    expect(stderr).toContain(
      `Next: npx pcg-engine data download cinc2016 --to ${to} --from ${server.url} --parallel 2`,
    );
    const outcome = await download(server.url, to, '--json');
    expect(outcome.code).toBe(3);
    expect(json(outcome)).toMatchObject({ status: 'incomplete', missing: [{ path: WAV }], kept: 11 });
  });

  it('warns of files that nobody could check, and exits 3', async () => {
    const { 'SHA256SUMS.txt': _, ...files } = smallSet();
    const from = temporaryFolder();
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(join(from, path, '..'), { recursive: true });
      writeFileSync(join(from, path), content);
    }
    const { code, stdout, stderr } = await download(from, folder(), '--no-list');
    expect(code).toBe(3);
    expect(stderr).toContain('warning: 12 files taken as they are');
    expect(stdout).toContain('4 of the 3,240 published recordings');
    expect(stdout).toContain('training-e: 0 of 2,141');
    const list = join(temporaryFolder(), 'sums');
    writeFileSync(list, listOf(files));
    expect((await download(from, folder(), '--list', list)).code).toBe(0);
  });

  it('stops at Ctrl-C with 130, and what it prints goes on', async () => {
    const to = folder();
    let stalled = true;
    const server = await serve(smallSet(), (path) => (stalled && path === WAV ? 'stall' : undefined));
    const argv = ['data', 'download', 'cinc2016', '--from', server.url, '--to', to, '--json'];
    const outcome = await pcg(argv, {
      columns: 80,
      onTalk: (text, interrupt) => text.includes('11 of 12') && interrupt(),
    });
    expect(outcome.code).toBe(130);
    expect(outcome.stderr).toContain('11 files are right so far');
    const next = `npx pcg-engine data download cinc2016 --to ${to} --from ${server.url}`;
    expect(outcome.stderr).toContain(`Go on with: ${next}`);
    expect(json(outcome)).toMatchObject({ status: 'interrupted', complete: false, next });
    stalled = false;
    const again = await pcg(next.split(' ').slice(2));
    expect(again.code).toBe(0);
    expect(again.stdout).toContain('1 brought, 11 were there');
  });

  it('stops at Ctrl-C before anything has come', async () => {
    const server = await serve(smallSet(), () => 'silent');
    const to = folder();
    const outcome = await pcg(['data', 'download', 'cinc2016', '--from', server.url, '--to', to, '--json'], {
      onTalk: (_, interrupt) => setTimeout(interrupt, 20),
    });
    expect(outcome.code).toBe(130);
    expect(json(outcome)).toMatchObject({ status: 'interrupted', folder: to });
    expect(existsSync(to)).toBe(false);
  });

  it('draws one line that fits a terminal of 80 columns', async () => {
    const files: Record<string, Uint8Array> = {};
    for (let i = 0; i < 40; i++) files[`training-a/a${1000 + i}.wav`] = noise(3000, i);
    const server = await serve({ ...files, 'SHA256SUMS.txt': listOf(files) }, () => 'drip');
    const { code, stderr } = await pcg(
      ['data', 'download', 'cinc2016', '--from', server.url, '--to', folder()],
      { columns: 80, env: { NO_COLOR: '1' } },
    );
    expect(code).toBe(0);
    const drawn = stderr.split('\r\u001b[2K').filter((line) => line.includes('of 40 files'));
    expect(drawn.length).toBeGreaterThan(0);
    for (const line of drawn) expect([...line.split('\n')[0]!].length).toBeLessThan(80);
    expect(drawn.at(-1)).toMatch(/[█░]{16} \d+ of 40 files · \d+ kB · \d+ kB\/s/);
  });

  it.each([
    [['data', 'download', 'cinc2017', '--to', 'x'], 'usage/invalid-argument'],
    [['data', 'download', 'cinc2016'], 'usage/missing-mandatory-option-value'],
    [['data', 'download', 'cinc2016', '--to', 'x', '--parallel', 'many'], 'usage/invalid-argument'],
    [['data', 'download', 'cinc2016', '--to', 'x', '--parallel', '99'], 'usage/parallel'],
    [['data', 'download', 'cinc2016', '--to', 'x', '--from', 'ftp://x'], 'usage/from'],
  ])('%j is refused with 2', async (argv, code) => {
    const outcome = await pcg([...argv, '--json']);
    expect(jsonError(outcome).code).toBe(code);
    expect(outcome.code).toBe(2);
  });

  it('shows a hostile list as an error, without what it tries to do to the terminal', async () => {
    const list = new TextEncoder().encode(`${'a'.repeat(64)} training-a/\u001b[2Jx\n`);
    const server = await serve({ 'SHA256SUMS.txt': list });
    const to = folder();
    const outcome = await download(server.url, to, '--json');
    expect(outcome.code).toBe(3);
    expect(jsonError(outcome).code).toBe('list/path');
    expect(outcome.stderr).not.toContain('\u001b');
    expect(existsSync(to)).toBe(false);
  });
});
