import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeWav16 } from '../../src/dsp/index.ts';
import { formatSplit, splitOf } from '../../src/train/split.ts';
import { synthDataset } from '../../src/train/synth/index.ts';
import { temporaryFolder } from '../train/temporary.ts';
import { json, jsonError, pcg, write } from './support.ts';

const RATE = 2000;
const sounds = synthDataset({ recordings: 8, seconds: 6, seed: 4 }).recordings;
const wav = (i: number, factor = 1) =>
  writeWav16(
    sounds[i]!.samples.map((x) => factor * x),
    RATE,
  );

/** A folder a class; the last recording is a quieter copy of the first. */
function folder(more: Readonly<Record<string, Uint8Array | string>> = {}): string {
  const root = temporaryFolder();
  for (let i = 0; i < 8; i++) write(join(root, i % 2 ? 'normal' : 'abnormal', `r${i}.wav`), wav(i));
  write(join(root, 'abnormal', 'copy.wav'), wav(0, 0.5));
  for (const [name, content] of Object.entries(more)) write(join(root, name), content);
  return root;
}

const findings = (document: Record<string, unknown>) =>
  (document.findings as { code: string }[]).map(({ code }) => code);

describe('text', () => {
  it('puts what to look at first, fits 80 columns, and says what to do next', async () => {
    const root = folder();
    const { code, stdout, stderr } = await pcg(['data', 'inspect', root, '--threads', '1']);
    expect(code).toBe(0);
    const lines = stdout.split('\n');
    const place = (text: string) => lines.findIndex((line) => line.startsWith(text));
    expect(place('What to look at')).toBeGreaterThan(0);
    expect(place('What to look at')).toBeLessThan(place('Classes by site'));
    expect(place('Classes by site')).toBeLessThan(place('Shared sound'));
    expect(stdout).toMatch(/serious {2}One pair of recordings share sound though they count as different/);
    expect(stdout).toMatch(/abnormal\/copy ~ abnorm\S* +same +6\.0 s +0\.0\/0\.0 +1\.000 +other +same/);
    // the path of a temporary folder may be longer than a line
    const words = lines.filter((line) => !line.includes(root));
    expect(Math.max(...words.map((line) => [...line].length))).toBeLessThanOrEqual(80);
    expect(stderr).toContain(`Next: npx pcg-engine data split ${root} --out splits`);
  });

  it('keeps quiet when asked to, and shows progress on a terminal only', async () => {
    const root = folder();
    expect((await pcg(['data', 'inspect', root, '--quiet'])).stderr).toBe('');
    const { stderr } = await pcg(['data', 'inspect', root, '--threads', '1'], {
      columns: 80,
      env: { TERM: 'xterm' },
    });
    expect(stderr).toMatch(/reading .*\d+\/9.* left/);
  });

  it('gives three classes and many sites their rows', async () => {
    const root = temporaryFolder();
    const rows = Array.from({ length: 8 }, (_, i) => {
      write(join(root, `${i}.wav`), wav(i));
      return `${i}.wav,${['none', 'a murmur that has a very long name', 'third'][i % 3]},p${i},site ${i}`;
    });
    write(join(root, 'labels.csv'), ['path,label,subject,site', ...rows, ''].join('\n'));
    const { code, stdout } = await pcg(['data', 'inspect', root, '--quiet']);
    expect(code).toBe(0);
    expect(stdout).toContain('8 sites');
    expect(stdout).toContain('mean recall');
    expect(stdout).toMatch(/^site 7 +1 +1/m);
  });
});

describe('--json', () => {
  it('is one document that says the same for any number of threads, without time or machine', async () => {
    const root = folder({ 'normal/broken.wav': 'no sound' });
    const [one, two] = await Promise.all(
      ['1', '2'].map((threads) => pcg(['data', 'inspect', root, '--json', '--threads', threads])),
    );
    expect(one!.code).toBe(3);
    expect(two!.stdout).toBe(one!.stdout);
    const document = json(one!);
    expect(document).toMatchObject({ format: 'pcg-engine/inspection/1', classes: ['normal', 'abnormal'] });
    expect(findings(document)).toEqual(
      expect.arrayContaining(['unreadable', 'shared-audio-across-subjects']),
    );
    expect(document.unreadable).toEqual([
      expect.objectContaining({ record: 'normal/broken', code: 'wav/not-a-wav' }),
    ]);
    expect(document.recordings).toHaveLength(10);
    expect(document.next).toBe(`npx pcg-engine data split ${root} --out splits`);
  });

  it('holds errors as well', async () => {
    const empty = temporaryFolder();
    const outcome = await pcg(['data', 'inspect', empty, '--json']);
    expect(outcome.code).toBe(3);
    expect(jsonError(outcome).code).toBe('dataset/no-recordings');
    const missing = await pcg(['data', 'inspect', join(empty, 'gone'), '--json']);
    expect([missing.code, jsonError(missing).code]).toEqual([3, 'dataset/no-such-folder']);
  });
});

describe('--split', () => {
  it('exits 3 for one that leaks, by shared sound too, and goes on to train with one that does not', async () => {
    const root = folder();
    const all = ['r0', 'r2', 'r4', 'r6', 'copy'].map((name) => `abnormal/${name}`);
    const others = ['r1', 'r3', 'r5', 'r7'].map((name) => `normal/${name}`);
    const file = (name: string, test: string) => {
      const train = [...all, ...others].filter((id) => id !== test);
      write(join(root, name), formatSplit(splitOf({ train, validation: [], test: [test] })));
      return join(root, name);
    };
    const leaky = await pcg([
      'data',
      'inspect',
      root,
      '--json',
      '--split',
      file('leaky.json', 'abnormal/copy'),
    ]);
    expect(leaky.code).toBe(3);
    expect(findings(json(leaky))[0]).toBe('split-shared-audio');
    const path = file('good.json', 'normal/r7');
    const good = await pcg(['data', 'inspect', root, '--split', path]);
    expect(good.code).toBe(0);
    expect(good.stdout).toContain('nothing is on two sides');
    expect(good.stderr).toContain(`Next: npx pcg-engine train --data ${root} --split ${path}`);
  });
});

