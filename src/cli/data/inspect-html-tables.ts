import { examplesOf } from '../../train/inspect/findings.ts';
import type { Inspection, SoundGroup, Summary, Tally } from '../../train/inspect/inspection.ts';
import { printable } from '../../train/recording.ts';
import { count, figure, plural } from '../table.ts';

/** Rows of a table that may have many; all are in --json. */
const MOST_ROWS = 100;

/** Text as it stands in HTML, in attributes too. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A cell: text, or what is HTML already. */
type Cell = string | { readonly html: string };

function htmlOf(cell: Cell): string {
  return typeof cell === 'string' ? escapeHtml(printable(cell)) : cell.html;
}

/** @param text which columns hold text; the first does anyway, others are figures */
function tableOf(
  caption: string,
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
  text: readonly number[] = [],
): string {
  const attribute = (c: number) => (text.includes(c) ? ' class="text"' : '');
  const head = heading
    .map((cell, c) => `<th scope="col"${attribute(c)}>${escapeHtml(printable(cell))}</th>`)
    .join('');
  const shown = rows.slice(0, MOST_ROWS);
  const body = shown.map(
    (row) => `<tr>${row.map((cell, c) => `<td${attribute(c)}>${htmlOf(cell)}</td>`).join('')}</tr>`,
  );
  const more = rows.length - shown.length;
  const all = more > 0 ? `<p class="examples">${count(more)} more rows: see <code>--json</code>.</p>` : '';
  const title = caption === '' ? '' : `<caption>${escapeHtml(caption)}</caption>`;
  return `<div class="table"><table>${title}<thead><tr>${head}</tr></thead><tbody>\n${body.join('\n')}\n</tbody></table></div>${all}\n`;
}

export function findingsList({ findings }: Inspection): string {
  if (findings.length === 0) return '<p>Nothing that stands out.</p>';
  const items = findings.map((finding) => {
    const { severity, text } = finding;
    const examples = examplesOf(finding);
    const names = examples === '' ? '' : `<div class="examples">${escapeHtml(examples)}</div>`;
    return `<li class="${severity}"><span class="mark">${severity}</span><div>${escapeHtml(printable(text))}${names}</div></li>`;
  });
  return `<ul class="findings">\n${items.join('\n')}\n</ul>`;
}

function tallyTable(caption: string, tallies: readonly Tally[], classes: readonly string[]): string {
  const binary = classes.length === 2;
  const rows = tallies.map(({ name, recordings, subjects, byClass, seconds }) => [
    name,
    count(recordings),
    count(subjects),
    ...byClass.map(count),
    ...(binary ? [recordings === 0 ? '–' : `${((100 * byClass[1]!) / recordings).toFixed(0)} %`] : []),
    (seconds / 3600).toFixed(2),
  ]);
  const share = binary ? [`share of ${classes[1]}`] : [];
  return tableOf(caption, ['', 'recordings', 'subjects', ...classes, ...share, 'hours'], rows);
}

export function sitesTable({ counts, classes }: Inspection): string {
  return tallyTable('', counts.bySite.length > 1 ? [...counts.bySite, counts.total] : counts.bySite, classes);
}

export function factTables({ counts, classes }: Inspection): string {
  const facts: [string, readonly Tally[]][] = [
    ['By location', counts.byLocation],
    ['By sex', counts.bySex],
    ['By age', counts.byAge],
    ['By quality, as the source says', counts.byQuality],
  ];
  const tables = facts
    .filter(([, tallies]) => tallies.length > 0)
    .map(([title, tallies]) => tallyTable(title, tallies, classes));
  return tables.length === 0 ? '' : `<section>\n<h2>Other facts</h2>\n${tables.join('\n')}</section>`;
}

export function shortcutsTable({ shortcuts, classes }: Inspection): string {
  const binary = classes.length === 2;
  const rows = shortcuts.map(({ fact, macc, auc, values, rule }) => [
    fact,
    figure(macc, 2),
    ...(binary ? [figure(auc, 2)] : []),
    String(values),
    rule,
  ]);
  const heading = [
    'it only knows',
    binary ? 'MAcc' : 'mean recall',
    ...(binary ? ['AUC'] : []),
    'values',
    'rule',
  ];
  return tableOf('', heading, rows, [heading.length - 1]);
}

