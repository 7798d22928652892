import { UsageError } from '../base/errors.ts';
import { printable } from './recording.ts';

/**
 * Draws an ECharts option as SVG text. Charts take it as a parameter because the engine imports nothing;
 * `src/vendor/echarts.ts` has the one in use.
 */
export type RenderSvg = (option: object, width: number, height: number) => string;

/** What an epoch left behind; null or absent figures leave a gap. */
export interface EpochPoint {
  readonly epoch: number;
  readonly trainLoss: number | null;
  readonly validationLoss?: number | null;
  readonly validationAuc?: number | null;
  readonly validationMacc?: number | null;
}

/** Okabe & Ito's palette (2008), distinct to colour-blind readers too; the lines differ in dash as well. */
const BLUE = '#0072B2';
const VERMILION = '#D55E00';
const GREEN = '#009E73';
const PURPLE = '#CC79A7';
const INK = '#222222';
const GREY = '#666666';
/** Height of a line of text. */
const LINE = 18;
const FONT = { fontFamily: 'Helvetica, Arial, sans-serif', fontSize: 14, color: INK };

/**
 * The confusion matrix as SVG: rows are true classes, columns decisions; cells show the count and its share
 * of the row, and the shade follows the share, so that a rare class is not pale only for being rare.
 *
 * @param matrix `matrix[true][decided]`, counts
 */
export function confusionSvg(
  matrix: readonly (readonly number[])[],
  classes: readonly string[],
  title: string,
  render: RenderSvg,
): string {
  if (matrix.length !== classes.length || matrix.some((row) => row.length !== classes.length)) {
    const message = `confusion matrix of ${matrix.length} rows for ${classes.length} classes`;
    throw new UsageError('charts/shape', message);
  }
  const totals = matrix.map((row) => row.reduce((sum, count) => sum + count, 0));
  const cells = matrix.flatMap((row, truth) =>
    row.map((count, decided) => {
      const share = totals[truth]! > 0 ? count / totals[truth]! : 0;
      const ink = share > 0.7 ? '#ffffff' : INK;
      return {
        value: [decided, truth, share],
        label: {
          formatter: `{count|${count}}\n{share|${totals[truth]! > 0 ? `${(share * 100).toFixed(1)} %` : '–'}}`,
          rich: {
            count: {
              fontSize: 22,
              fontWeight: 'bold',
              lineHeight: 28,
              color: ink,
            },
            share: { fontSize: 13, lineHeight: 18, color: ink },
          },
        },
      };
    }),
  );
  const few = classes.length <= 3;
  const cell = few ? 130 : 104;
  const across = classes.map((name) => wrapped(name, few ? 16 : 13, 4));
  const down = classes.map((name) => wrapped(name, 24, 3));
  const labelWidth = Math.max(...down.flat().map(widthOf)) * 8 + 24;
  const labelHeight = Math.max(...across.map((lines) => lines.length)) * LINE;
  const axis = (name: string, labels: readonly string[][], gap: number) => ({
    type: 'category',
    data: classes,
    name,
    nameLocation: 'middle',
    nameGap: gap,
    nameTextStyle: { ...FONT, fontWeight: 'bold' },
    axisLabel: {
      ...FONT,
      lineHeight: LINE,
      interval: 0,
      formatter: (_: string, index: number) => labels[index]!.join('\n'),
    },
    axisLine: { show: false },
    axisTick: { show: false },
    splitArea: { show: false },
  });
  const left = labelWidth + 34;
  const bottom = labelHeight + 54;
  const width = Math.max(left + cell * classes.length + 30, title.length * 9 + 40);
  const height = 64 + cell * classes.length + bottom;
  const option = {
    backgroundColor: '#ffffff',
    textStyle: FONT,
    title: { text: title, left: 'center', top: 16, textStyle: { ...FONT, fontSize: 16, fontWeight: 'bold' } },
    grid: { left, right: width - left - cell * classes.length, top: 64, bottom },
    xAxis: axis('decided', across, labelHeight + 20),
    yAxis: { ...axis('true', down, labelWidth), inverse: true },
    visualMap: {
      show: false,
      min: 0,
      max: 1,
      dimension: 2,
      inRange: { color: ['#f3f8fc', '#86bbdb', '#00466f'] },
    },
    series: [
      {
        type: 'heatmap',
        data: cells,
        silent: true,
        label: { show: true },
        itemStyle: { borderColor: '#ffffff', borderWidth: 3 },
      },
    ],
  };
  return render(option, width, height);
}

/** Half-width columns that a text takes up; those of Chinese, Japanese and Korean are two wide. */
function widthOf(text: string): number {
  return [...text].reduce(
    (sum, character) => sum + (/[\u1100-\u115f\u2e80-\uffdc]/.test(character) ? 2 : 1),
    0,
  );
}

