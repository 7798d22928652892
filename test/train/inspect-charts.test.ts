import { describe, expect, it } from 'vitest';
import { classesSvg, durationsSvg, shortcutsSvg } from '../../src/train/inspect/charts.ts';
import { levelsSvg, spectraSvg } from '../../src/train/inspect/charts-sound.ts';
import type { Inspection, SoundGroup, Summary, Tally } from '../../src/train/inspect/inspection.ts';
import { chartTools } from '../../src/vendor/d3.ts';

const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]);
const count = (svg: string, pattern: RegExp) => [...svg.matchAll(pattern)].length;

const tally = (name: string, byClass: readonly number[]): Tally => ({
  name,
  byClass,
  recordings: byClass.reduce((a, b) => a + b, 0),
  subjects: 1,
  seconds: 1,
});
const summary = (q10: number, median: number, q90: number): Summary => ({
  count: 3,
  min: q10,
  q10,
  median,
  q90,
  max: q90,
  mean: median,
});
const group = (name: string, rmsDb: Summary | null, bands: readonly number[]) =>
  ({
    name,
    recordings: rmsDb === null ? 0 : 10,
    clipped: rmsDb === null ? 0 : 5,
    rmsDb,
    dcPercent: rmsDb === null ? null : summary(0, 0, 0),
    spectrum: {
      hz: bands.map((_, i) => 20 * (i + 1)),
      median: bands,
      q10: bands.map((value) => value - 5),
      q90: bands.map((value) => value + 5),
    },
  }) as unknown as SoundGroup;

function inspection(classes: readonly string[], bySite: readonly Tally[], sound: readonly SoundGroup[]) {
  return {
    classes,
    counts: { bySite },
    shortcuts: [
      { fact: 'site', macc: 0.75, rule: 'a: x' },
      { fact: 'level', macc: null, rule: 'none' },
    ],
    sound: {
      bySite: sound,
      durations: { from: [0, 5, 10], width: 5, byClass: classes.map((_, k) => [0, 3 * k + 1, 2]) },
    },
  } as unknown as Inspection;
}

const two = inspection(
  ['x', 'y'],
  [tally('a<1', [30, 10]), tally('b', [0, 5])],
  [group('a<1', summary(-30, -20, -10), [-3, -6]), group('b', null, [])],
);

describe('pictures of an inspection', () => {
  it('are a part of a page: in the colour of its text, without ids, named for those who do not see them', () => {
    for (const draw of [classesSvg, durationsSvg, shortcutsSvg, levelsSvg, spectraSvg]) {
      const svg = draw(two, chartTools, 'what "it" shows');
      expect(svg).toMatch(/^<svg role="img" aria-label="what &quot;it&quot; shows"/);
      expect(svg).toContain('fill="currentColor"');
      expect(svg).toMatch(/<title>.+<\/title>\n<desc>.+<\/desc>/);
      expect(svg).not.toMatch(/ id=|NaN|undefined|Infinity|#ffffff|width="-/);
    }
  });

  it('stack classes in bars as long as their counts', () => {
    const svg = classesSvg(two, chartTools, 't');
    const widths = (colour: string) =>
      [...svg.matchAll(new RegExp(`width="([\\d.]+)" height="[\\d.]+" fill="${colour}"`, 'g'))].map(
        (m) => +m[1]!,
      );
    const [blue, orange] = [widths('#0072B2'), widths('#D55E00')];
    expect(blue).toHaveLength(2);
    expect(blue[0]! / orange[0]!).toBeCloseTo(3, 1);
    expect(orange[0]! / orange[1]!).toBeCloseTo(2, 1);
    expect(blue[1]).toBe(0);
    expect(texts(svg)).toEqual(expect.arrayContaining(['a&lt;1', 'b', 'x', 'y', 'recordings']));
  });

  it('show lengths, with what is over in the last column', () => {
    expect(texts(durationsSvg(two, chartTools, 't'))).toEqual(expect.arrayContaining(['0', '5', '≥ 10']));
  });

  it('show how far rules get, beside chance, and which could not be judged', () => {
    const svg = shortcutsSvg(two, chartTools, 't');
    expect(texts(svg)).toEqual(expect.arrayContaining(['site', '0.75', 'level', '–', 'chance']));
  });

  it('leave out what a site has not', () => {
    const svg = levelsSvg(two, chartTools, 't');
    // A dot for level and one for offset of the one site that was heard.
    expect(count(svg, /<circle/g)).toBe(2);
    expect(texts(spectraSvg(two, chartTools, 't'))).not.toContain('b');
  });

  it('break a legend of many classes into rows that lie above the panel', () => {
    const classes = Array.from({ length: 12 }, (_, i) => `a class with a long name ${i}`);
    const many = inspection(
      classes,
      [
        tally(
          'a',
          classes.map(() => 1),
        ),
      ],
      [],
    );
    const rows = new Set(
      [...classesSvg(many, chartTools, 't').matchAll(/y="([\d.]+)" width="14"/g)].map((m) => m[1]),
    );
    expect(rows.size).toBeGreaterThan(2);
    const top = Math.min(
      ...[...classesSvg(many, chartTools, 't').matchAll(/<line [^>]*y1="([\d.]+)"/g)].map((m) =>
        Number(m[1]),
      ),
    );
    for (const y of rows) expect(Number(y) + 12).toBeLessThan(top);
  });

  it('keep to the largest sites, in their own order', () => {
    const sites = Array.from({ length: 40 }, (_, i) => tally(`s${i}`, [i + 1, 0]));
    const shown = texts(classesSvg(inspection(['x', 'y'], sites, []), chartTools, 't')).filter((t) =>
      /^s\d/.test(t!),
    );
    expect(shown).toEqual(Array.from({ length: 24 }, (_, i) => `s${i + 16}`));
  });
});
