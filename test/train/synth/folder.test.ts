import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readWav } from '../../../src/dsp/index.ts';
import { scanDataset } from '../../../src/train/dataset.ts';
import {
  formatSegments,
  segmentsOf,
  synthDataset,
  writeSynthFolder,
} from '../../../src/train/synth/index.ts';
import { temporaryFolder } from '../temporary.ts';

const OPTIONS = { recordings: 10, seconds: 2, seed: 6 } as const;

const codeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return (error as { code?: string }).code;
};

/** Everything below a folder, by path. */
function contents(root: string): Map<string, string> {
  const names = (readdirSync(root, { recursive: true }) as string[]).sort();
  const files = names.filter((name) => statSync(join(root, name)).isFile());
  return new Map(files.map((name) => [name, readFileSync(join(root, name), 'latin1')]));
}

describe('writeSynthFolder', () => {
  it('writes WAV files that hold the same samples as the data set in memory', async () => {
    for (const options of [OPTIONS, { ...OPTIONS, sampleRate: 4000, sites: 6, classes: 3 } as const]) {
      const root = join(temporaryFolder(), 'deep', 'synth');
      const summary = await writeSynthFolder(root, options);
      expect(summary).toMatchObject({ path: root, recordings: 10 });
      let bytes = 0;
      for (const { id, samples, sampleRate } of synthDataset(options).recordings) {
        const file = readFileSync(join(root, 'recordings', `${id}.wav`));
        const wav = readWav(file);
        bytes += file.length;
        expect(wav.sampleRate).toBe(sampleRate);
        expect(wav.channels).toEqual([samples]);
      }
      expect(summary!.bytes).toBe(bytes);
    }
  });

  it('is scanned to the recordings, labels, subjects and sites that are in memory', async () => {
    for (const classes of [2, 3] as const) {
      const root = temporaryFolder();
      const options = { ...OPTIONS, recordings: 40, seconds: 1, classes };
      const summary = await writeSynthFolder(root, options);
      const dataset = synthDataset(options);
      const scanned = scanDataset(root);
      expect(scanned.layout).toBe('csv');
      expect(scanned.problems.map(({ code, count }) => [code, count])).toEqual([['synthetic', 40]]);
      expect(scanned.classes).toEqual(dataset.classes);
      const known = (all: typeof scanned.recordings) =>
        all.map(({ id, site, group, label }) => ({ id, site, group, label }));
      expect(known(scanned.recordings)).toEqual(known(dataset.recordings));
      expect(summary!.subjects).toBe(new Set(dataset.recordings.map(({ group }) => group)).size);
      const total = [...summary!.counts.values()].flat().reduce((sum, value) => sum + value, 0);
      expect(total).toBe(40);
    }
  });

  it('writes the truth that is in memory, and its states as CirCor has them', async () => {
    const root = temporaryFolder();
    await writeSynthFolder(root, OPTIONS);
    for (const { id, site, group, label, truth } of synthDataset(OPTIONS).recordings) {
      const known = JSON.parse(readFileSync(join(root, 'truth', `${id}.json`), 'utf8'));
      const name = ['normal', 'abnormal'][label];
      expect(known).toEqual({ record: id, label: name, subject: group, site, ...truth });
      const text = readFileSync(join(root, 'truth', `${id}.tsv`), 'utf8');
      expect(text).toBe(formatSegments(segmentsOf(truth)));
      const rows = text
        .trim()
        .split('\n')
        .map((line) => line.split('\t').map(Number));
      expect(rows[0]![0]).toBe(0);
      expect(rows.at(-1)![1]).toBe(2);
      for (const [i, [start, end, state]] of rows.entries()) {
        expect(end).toBeGreaterThan(start!);
        expect([1, 2, 3, 4]).toContain(state);
        if (i > 0) expect(start).toBe(rows[i - 1]![1]);
      }
    }
  });

  it('says that nothing in it is clinical, after which model, and with which settings', async () => {
    const root = temporaryFolder();
    await writeSynthFolder(root, { ...OPTIONS, grade: 4 });
    const notes = readFileSync(join(root, 'NOT-CLINICAL.txt'), 'utf8');
    expect(notes).toMatch(/^NOT CLINICAL\n/);
    for (const words of [
      'Almasi',
      'McSharry',
      'Weissler',
      'seed: 6',
      'grade: 4',
      'classes: normal, abnormal',
    ])
      expect(notes).toContain(words);
    expect(Math.max(...notes.split('\n').map((line) => line.length))).toBeLessThanOrEqual(220);
    expect(JSON.parse(readFileSync(join(root, 'synth.json'), 'utf8'))).toEqual({
      synthetic: true,
      model: 'almasi-2011',
      modelVersion: 1,
      classes: ['normal', 'abnormal'],
      recordings: 10,
      seconds: 2,
      seed: 6,
      sampleRate: 2000,
      sites: 3,
      grade: 4,
    });
  });

  it('writes the same bytes again, and the first of more', async () => {
    const [one, two, more] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    await writeSynthFolder(one, OPTIONS);
    await writeSynthFolder(two, OPTIONS);
    await writeSynthFolder(more, { ...OPTIONS, recordings: 12 });
    expect(contents(one)).toEqual(contents(two));
    for (const [name, content] of contents(one))
      if (/recordings|truth/.test(name)) expect(contents(more).get(name)).toBe(content);
  });

  it('refuses a folder that is not empty, and leaves it alone', async () => {
    const root = temporaryFolder({ 'mine.txt': 'precious' });
    expect(await codeOf(writeSynthFolder(root, OPTIONS))).toBe('synth/exists');
    expect([...contents(root)]).toEqual([['mine.txt', 'precious']]);
    const started = temporaryFolder();
    mkdirSync(join(started, '.unfinished'));
    await expect(writeSynthFolder(started, OPTIONS)).rejects.toThrow(/earlier attempt/);
  });

  it('refuses bad options before it makes a folder, and a path below a file', async () => {
    const root = temporaryFolder({ file: '' });
    expect(await codeOf(writeSynthFolder(join(root, 'new'), { ...OPTIONS, seconds: 0 }))).toBe(
      'synth/options',
    );
    expect(await codeOf(writeSynthFolder(join(root, 'file', 'below'), OPTIONS))).toMatch(/^file\//);
    expect(readdirSync(root)).toEqual(['file']);
  });

  it('shows nothing until all is there, and leaves nothing when it is interrupted', async () => {
    const parent = temporaryFolder();
    const root = join(parent, 'new');
    const controller = new AbortController();
    const seen = new Set<string>();
    const interrupted = await writeSynthFolder(
      root,
      { ...OPTIONS, recordings: 30 },
      {
        signal: controller.signal,
        progress(done, total) {
          expect(total).toBe(30);
          for (const name of readdirSync(root)) seen.add(name);
          if (done === 15) controller.abort();
        },
      },
    );
    expect(interrupted).toBeNull();
    expect(seen).toEqual(new Set(['.unfinished']));
    expect(readdirSync(parent)).toEqual([]);
    // One that was there stays, empty.
    mkdirSync(root);
    expect(await writeSynthFolder(root, OPTIONS, { signal: AbortSignal.abort() })).toBeNull();
    expect(readdirSync(root)).toEqual([]);
  });
});
