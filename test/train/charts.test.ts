import { describe, expect, it } from 'vitest';
import { confusionSvg } from '../../src/train/charts/confusion.ts';
import { curvesSvg, type EpochPoint } from '../../src/train/charts/curves.ts';
import { chartTools } from '../../src/vendor/d3.ts';
import { errorOf } from './temporary.ts';

/** What a reader of the picture sees: the texts in it. */
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map((match) => match[1]);

describe('confusionSvg', () => {
  it('shows every count, its share of the true class, classes, axes and title', () => {
    const svg = confusionSvg(
      [
        [398, 24],
        [31, 85],
      ],
      ['normal', 'abnormal'],
      'Test part',
      chartTools,
    );
    expect(svg.startsWith('<svg')).toBe(true);
    const seen = texts(svg);
    for (const text of ['398', '24', '31', '85', '94.3 %', '5.7 %', '26.7 %', '73.3 %'])
      expect(seen).toContain(text);
    for (const text of ['Test part', 'true', 'decided']) expect(seen).toContain(text);
    expect(seen.filter((text) => text === 'normal')).toHaveLength(2);
  });

  it('shows a class without recordings as such, and escapes names', () => {
    const svg = confusionSvg(
      [
        [0, 0],
        [1, 2],
      ],
      ['a<b', '"c"&d'],
      't',
      chartTools,
    );
    expect(texts(svg)).toContain('–');
    expect(svg).toContain('a&lt;b');
    expect(svg).not.toContain('a<b');
    expect(svg).not.toContain('NaN');
  });

  it('is the same text every time, without styles that no still picture needs', () => {
    const draw = () =>
      confusionSvg(
        [
          [1, 2],
          [3, 4],
        ],
        ['x', 'y'],
        't',
        chartTools,
      );
    expect(draw()).toBe(draw());
    expect(draw()).not.toMatch(/<style|<script| id=/);
    expect(draw()).toContain(
      '<desc>Of those truly x: 1 decided x, 2 decided y. Of those truly y: 3 decided x, 4 decided y.</desc>',
    );
  });

  it('has room for many classes with long names, in lines that fit their column', () => {
    const classes = [
      'normal',
      'mitral_regurgitation',
      'mitral valve prolapse with regurgitation',
      'Ventrikelseptumdefektverschluss',
      '先天性心疾患と大動脈弁狭窄症の疑いがある',
      'a',
      'b',
      'c',
    ];
    const matrix = classes.map((_, i) => classes.map((__, j) => (i === j ? 1000 : 10 * i + j)));
    const svg = confusionSvg(matrix, classes, 'Test part', chartTools);
    const seen = texts(svg);
    expect(Number(/width="(\d+)"/.exec(svg)![1])).toBeLessThan(1200);
    // In a row 24 columns wide, under a column 13.
    for (const line of ['mitral valve prolapse', 'with regurgitation']) expect(seen).toContain(line);
    for (const line of ['mitral_', 'regurgitation', 'mitral valve', 'prolapse with'])
      expect(seen).toContain(line);
    for (const line of ['Ventrikelsept', 'umdefektversc', 'hluss']) expect(seen).toContain(line);
    for (const line of ['先天性心疾患と大動脈弁狭', '先天性心疾患']) expect(seen).toContain(line);
    expect(seen.filter((text) => text === '1000')).toHaveLength(8);
  });

  it('cuts a name that is too long for any picture, and shows what nobody could see', () => {
    const endless = ['x'.repeat(500), 'a\u001b\nb'];
    const seen = texts(
      confusionSvg(
        [
          [1, 0],
          [0, 1],
        ],
        endless,
        't',
        chartTools,
      ),
    );
    expect(seen.filter((text) => /^x+…$/.test(text!))).toHaveLength(2);
    expect(seen.filter((text) => /^x/.test(text!))).toHaveLength(7);
    expect(seen).toContain('a\\u{1b}\\nb');
  });

  it('refuses a matrix that does not fit the classes', () => {
    expect(errorOf(() => confusionSvg([[1, 2]], ['x', 'y'], 't', chartTools)).code).toBe('charts/shape');
  });
});