/** A name in lines of at most `width` columns, broken after blanks, `_` and `-` where it can be; what is over is cut. */
function wrapped(name: string, width: number, most: number): string[] {
  const lines = [''];
  const add = (piece: string) => {
    const line = lines.at(-1)! + piece;
    if (widthOf(line.trimEnd()) <= width) lines[lines.length - 1] = line;
    else if (widthOf(piece.trimEnd()) <= width) lines.push(piece);
    else {
      lines.push('');
      for (const character of piece) add(character);
    }
  };
  for (const piece of printable(name).match(/[^\s_-]*[\s_-]*/g) ?? []) if (piece !== '') add(piece);
  const shown = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (shown.length <= most) return shown.length > 0 ? shown : [''];
  const last = [...shown[most - 1]!];
  while (widthOf(last.join('')) >= width) last.pop();
  return [...shown.slice(0, most - 1), `${last.join('')}…`];
}

/**
 * The course of a training as SVG: losses above, validation AUC and MAcc below where there are any, the best
 * epoch marked.
 *
 * @param bestEpoch the epoch whose weights were kept
 */
export function curvesSvg(
  points: readonly EpochPoint[],
  render: RenderSvg,
  options: { readonly title?: string; readonly bestEpoch?: number } = {},
): string {
  const { title = 'Training', bestEpoch } = options;
  const epochs = points.map((point) => String(point.epoch));
  const series = (
    name: string,
    panel: number,
    colour: string,
    dash: string,
    of: (point: EpochPoint) => number | null | undefined,
  ) => ({
    type: 'line',
    name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    silent: true,
    color: colour,
    symbol: 'circle',
    symbolSize: 5,
    showSymbol: points.length <= 40,
    lineStyle: { width: 2.5, type: dash },
    data: points.map((point) => finite(of(point))),
  });
  const all = [
    series('training loss', 0, BLUE, 'solid', (point) => point.trainLoss),
    series('validation loss', 0, VERMILION, 'dashed', (point) => point.validationLoss),
    series('validation AUC', 1, GREEN, 'solid', (point) => point.validationAuc),
    series('validation MAcc', 1, PURPLE, 'dashed', (point) => point.validationMacc),
  ].filter(({ data }) => data.some((value) => value !== null));
  const panels = all.some(({ xAxisIndex }) => xAxisIndex === 1) ? 2 : 1;
  const marked = [0, 1].map((panel) => all.findIndex(({ xAxisIndex }) => xAxisIndex === panel));
  const lines = all.map((each, index) =>
    bestEpoch !== undefined && marked.includes(index)
      ? { ...each, markLine: bestLine(epochs, bestEpoch, each.xAxisIndex) }
      : each,
  );

  const step = [1, 2, 5, 10, 20, 50, 100].find((each) => points.length / each <= 20) ?? 200;
  const roundEpochs = (index: number) => index === 0 || points[index]!.epoch % step === 0;
  const tops = [96, 416];
  const option = {
    backgroundColor: '#ffffff',
    textStyle: FONT,
    title: { text: title, left: 'center', top: 14, textStyle: { ...FONT, fontSize: 16, fontWeight: 'bold' } },
    legend: {
      top: 44,
      textStyle: FONT,
      itemWidth: 34,
      itemHeight: 8,
      itemGap: 22,
      data: all.map(({ name }) => name),
    },
    grid: tops.slice(0, panels).map((top) => ({ left: 84, right: 36, top, height: 250 })),
    xAxis: tops.slice(0, panels).map((_, panel) => ({
      type: 'category',
      data: epochs,
      gridIndex: panel,
      name: panel === panels - 1 ? 'epoch' : '',
      ...axisStyle(32),
      axisLabel: { ...FONT, interval: roundEpochs },
      axisTick: { alignWithLabel: true, interval: roundEpochs, lineStyle: { color: GREY } },
      splitLine: { show: false },
    })),
    yAxis: ['loss', 'AUC, MAcc'].slice(0, panels).map((name, panel) => ({
      type: 'value',
      gridIndex: panel,
      name,
      scale: true,
      ...(panel === 1 ? { max: 1 } : { min: 0 }),
      ...axisStyle(54),
      splitLine: { lineStyle: { color: '#e4e4e4' } },
    })),
    series: lines,
  };
  return render(option, 820, tops[panels - 1]! + 250 + 64);
}

function axisStyle(gap: number) {
  return {
    nameLocation: 'middle',
    nameGap: gap,
    nameTextStyle: { ...FONT, fontWeight: 'bold' },
    axisLabel: FONT,
    axisLine: { show: true, onZero: false, lineStyle: { color: GREY } },
    axisTick: { show: true, lineStyle: { color: GREY } },
  };
}

/** An upright line at the best epoch, named above the upper panel, its text within the frame. */
function bestLine(epochs: readonly string[], epoch: number, panel: number) {
  const index = epochs.indexOf(String(epoch));
  const place = (index + 0.5) / epochs.length;
  const align = place < 0.08 ? 'left' : place > 0.92 ? 'right' : 'center';
  return {
    silent: true,
    symbol: 'none',
    lineStyle: { color: GREY, type: 'dotted', width: 2 },
    label: { show: panel === 0, formatter: `best: epoch ${epoch}`, position: 'end', ...FONT, align },
    data: index < 0 ? [] : [{ xAxis: index }],
  };
}

/** JSON and charts have no NaN: what is not a number is a gap. */
function finite(value: number | null | undefined): number | null {
  return value !== undefined && value !== null && Number.isFinite(value) ? value : null;
}
