import {
  type DownloadHooks,
  type DownloadProgress,
  type DownloadRecord,
  type DownloadResult,
  downloadSet,
  mayPass,
  PUBLISHED,
  type PublishedName,
} from '../../train/download/index.ts';
import { formatNames, printable } from '../../train/recording.ts';
import { INTERRUPTED, type Io } from '../io.ts';
import { shellWord } from '../options.ts';
import { Progress, Rate } from '../progress.ts';
import { type Style, styleFor } from '../style.ts';
import { count, duration, plural } from '../table.ts';
import type { DownloadCommandOptions } from './download.ts';

/** Downloads, and says what is there, what is missing and what to do next. */
export async function download(set: PublishedName, options: DownloadCommandOptions, io: Io): Promise<number> {
  const progress = new Progress(io, { quiet: options.quiet === true });
  const { bold } = progress.style;
  const published = PUBLISHED[set];
  progress.print(bold(`${published.title}, version ${published.version}`));
  progress.print(`Licence: ${published.licence.name}`);
  const watch = io.watchInterruption(() => progress.say('Stopping.'));
  const { hooks, stopDrawing } = hooksFor(progress);
  try {
    const result = await downloadSet({
      dataset: set,
      to: options.to,
      from: options.from,
      list: options.list === false ? null : options.list,
      all: options.all,
      parallel: options.parallel,
      signal: watch.signal,
      hooks,
    });
    stopDrawing();
    return finished(result, set, options, progress, io);
  } catch (error) {
    stopDrawing();
    if (!watch.signal.aborted) throw error;
    return stopped(null, set, options, progress, io);
  } finally {
    stopDrawing();
    watch.release();
  }
}

function hooksFor(progress: Progress): { hooks: DownloadHooks; stopDrawing: () => void } {
  const { dim } = progress.style;
  let rate = new Rate();
  let before: number | null = null;
  let line: () => readonly string[] = () => [];
  const draw = () => progress.show(line);
  // Where a server stalls nothing happens that could be drawn, and that is worth seeing.
  const timer = setInterval(draw, 200);
  timer.unref();
  const hooks: DownloadHooks = {
    onPhase(phase, { source, files = 0 }) {
      if (phase === 'source') line = () => [dim(`reading ${source}`)];
      if (phase === 'list') line = () => [dim('reading the list of files')];
      if (phase === 'check') {
        progress.print(`${source}: ${plural(files, 'file')} wanted`);
        line = () => [dim('checking what is there')];
      }
      if (phase === 'fetch') {
        rate = new Rate();
        before = null;
        line = () => [dim('fetching')];
      } else before = -1;
      draw();
    },
    onProgress(state) {
      before ??= state.files;
      const since = before;
      line = () => (since < 0 ? checkLine(state, progress) : fetchLine(state, progress, rate, since));
      draw();
    },
    onNote: (text) => progress.say(`${progress.style.yellow('note:')} ${text}`),
  };
  const stopDrawing = () => {
    clearInterval(timer);
    progress.clear();
  };
  return { hooks, stopDrawing };
}

function checkLine({ files, filesTotal }: DownloadProgress, progress: Progress): string[] {
  return [
    progress.style.dim('checking what is there'),
    `${count(files)} of ${count(filesTotal)} files right`,
  ];
}

function fetchLine(state: DownloadProgress, progress: Progress, rate: Rate, before: number): string[] {
  const { files, filesTotal, bytes, bytesTotal, missing } = state;
  const done = files - before;
  const left = rate.left(done, filesTotal - before - missing);
  return [
    `${progress.bar(files / Math.max(1, filesTotal))} ${count(files)} of ${count(filesTotal)} files`,
    ...(missing > 0 ? [progress.style.red(`${count(missing)} missing`)] : []),
    bytesTotal === null ? size(bytes) : `${size(bytes)} of ${size(bytesTotal)}`,
    `${size(rate.perSecond(bytes))}/s`,
    ...(done > 0 ? [`${duration(left)} left`] : []),
  ];
}

