import { examplesOf } from '../../train/inspect/findings.ts';
import type { Inspection, Severity, SoundGroup, Summary, Tally } from '../../train/inspect/inspection.ts';
import { printable } from '../../train/recording.ts';
import type { Style } from '../style.ts';
import { count, duration, figure, plural, table, widthOf } from '../table.ts';

/** Names of sites and classes are the user's own and may be long. */
const LONGEST_NAME = 18;
/** Rows of a table that may have many; all are in --json. */
const MOST_ROWS = 12;

/** The inspection for a terminal `width` columns wide, the most important first. */
export function inspectionReport(inspection: Inspection, style: Style, width: number): string[] {
  const { root, layout, counts } = inspection;
  const { total } = counts;
  const patients = counts.patients === null ? '' : `, ${plural(counts.patients, 'patient')}`;
  const title = `${printable(root)} (${layout}): ${plural(total.recordings, 'recording')} of ${plural(total.subjects, 'subject')}${patients} at ${plural(counts.bySite.length, 'site')}, ${duration(total.seconds)} of sound`;
  return [
    ...wrap(title, width, '').map((line) => style.bold(line)),
    ...section('What to look at', findingLines(inspection, style, width), style),
    ...section('Classes by site', tallyTable(counts.bySite, total, inspection.classes, style, width), style),
    ...factTables(inspection, style, width),
    ...section('How far a rule gets that never listens', shortcutTable(inspection, style, width), style),
    ...section('Sound', soundTable(inspection, style, width), style),
    ...section('Shared sound', sharedTable(inspection, style), style),
    ...section('Copies', copyLines(inspection, width), style),
    ...section('Split', splitTable(inspection, style, width), style),
    ...section('Not readable', unreadableLines(inspection, width), style),
    ...section('At the edges', outlierLines(inspection, width), style),
  ];
}

function section(title: string, lines: readonly string[], { bold, cyan }: Style): string[] {
  return lines.length === 0 ? [] : ['', bold(cyan(title)), ...lines];
}

function findingLines({ findings }: Inspection, style: Style, width: number): string[] {
  const marks: Readonly<Record<Severity, string>> = {
    serious: style.red('serious'),
    warning: style.yellow('warning'),
    note: style.dim('note   '),
  };
  if (findings.length === 0) return [style.green('nothing that stands out')];
  return findings.flatMap((finding) => {
    const examples = examplesOf(finding);
    const text = printable(examples === '' ? finding.text : `${finding.text} ${examples}`);
    return wrap(text, width - 9, '').map(
      (line, i) => `${i === 0 ? marks[finding.severity] : '       '}  ${line}`,
    );
  });
}

/** As many classes as fit have a column; where there are two, the share of the second has one. */
function tallyTable(
  tallies: readonly Tally[],
  total: Tally | null,
  classes: readonly string[],
  style: Style,
  width: number,
): string[] {
  const some = tallies.slice(0, 4 * MOST_ROWS);
  const rows = total && tallies.length > 1 ? [...some, total] : some;
  let shown = classes.length;
  let lines = columns(rows, classes, shown, style);
  while (shown > 1 && Math.max(...lines.map(widthOf)) > width)
    lines = columns(rows, classes, (shown -= 1), style);
  const rest = classes.length - shown;
  return [
    ...lines,
    ...(rest > 0 ? [style.dim(`and ${rest} more ${rest === 1 ? 'class' : 'classes'}, see --json`)] : []),
    ...(some.length < tallies.length
      ? [style.dim(`and ${tallies.length - some.length} more rows, see --json`)]
      : []),
  ];
}

function columns(rows: readonly Tally[], classes: readonly string[], shown: number, style: Style): string[] {
  const binary = classes.length === 2 && shown === 2;
  const heading = [
    '',
    'recordings',
    'subjects',
    ...classes.slice(0, shown).map((name) => clip(name, 12)),
    ...(binary ? ['share'] : []),
    'hours',
  ];
  const row = (each: Tally) => {
    const share =
      each.recordings === 0 ? '–' : `${((100 * each.byClass[1]!) / each.recordings).toFixed(0)} %`;
    return [
      clip(each.name),
      count(each.recordings),
      count(each.subjects),
      ...each.byClass.slice(0, shown).map(count),
      ...(binary ? [share] : []),
      hours(each.seconds),
    ];
  };
  return table([heading, ...rows.map(row)], style);
}

function factTables({ counts, classes }: Inspection, style: Style, width: number): string[] {
  const facts: [string, readonly Tally[]][] = [
    ['By location', counts.byLocation],
    ['By sex', counts.bySex],
    ['By age', counts.byAge],
  ];
  return facts.flatMap(([title, tallies]) =>
    section(title, tallies.length === 0 ? [] : tallyTable(tallies, null, classes, style, width), style),
  );
}

function shortcutTable({ shortcuts, classes }: Inspection, style: Style, width: number): string[] {
  if (shortcuts.length === 0) return [];
  const binary = classes.length === 2;
  const rows = shortcuts.map(({ fact, macc, auc, values }) => [
    fact,
    figure(macc, 2),
    ...(binary ? [figure(auc, 2)] : []),
    String(values),
  ]);
  const chance = `Chance is ${figure(1 / classes.length, 2)}. Each is learned on four fifths of the subjects and judged on the others, five times over.`;
  return [
    ...table(
      [['it only knows', binary ? 'MAcc' : 'mean recall', ...(binary ? ['AUC'] : []), 'values'], ...rows],
      style,
    ),
    ...wrap(chance, width, '').map(style.dim),
  ];
}