describe('--html', () => {
  it('is one page without scripts, addresses or anything else from outside', async () => {
    const root = folder();
    const path = join(root, 'page.html');
    const { code, stderr } = await pcg(['data', 'inspect', root, '--html', path, '--threads', '1']);
    expect(code).toBe(0);
    expect(stderr).toContain(`Written: ${path}`);
    const page = readFileSync(path, 'utf8');
    expect(page).toMatch(/^<!doctype html>/);
    expect(page).not.toMatch(/<script|<link|<iframe|@import|\son\w+=/i);
    const addresses = [...page.matchAll(/(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)/g)].map(
      (match) => match[1]!,
    );
    for (const address of addresses) expect(address).toMatch(/^(data:image\/png;base64,|#)/);
    expect(page.replaceAll('http://www.w3.org/', '')).not.toMatch(/https?:/);
    // every picture has words for who does not see it
    expect(page.match(/<svg /g)!.length).toBe(page.match(/<svg role="img" aria-label="[^"]+"/g)!.length);
    expect(page.match(/<img /g)!.length).toBeGreaterThanOrEqual(4);
    expect(page.match(/<img src="[^"]+" alt="[^"]+">/g)!.length).toBe(page.match(/<img /g)!.length);
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('shows names of files, sites and classes as the text they are', async () => {
    const root = temporaryFolder();
    const evil = '<img src=x onerror=alert(1)>';
    const names = [`${evil}.wav`, '"><script>alert(2)<', "'&amp; `.wav", 'ü 名 \u202e.wav'].map((name, i) => {
      const file = name.endsWith('.wav') ? name.replaceAll('/', '') : `${i}.wav`;
      write(join(root, file), wav(i));
      return [file, name] as const;
    });
    write(join(root, 'broken.wav'), `RIFF${evil}`);
    const cell = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const rows = names.map(([file, name], i) =>
      [file, i % 2 ? `${evil}${i % 2}` : 'normal', `${name} subject`, `</style></svg>${evil}${i}`]
        .map(cell)
        .join(','),
    );
    rows.push(['broken.wav', 'normal', evil, evil].map(cell).join(','));
    write(join(root, 'labels.csv'), ['path,label,subject,site', ...rows, ''].join('\n'));
    const path = join(root, 'page.html');
    const { code } = await pcg(['data', 'inspect', root, '--html', path]);
    expect(code).toBe(3);
    const page = readFileSync(path, 'utf8');
    expect(page).not.toContain('<img src=x');
    expect(page).not.toContain('<script');
    expect(page).not.toContain('\u202e');
    expect(page.match(/<\/style>/g)).toHaveLength(1);
    expect(page).toMatch(/(&#60;|&lt;)img src=x/);
  });

  it('is not begun where it cannot be written', async () => {
    const root = folder();
    const outcome = await pcg(['data', 'inspect', root, '--html', join(root, 'gone', 'page.html'), '--json']);
    expect([outcome.code, jsonError(outcome).code]).toEqual([2, 'inspect/html']);
    const recording = join(root, 'mistyped.wav');
    writeFileSync(recording, 'RIFF');
    const over = await pcg(['data', 'inspect', root, '--html', recording, '--json']);
    expect([over.code, jsonError(over).code]).toEqual([2, 'inspect/html']);
    expect(readFileSync(recording, 'utf8')).toBe('RIFF');
    const onFolder = await pcg(['data', 'inspect', root, '--html', root, '--json']);
    expect(jsonError(onFolder).code).toBe('inspect/html');
  });

  it('can be made of recordings of which none can be read', async () => {
    const root = temporaryFolder();
    write(join(root, 'normal', 'a.wav'), 'x');
    write(join(root, 'abnormal', 'b.wav'), 'y');
    const path = join(root, 'page.html');
    expect((await pcg(['data', 'inspect', root, '--html', path])).code).toBe(3);
    expect(readFileSync(path, 'utf8')).toContain('Not readable');
  });
});

it('ends with 130 at Ctrl-C and writes nothing', async () => {
  const root = folder();
  const path = join(root, 'page.html');
  const outcome = await pcg(['data', 'inspect', root, '--json', '--html', path, '--threads', '1'], {
    columns: 80,
    env: { TERM: 'xterm' },
    onTalk: (text, interrupt) => text.includes('reading') && interrupt(),
  });
  expect(outcome.code).toBe(130);
  expect(json(outcome)).toEqual({ status: 'interrupted' });
  expect(existsSync(path)).toBe(false);
});

it('refuses options that make no sense', async () => {
  const root = folder();
  for (const threads of ['0', '1.5', '1000']) {
    const outcome = await pcg(['data', 'inspect', root, '--json', '--threads', threads]);
    expect([outcome.code, jsonError(outcome).code]).toEqual([2, 'usage/threads']);
  }
  expect((await pcg(['data', 'inspect'])).code).toBe(2);
  expect((await pcg(['data', 'inspect', root, '--split', join(root, 'gone.json')])).code).toBe(3);
});
