/** Words, figures and tables of the reports. */
import type { Answer, Glance } from './question.ts';

/** Three digits or so. */
export function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(3);
}

/** A time or a size with its unit. */
export function measure(value: number, unit: Glance['unit']): string {
  const steps = unit === 'ms' ? ['ms', 's'] : ['B', 'kB', 'MB', 'GB'];
  let [at, left] = [0, value];
  // Seconds from ten of them on: 4258 ms reads well beside 902 ms.
  while (at + 1 < steps.length && left >= (unit === 'ms' ? 1e4 : 1e3)) [at, left] = [at + 1, left / 1e3];
  return `${digits(left)} ${steps[at]}`;
}

/** Median, least and most, of ours divided by theirs. */
export function ratioText([median, low, high]: readonly [number, number, number]): string {
  const text = (ratio: number) => (ratio >= 0.1 ? ratio.toFixed(2) : ratio.toPrecision(2));
  return `${text(median)} (${text(low)}–${text(high)})`;
}

/** `2.5 times as fast`, or as small, from how many times ours the other's figure is. */
export function verdict(times: number, unit: Glance['unit']): string {
  const better = unit === 'ms' ? ['as fast', 'as long'] : ['as small', 'as large'];
  const [factor, word] = times >= 1 ? [times, better[0]] : [1 / times, better[1]];
  return times >= 1 ? `**${digits(factor)} times ${word}**` : `${digits(factor)} times ${word}`;
}

/** A Markdown table of text: the first column to the left, the others to the right. */
export function grid(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, i) => Math.max(...lines.map((line) => line[i]!.length), 3));
  const text = (line: readonly string[]) =>
    `| ${line.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [text(lines[0]!), text(rule), ...lines.slice(1).map(text)].join('\n');
}

const OUTCOME = { true: 'reached', false: 'missed', null: 'not judged' } as const;

/** Goals and notes as a list, each with its setting. */
export function below({ goals = [], notes = [], setting }: Answer): string[] {
  const of = setting ? `${setting}: ` : '';
  return [
    ...goals.map(({ text, met }) => `- Goal: ${of}${text}: **${OUTCOME[`${met}`]}**`),
    ...notes.map((note) => `- ${of}${note}`),
  ];
}

/** Why who is missing: numbered in the order in which reasons are first given, each with all whom it keeps away. */
export class Reasons {
  private readonly known = new Map<string, Set<string>>();

  mark(name: string, reason: string): string {
    const names = this.known.get(reason) ?? new Set();
    this.known.set(reason, names.add(name));
    return `missing <sup>${[...this.known.keys()].indexOf(reason) + 1}</sup>`;
  }

  list(): string[] {
    return [...this.known].map(
      ([reason, names], i) => `${i + 1}. Missing: ${[...names].join(', ')}: ${reason}`,
    );
  }
}

/** Paragraphs, those that are empty left out. */
export function blocks(...parts: readonly (string | readonly string[])[]): string {
  const texts = parts.map((part) => (typeof part === 'string' ? part : part.join('\n')));
  return `${texts.filter((text) => text !== '').join('\n\n')}\n`;
}

/** Those of an answer, which lie beside the page. */
export function pictures({ plots = [] }: Answer): string {
  return plots.map(({ file, alt }) => `![${alt}](benchmarks/${file}.svg)`).join('\n\n');
}
