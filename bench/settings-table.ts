/** One table for all settings of a question: settings are its rows, contestants its columns. */
import type { Row } from './harness.ts';
import type { Answer } from './question.ts';
import { below, blocks, digits, grid, pictures, Reasons, ratioText } from './text.ts';

function cell(name: string, row: Row | undefined, reasons: Reasons): string {
  if (!row) return '';
  if (row.missing !== undefined) return reasons.mark(name, row.missing);
  const { median, low, high, ratio } = row;
  const lines = [`**${digits(median!)} ms**`, `${digits(low!)}–${digits(high!)}`];
  return [...lines, ...(ratio ? [ratioText(ratio)] : [])].join('<br>');
}

/** The table, why who is missing, goals, notes, and where our time goes in each setting. */
export function settingsSection(answers: readonly Answer[]): string {
  const names = [...new Set(answers.flatMap(({ rows = [] }) => rows.map((row) => row.name)))];
  const reasons = new Reasons();
  const rows = answers.map(({ setting, rows: all = [] }) => [
    setting!,
    ...names.map((name) =>
      cell(
        name,
        all.find((row) => row.name === name),
        reasons,
      ),
    ),
  ]);
  const runs = answers.flatMap(({ rows: all = [] }) => all.flatMap((row) => row.runs ?? []));
  const least = runs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const profiles = answers.filter(({ profile }) => profile);
  return blocks(
    grid(['', ...names], rows),
    reasons.list(),
    runs.length > 0 ? `Median, 10–90 %, ours / theirs; ${least} runs or more each.` : '',
    answers.flatMap((answer) => below(answer)),
    profiles.map(({ setting, profile }) => `- Where our time goes, ${setting}: ${profile}.`),
    ...answers.map(pictures),
  );
}