function soundTable({ sound }: Inspection, style: Style, width: number): string[] {
  if (sound.total.recordings === 0) return [];
  const row = (each: SoundGroup) => [
    clip(each.name),
    rates(each),
    range(each.seconds, 1),
    range(each.rmsDb, 0),
    each.dcPercent === null ? '–' : each.dcPercent.median.toFixed(1),
    count(each.clipped),
    count(each.silent),
  ];
  const groups = [...sound.bySite.slice(0, 2 * MOST_ROWS), ...sound.byClass];
  const heading = ['', 'rate, Hz', 'length, s', 'level, dBFS', 'DC, %', 'clipped', 'silent'];
  return [
    ...table([heading, ...groups.map(row), ...(groups.length > 1 ? [row(sound.total)] : [])], style),
    style.dim('Lengths and levels are those of 10 to 90 % of the recordings, DC is a median.'),
    ...wrap(formats(sound.total), width, '').map(style.dim),
  ];
}

/** `Stored as pcm 16 (217); channels: 1 (217).` */
function formats({ encodings, channels }: SoundGroup): string {
  const list = (counts: SoundGroup['encodings']) =>
    counts.map((each) => `${each.value} (${count(each.count)})`).join(', ');
  return `Stored as ${list(encodings) || 'unknown'}; channels: ${list(channels)}.`;
}

function rates({ sampleRates }: SoundGroup): string {
  const [first] = sampleRates;
  if (!first) return '–';
  return sampleRates.length === 1 ? first.value : `${first.value} +${sampleRates.length - 1}`;
}

/** `7.1…35.6`: a minus may stand before either. */
function range(summary: Summary | null, digits: number): string {
  if (summary === null) return '–';
  return `${summary.q10.toFixed(digits)}…${summary.q90.toFixed(digits)}`;
}

function sharedTable({ shared }: Inspection, style: Style): string[] {
  const { pairs, clusters } = shared;
  if (pairs.length === 0) return [];
  const apart = (pair: (typeof pairs)[number]) => (pair.sameSubject ? 1 : 0) + (pair.sameClass ? 1 : 0);
  const sorted = [...pairs].sort((x, y) => apart(x) - apart(y) || y.seconds - x.seconds);
  const rows = sorted
    .slice(0, MOST_ROWS)
    .map((pair) => [
      `${clip(pair.a, 14)} ~ ${clip(pair.b, 14)}`,
      pair.relation,
      `${pair.seconds.toFixed(1)} s`,
      `${pair.startA.toFixed(1)}/${pair.startB.toFixed(1)}`,
      pair.correlation.toFixed(3),
      pair.sameSubject ? 'same' : style.red('other'),
      pair.sameClass ? 'same' : style.red('other'),
    ]);
  const joined = clusters.reduce((sum, { records }) => sum + records.length, 0);
  const more = pairs.length > rows.length ? `${pairs.length - rows.length} more pairs, see --json; ` : '';
  return [
    ...table([['', 'how', 'length', 'from, s', 'corr.', 'subject', 'class'], ...rows], style),
    style.dim(`${more}${plural(joined, 'recording')} in ${plural(clusters.length, 'set')}`),
  ];
}

function copyLines({ copies }: Inspection, width: number): string[] {
  const shown = copies.slice(0, MOST_ROWS).flatMap(({ kind, records, subjects, classes }) => {
    const subject = subjects.length > 1 ? `, ${subjects.length} subjects` : '';
    const label = classes.length > 1 ? `, labels ${classes.map(printable).join(' and ')}` : '';
    const what = kind === 'same-file' ? 'same file' : 'same sound';
    return wrap(`${what}: ${records.map(printable).join(' = ')}${subject}${label}`, width, '  ');
  });
  return copies.length > MOST_ROWS
    ? [...shown, `and ${copies.length - MOST_ROWS} more sets, see --json`]
    : shown;
}

function splitTable({ split, classes }: Inspection, style: Style, width: number): string[] {
  if (split === null) return [];
  const leaks = split.leaks.length + split.sharedAcross.length;
  const verdict =
    leaks === 0
      ? style.green('nothing is on two sides')
      : style.red(
          `it leaks: ${plural(split.leaks.length, 'thing')} on two sides, ${plural(split.sharedAcross.length, 'pair')} with shared sound across`,
        );
  return [...tallyTable(Object.values(split.parts), null, classes, style, width), verdict];
}

function unreadableLines({ unreadable }: Inspection, width: number): string[] {
  const shown = unreadable
    .slice(0, MOST_ROWS)
    .flatMap(({ record, code, message }) => wrap(`${printable(record)} (${code}): ${message}`, width, '  '));
  const more = unreadable.length - MOST_ROWS;
  return more > 0 ? [...shown, `and ${more} more, see --json`] : shown;
}

function outlierLines({ sound }: Inspection, width: number): string[] {
  return sound.outliers.flatMap(({ what, unit, records }) => {
    const list = records.map(({ record, value }) => `${clip(record, 30)} ${short(value)}`).join(', ');
    return wrap(`${what} (${unit}): ${list}`, width, '  ');
  });
}

function short(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toFixed(2)));
}

function hours(seconds: number): string {
  return seconds < 36 ? (seconds / 3600).toFixed(3) : (seconds / 3600).toFixed(seconds < 36000 ? 2 : 1);
}

function clip(name: string, longest = LONGEST_NAME): string {
  const text = [...printable(name)];
  return text.length > longest ? `${text.slice(0, longest - 1).join('')}…` : text.join('');
}

/** Lines of at most `width` columns, those after the first indented; a word that is too long stands alone. */
function wrap(text: string, width: number, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const room = width - (lines.length > 0 ? indent.length : 0);
    if (line !== '' && [...line].length + 1 + [...word].length > room) {
      lines.push((lines.length > 0 ? indent : '') + line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, (lines.length > 0 ? indent : '') + line];
}