export function soundTable({ sound }: Inspection): string {
  const row = (each: SoundGroup) => [
    each.name,
    each.sampleRates
      .map(({ value, count: n }) => (each.sampleRates.length > 1 ? `${value} (${n})` : value))
      .join(', ') || '–',
    each.encodings.map(({ value }) => value).join(', ') || '–',
    range(each.seconds, 1),
    each.seconds === null ? '–' : each.seconds.median.toFixed(1),
    range(each.rmsDb, 0),
    range(each.dcPercent, 1),
    count(each.clipped),
    count(each.silent),
  ];
  const groups = [...sound.bySite, ...sound.byClass, ...(sound.bySite.length > 1 ? [sound.total] : [])];
  const heading = [
    '',
    'rate, Hz',
    'encoding',
    'length, s',
    'median',
    'level, dBFS',
    'DC, %',
    'clipped',
    'silent',
  ];
  return tableOf(
    'Lengths, levels and offsets are those of 10 to 90 % of the recordings.',
    heading,
    groups.map(row),
  );
}

function range(summary: Summary | null, digits: number): string {
  return summary === null ? '–' : `${summary.q10.toFixed(digits)} … ${summary.q90.toFixed(digits)}`;
}

export function outliersTable({ sound }: Inspection): string {
  const rows = sound.outliers.map(({ what, unit, records }) => [
    `${what} (${unit})`,
    records.map(({ record, value }) => `${record} ${value}`).join(', '),
  ]);
  return rows.length === 0 ? '' : tableOf('At the edges', ['', 'recordings'], rows, [1]);
}

export function copiesTable({ copies }: Inspection): string {
  const rows = copies.map(({ kind, records, subjects, classes }) => [
    kind === 'same-file' ? 'same file' : 'same sound',
    records.join(' = '),
    odd(subjects.join(', '), subjects.length > 1),
    odd(classes.join(', '), classes.length > 1),
  ]);
  return rows.length === 0 ? '' : tableOf('Copies', ['', 'recordings', 'subject', 'class'], rows, [1, 2, 3]);
}

export function sharedTable({ shared }: Inspection): string {
  const { pairs, clusters } = shared;
  if (pairs.length === 0) return '';
  const apart = (pair: (typeof pairs)[number]) => (pair.sameSubject ? 1 : 0) + (pair.sameClass ? 1 : 0);
  const sorted = [...pairs].sort((x, y) => apart(x) - apart(y) || y.seconds - x.seconds);
  const rows = sorted.map((pair) => [
    `${pair.a} ~ ${pair.b}`,
    pair.relation,
    pair.seconds.toFixed(1),
    pair.startA.toFixed(1),
    pair.startB.toFixed(1),
    pair.correlation.toFixed(4),
    pair.gainDb.toFixed(1),
    odd([...new Set(pair.subjects)].join(', '), !pair.sameSubject),
    odd([...new Set(pair.classes)].join(', '), !pair.sameClass),
    pair.excluded ? 'yes' : '',
  ]);
  const joined = clusters.reduce((sum, { records }) => sum + records.length, 0);
  const caption = `Shared sound: ${plural(pairs.length, 'pair')}, ${plural(joined, 'recording')} in ${plural(clusters.length, 'set')}. Found by fingerprint, confirmed by correlating the samples.`;
  const heading = [
    '',
    'how',
    'length, s',
    'from, s',
    'and',
    'correlation',
    'gain, dB',
    'subject',
    'class',
    'one left out',
  ];
  return tableOf(caption, heading, rows, [1, 7, 8, 9]);
}

function odd(text: string, marked: boolean): Cell {
  return marked ? { html: `<span class="other">${escapeHtml(printable(text))}</span>` } : text;
}

export function unreadableTable({ unreadable }: Inspection): string {
  const rows = unreadable.map(({ record, code, message }) => [record, code, message]);
  return tableOf('', ['recording', 'reason', ''], rows, [1, 2]);
}

export function splitSection({ split, classes }: Inspection): string {
  if (split === null) return '';
  const leaks = split.leaks.map(({ kind, subject, names, parts }) => [
    kind.replaceAll('-', ' '),
    subject ?? '',
    names.join(', '),
    parts.join(' + '),
  ]);
  const across = split.sharedAcross.map(({ a, b, seconds }) => [
    'shared sound',
    '',
    `${a} ~ ${b}, ${seconds.toFixed(1)} s`,
    '',
  ]);
  const rows = [...leaks, ...across];
  const verdict =
    rows.length === 0
      ? '<p>Nothing is on two sides of it.</p>'
      : tableOf('What is on two sides', ['', 'subject', 'recordings', 'parts'], rows, [1, 2, 3]);
  return (
    tallyTable(
      `${printable(split.path)}, hash ${split.hash.slice(0, 12)}…`,
      Object.values(split.parts),
      classes,
    ) + verdict
  );
}
