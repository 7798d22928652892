import { UsageError } from '../../base/errors.ts';
import { columns, INK, picture, rect, text, wrapped } from './svg.ts';
import type { ChartTools } from './tools.ts';

const SIZE = 14;
/** Height of a line of text. */
const LINE = 18;
const TOP = 64;

/**
 * The confusion matrix as SVG: rows are true classes, columns decisions; cells show the count and its share
 * of the row, and the shade follows the share, so that a rare class is not pale only for being rare.
 *
 * @param matrix `matrix[true][decided]`, counts
 * @throws UsageError `charts/shape` where the matrix does not fit the classes
 */
export function confusionSvg(
  matrix: readonly (readonly number[])[],
  classes: readonly string[],
  title: string,
  tools: ChartTools,
): string {
  if (matrix.length !== classes.length || matrix.some((row) => row.length !== classes.length)) {
    const message = `confusion matrix of ${matrix.length} rows for ${classes.length} classes`;
    throw new UsageError('charts/shape', message);
  }
  const few = classes.length <= 3;
  const cell = few ? 130 : 104;
  const across = classes.map((name) => wrapped(name, few ? 16 : 13, 4));
  const down = classes.map((name) => wrapped(name, 24, 3));
  const labelWidth = Math.max(...down.flat().map(columns)) * 8 + 24;
  const labelHeight = Math.max(...across.map((lines) => lines.length)) * LINE;
  const left = labelWidth + 34;
  const side = cell * classes.length;
  const [right, bottom] = [left + side, TOP + side];
  const width = Math.max(right + 30, columns(title) * 9 + 40);
  const shade = tools.colours([0, 0.5, 1], ['#f3f8fc', '#86bbdb', '#00466f']);

  const cells = matrix.flatMap((row, truth) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.flatMap((count, decided) => {
      const share = total > 0 ? count / total : 0;
      const [x, y] = [left + cell * decided, TOP + cell * truth];
      const style = { anchor: 'middle', colour: share > 0.7 ? '#ffffff' : INK } as const;
      const percent = total > 0 ? `${(share * 100).toFixed(1)} %` : '–';
      return [
        rect(x + 1.5, y + 1.5, cell - 3, cell - 3, { fill: shade(share) }),
        text(String(count), x + cell / 2, y + cell / 2 - 9, { ...style, size: 22, bold: true }),
        text(percent, x + cell / 2, y + cell / 2 + 14, style),
      ];
    });
  });
  const names = classes.flatMap((_, i) => {
    const middle = (i + 0.5) * cell;
    const [column, row] = [across[i]!, down[i]!];
    return [
      ...column.map((words, k) =>
        text(words, left + middle, bottom + 18 + k * LINE, { anchor: 'middle', size: SIZE }),
      ),
      ...row.map((words, k) =>
        text(words, left - 10, TOP + middle + (k - (row.length - 1) / 2) * LINE, {
          anchor: 'end',
          size: SIZE,
        }),
      ),
    ];
  });
  const heading = { anchor: 'middle', bold: true } as const;
  const described = classes.map((name, truth) => {
    const decisions = classes.map((decided, i) => `${matrix[truth]![i]} decided ${decided}`);
    return `Of those truly ${name}: ${decisions.join(', ')}.`;
  });
  return picture(
    {
      width,
      height: bottom + labelHeight + 54,
      title: `Confusion matrix: ${title}`,
      description: described.join(' '),
      paper: true,
    },
    [
      text(title, width / 2, 28, { ...heading, size: 16 }),
      ...cells,
      ...names,
      text('decided', left + side / 2, bottom + labelHeight + 30, { ...heading, size: SIZE }),
      text('true', left - labelWidth - 4, TOP + side / 2, { ...heading, size: SIZE, upright: true }),
    ],
  );
}