describe('curvesSvg', () => {
  const points: EpochPoint[] = [1, 2, 3].map((epoch) => ({
    epoch,
    trainLoss: 1 / epoch,
    validationLoss: 2 / epoch,
    validationAuc: 1 - 0.4 / epoch,
  }));

  it('names axes, lines and the best epoch', () => {
    const seen = texts(curvesSvg(points, chartTools, { title: 'first', bestEpoch: 2 }));
    for (const text of ['first', 'epoch', 'loss', 'training loss', 'validation loss', 'validation AUC']) {
      expect(seen).toContain(text);
    }
    expect(seen).toContain('best: epoch 2');
    expect(seen).not.toContain('validation MAcc');
  });

  it('draws one panel where there is nothing to put in the second', () => {
    const seen = texts(
      curvesSvg(
        points.map(({ epoch, trainLoss }) => ({ epoch, trainLoss })),
        chartTools,
      ),
    );
    expect(seen).not.toContain('AUC, MAcc');
    expect(seen).toContain('loss');
  });

  it('leaves a gap where a loss is no number, with a dot for what stands alone', () => {
    const many = Array.from({ length: 50 }, (_, i) => ({
      epoch: i + 1,
      trainLoss: (1 / (i + 1)) as number | null,
    }));
    const whole = curvesSvg(many, chartTools);
    const lines = (svg: string) => [...svg.matchAll(/<path d="([^"]*)"/g)].map((match) => match[1]!);
    expect(lines(whole)).toHaveLength(1);
    expect(lines(whole)[0]!.match(/M/g)).toHaveLength(1);
    expect(whole).not.toContain('<circle');
    many[10]!.trainLoss = null;
    many[12]!.trainLoss = Number.POSITIVE_INFINITY;
    const broken = curvesSvg(many, chartTools);
    expect(lines(broken)[0]!.match(/M/g)).toHaveLength(3);
    expect(broken.match(/<circle/g)).toHaveLength(1);
  });

  it('puts a point where its epoch and its value say', () => {
    const svg = curvesSvg(
      [
        { epoch: 1, trainLoss: 1 },
        { epoch: 2, trainLoss: 0.5 },
      ],
      chartTools,
    );
    // The panel reaches from 84 to 784 and, for losses from 1 to 0, from 96 to 346.
    expect(svg).toContain('<path d="M259,96L609,221"');
  });

  it('marks the best epoch in both panels, and says what it shows to those who do not see it', () => {
    const svg = curvesSvg(points, chartTools, { title: 'a<b', bestEpoch: 2 });
    expect(svg.match(/stroke-dasharray="2 3"/g)).toHaveLength(2);
    expect(svg).toMatch(/^<svg role="img" aria-label="a&lt;b: curves over epochs"/);
    expect(svg).toContain('<title>a&lt;b: curves over epochs</title>');
    expect(/<desc>(.*)<\/desc>/.exec(svg)![1]).toBe(
      'training loss from 1.000 in epoch 1 to 0.333 in epoch 3; validation loss from 2.000 in epoch 1 to 0.667 in ' +
        'epoch 3; validation AUC from 0.600 in epoch 1 to 0.867 in epoch 3; Best: epoch 2.',
    );
    expect(curvesSvg(points, chartTools, { bestEpoch: 9 })).not.toContain('stroke-dasharray="2 3"');
  });

  it('survives a loss that is no number, one epoch, and none', () => {
    for (const some of [[{ epoch: 1, trainLoss: Number.NaN }, ...points.slice(1)], points.slice(0, 1), []]) {
      const svg = curvesSvg(some, chartTools, { bestEpoch: 1 });
      expect(svg).toContain('</svg>');
      expect(svg).not.toContain('NaN');
    }
  });
});
