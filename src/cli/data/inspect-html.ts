import type { ChartTools } from '../../train/charts/tools.ts';
import { classesSvg, durationsSvg, shortcutsSvg } from '../../train/inspect/charts.ts';
import { levelsSvg, spectraSvg } from '../../train/inspect/charts-sound.ts';
import type { Inspection } from '../../train/inspect/inspection.ts';
import { drawPictures, type Picture } from '../../train/inspect/pictures.ts';
import { type Dataset, printable } from '../../train/recording.ts';
import { duration, figure, plural } from '../table.ts';
import { PAGE_MARK, STYLE } from './inspect-html-style.ts';
import {
  copiesTable,
  escapeHtml,
  factTables,
  findingsList,
  outliersTable,
  sharedTable,
  shortcutsTable,
  sitesTable,
  soundTable,
  splitSection,
  unreadableTable,
} from './inspect-html-tables.ts';

/**
 * The inspection as one page that needs nothing else: no network, no script. It follows the reader's light or dark
 * theme and can be printed.
 */
export async function inspectionPage(
  inspection: Inspection,
  dataset: Dataset,
  tools: ChartTools,
): Promise<string> {
  const { counts, root, layout, shortcuts, shared, copies, unreadable, sound, split } = inspection;
  const { total } = counts;
  const name = escapeHtml(printable(root));
  const draw = (chart: Chart, caption: string) => figureOf(chart(inspection, tools, caption), caption);
  const pictures = await drawPictures(inspection, dataset);
  const several = counts.bySite.length > 1;
  const heard = sound.total.recordings > 0;
  const hasSpectrum = sound.bySite.some(({ spectrum }) => spectrum.hz.length > 0);
  const sections = [
    section('What to look at', findingsList(inspection)),
    split === null ? '' : section('Split', splitSection(inspection)),
    section(
      several ? 'Classes by site' : 'Classes',
      draw(classesSvg, 'Recordings of each class at each site.') + sitesTable(inspection),
    ),
    factTables(inspection),
    shortcuts.length === 0
      ? ''
      : section(
          'How far a rule gets that never listens',
          '<p>Each rule knows one fact beside the sound. It is learned on four fifths of the subjects and judged on the others, five times over. A model that gets no further than the best of these may have learned nothing of the heart.</p>' +
            draw(
              shortcutsSvg,
              `Rules that only know one fact: ${shortcuts.map(({ fact, macc }) => `${fact} ${figure(macc, 2)}`).join(', ')}; chance is ${figure(1 / inspection.classes.length, 2)}.`,
            ) +
            shortcutsTable(inspection),
        ),
    heard
      ? section(
          'Sound',
          draw(durationsSvg, 'How long the recordings are.') +
            draw(
              levelsSvg,
              'Level, DC offset and clipped recordings by site. Dots are medians, bars reach from 10 to 90 % of the recordings.',
            ) +
            soundTable(inspection) +
            outliersTable(inspection),
        )
      : '',
    hasSpectrum
      ? section(
          several ? 'Spectrum by site' : 'Spectrum',
          `<p>Third-octave bands, each against the sum of all, so that level does not matter. Lines are medians, the shaded band holds 10 to 90 % of the recordings${several ? ', grey lines are the other sites' : ''}. Where sites differ here, a model can tell them apart.</p>` +
            draw(spectraSvg, 'Median spectrum of each site, with the range of most of its recordings.'),
        )
      : '',
    pictures.length === 0 ? '' : section('What they look like', picturesBlock(pictures)),
    shared.pairs.length === 0 && copies.length === 0
      ? ''
      : section('Copies and shared sound', copiesTable(inspection) + sharedTable(inspection)),
    unreadable.length === 0 ? '' : section('Not readable', unreadableTable(inspection)),
  ];
  const lead = `${plural(total.recordings, 'recording')} of ${plural(total.subjects, 'subject')}${counts.patients === null ? '' : ` (${plural(counts.patients, 'patient')})`} at ${plural(counts.bySite.length, 'site')}, ${duration(total.seconds)} of sound. Layout: ${layout}.`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${PAGE_MARK}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>Data set ${name}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${name}</h1>
<p class="lead">${lead}</p>
${sections.filter((text) => text !== '').join('\n')}
<footer>Written by <code>pcg-engine data inspect</code>. Figures of every recording: <code>--json</code>.</footer>
</main>
</body>
</html>
`;
}

function section(title: string, content: string): string {
  return `<section>\n<h2>${title}</h2>\n${content}\n</section>`;
}

type Chart = (inspection: Inspection, tools: ChartTools, title: string) => string;

function figureOf(svg: string, caption: string): string {
  return `<figure>${svg}<figcaption>${escapeHtml(caption)}</figcaption></figure>\n`;
}

function picturesBlock(pictures: readonly Picture[]): string {
  const classes = [...new Set(pictures.map((picture) => picture.class))];
  const blocks = classes.map((name) => {
    const cells = pictures
      .filter((picture) => picture.class === name)
      .map(({ record, site, from, to, png }) => {
        const what = `${printable(record)}, ${printable(site)}, ${from.toFixed(1)}–${to.toFixed(1)} s`;
        const source = `data:image/png;base64,${Buffer.from(png).toString('base64')}`;
        return `<figure><img src="${source}" alt="${escapeHtml(`Log-mel spectrogram of ${what}`)}"><figcaption>${escapeHtml(what)}</figcaption></figure>`;
      });
    return `<h3>${escapeHtml(printable(name))}</h3>\n<div class="pictures">${cells.join('')}</div>`;
  });
  return `<p>Log-mel spectrograms of five seconds from the middle, 20–900 Hz from bottom to top, 60 dB from dark to light, of recordings of medium level.</p>\n${blocks.join('\n')}`;
}
