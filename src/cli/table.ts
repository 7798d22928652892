import type { Style } from './style.ts';

const ESCAPES = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');

/** Columns that a text takes up, without its colours. */
export function widthOf(text: string): number {
  return [...text.replace(ESCAPES, '')].length;
}

/** Columns aligned, the first to the left and the others to the right; the first row is the heading. */
export function table(rows: readonly (readonly string[])[], { bold }: Pick<Style, 'bold'>): string[] {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, c) =>
    Math.max(...rows.map((row) => widthOf(row[c] ?? ''))),
  );
  return rows.map((row, r) => {
    const cells = row.map((cell, c) => {
      const space = ' '.repeat(widths[c]! - widthOf(cell));
      return c === 0 ? cell + space : space + cell;
    });
    const line = cells.join('  ').trimEnd();
    return r === 0 ? bold(line) : line;
  });
}

/** Text in a frame that nobody overlooks. */
export function framed(lines: readonly string[], paint: (text: string) => string): string {
  const width = Math.max(...lines.map(widthOf));
  const rule = '═'.repeat(width + 4);
  const inside = lines.map(
    (line) => `${paint('║')}  ${line}${' '.repeat(width - widthOf(line))}  ${paint('║')}`,
  );
  return [paint(`╔${rule}╗`), ...inside, paint(`╚${rule}╝`)].join('\n');
}

/** `1,234`. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `12 recordings`, `1 recording`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** A figure between 0 and 1, or a dash where it is not defined. */
export function figure(value: number | null | undefined, digits = 3): string {
  return value === null || value === undefined ? '–' : value.toFixed(digits);
}

/** `0.4 s`, `12 s`, `3:07 min`, `1:02:09 h`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)} h` : `${minutes}:${two(whole % 60)} min`;
}