/** `254 MB`; powers of 1000, as file managers and providers count. */
function size(bytes: number): string {
  if (bytes < 1e3) return `${Math.round(bytes)} B`;
  if (bytes < 1e6) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

function finished(
  result: DownloadResult,
  set: PublishedName,
  options: DownloadCommandOptions,
  progress: Progress,
  io: Io,
): number {
  if (result.status === 'interrupted') return stopped(result, set, options, progress, io);
  const { record, folder } = result;
  const next = nextCommand(result, set, options);
  if (options.json) io.stdout.write(`${JSON.stringify(document(result, next), null, 2)}\n`);
  else {
    const style = styleFor(io.stdout, io.env);
    io.stdout.write(`${[...summary(result, style), '', ...obligations(record, folder)].join('\n')}\n`);
  }
  if (!record.verified) progress.say(`${progress.style.red('warning:')} ${unverified(record)}`);
  if (isUseless(record)) {
    const message = `${record.source.address} will not bring what is missing if it is asked again. See why above; another address, a folder or an archive can be given with --from.`;
    progress.say(`${progress.style.yellow('note:')} ${message}`);
  }
  progress.print(`\nNext: ${bold(next, progress.style)}`);
  return result.status === 'complete' ? 0 : 3;
}

function bold(text: string, style: Style): string {
  return style.bold(style.cyan(text));
}

/** What is in the folder now, and what is not. */
function summary({ record, folder, files, status }: DownloadResult, style: Style): string[] {
  const { present, selected } = record.files;
  const of = selected === null || selected === present ? '' : ` of ${count(selected)}`;
  const how = record.verified ? ', each right by the publisher’s SHA-256 list' : '';
  const head = status === 'complete' ? style.green('complete') : style.red('incomplete');
  const { kept, brought, replaced } = files;
  const deeds = [
    `${count(brought)} brought`,
    ...(kept > 0 ? [`${count(kept)} were there`] : []),
    ...(replaced > 0 ? [`${count(replaced)} replaced`] : []),
  ];
  return [
    `${style.bold(record.dataset)} in ${printable(folder)}: ${head}`,
    `  ${count(present)}${of} files, ${size(record.bytes)}${how}`,
    `  ${deeds.join(', ')}`,
    ...missingLines(record),
  ];
}

function missingLines({ missing, recordings, companions, list }: DownloadRecord): string[] {
  const lines: string[] = [];
  const codes = [...new Set(missing.map(({ code }) => code))];
  for (const code of codes) {
    const those = missing.filter((each) => each.code === code);
    lines.push(
      `  missing ${plural(those.length, 'file')} (${code}): ${formatNames(those.map(({ path }) => path))}`,
    );
    lines.push(`    the first: ${those[0]!.message}`);
  }
  if (recordings.present !== recordings.published) {
    lines.push(`  ${count(recordings.present)} of the ${count(recordings.published)} published recordings`);
    const folders = Object.entries(recordings.folders).filter(([, each]) => each.present !== each.published);
    if (folders.length > 1 || list === null)
      for (const [folder, each] of folders)
        lines.push(`    ${folder}: ${count(each.present)} of ${count(each.published)}`);
  }
  if (companions.length > 0) lines.push(`  not the publisher’s, taken as they are: ${companions.join(', ')}`);
  return lines;
}

function obligations({ licence, citations }: DownloadRecord, folder: string): string[] {
  return [
    `Licence: ${licence.name}`,
    `  ${licence.address}`,
    'Please cite:',
    ...citations.map((citation) => `  ${shortened(citation)}`),
    `In full, beside the data: ${printable(folder)}/LICENCE-AND-CITATION.txt`,
  ];
}

/** First author, year, and the address that leads to all of it; the rest is in the file. */
function shortened(citation: string): string {
  const first = citation.slice(0, citation.indexOf(','));
  const [, year = '', address = ''] = /\b(\d{4})(?:;\S+|\.) (https:\S+)$/.exec(citation) ?? [];
  return `${first} et al. ${year}, ${address}`;
}

function unverified({ list, files }: DownloadRecord): string {
  return list === null
    ? `${plural(files.present, 'file')} taken as they are: there was no list of the publisher to check them by, so nobody knows whether they are right or whether any is missing.`
    : 'some files could not be checked.';
}

/** The command that looks at the data or, where files are missing that may yet come, goes on. */
function nextCommand(
  { record, folder }: DownloadResult,
  set: PublishedName,
  options: DownloadCommandOptions,
): string {
  const isServer = record.source.kind === 'http';
  if (isServer && record.missing.some(({ code }) => mayPass(code))) return again(set, options);
  if (record.recordings.present === 0) return 'npx pcg-engine data download --help';
  return `npx pcg-engine data inspect ${shellWord(folder)}`;
}

/** Whether a server has said no for good to everything that is missing. */
function isUseless({ source, missing }: DownloadRecord): boolean {
  return source.kind === 'http' && missing.length > 0 && !missing.some(({ code }) => mayPass(code));
}

function again(set: PublishedName, { to, from, list, all, parallel }: DownloadCommandOptions): string {
  const words = [
    `npx pcg-engine data download ${set} --to ${shellWord(to)}`,
    ...(from === undefined ? [] : [`--from ${shellWord(from)}`]),
    ...(typeof list === 'string' ? [`--list ${shellWord(list)}`] : list === false ? ['--no-list'] : []),
    ...(all ? ['--all'] : []),
    ...(parallel === undefined ? [] : [`--parallel ${parallel}`]),
  ];
  return words.join(' ');
}

function stopped(
  result: DownloadResult | null,
  set: PublishedName,
  options: DownloadCommandOptions,
  progress: Progress,
  io: Io,
): number {
  const resume = again(set, options);
  const there = result
    ? `${plural(result.record.files.present, 'file')} are right so far`
    : 'Nothing was fetched';
  progress.say(`Interrupted. ${there}. Go on with: ${resume}`);
  if (options.json) {
    const left = result
      ? document(result, resume)
      : { status: 'interrupted', folder: options.to, next: resume };
    io.stdout.write(`${JSON.stringify(left, null, 2)}\n`);
  }
  return INTERRUPTED;
}

function document({ status, folder, record, files }: DownloadResult, next: string) {
  return { status, folder, ...files, ...record, next };
}
