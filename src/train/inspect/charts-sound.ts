/** Pictures of an inspection: level, offset, clipping and spectrum by site. */
import {
  bands,
  base,
  bottomAxis,
  bottomLabel,
  curve,
  leftAxis,
  type Panel,
  rowNames,
  side,
} from '../charts/axes.ts';
import { element, GREY, line, picture, rect, text } from '../charts/svg.ts';
import type { ChartTools, Point, Scale } from '../charts/tools.ts';
import { clip, colour, largest, MOST_SITES, roomFor, WIDTH } from './charts.ts';
import type { Inspection, SoundGroup, Summary } from './inspection.ts';

/** Sites that have a panel of their own; the largest are taken. */
const MOST_PANELS = 12;

/** Level, offset and share of clipped recordings by site, side by side: dots are medians, bars 10 to 90 %. */
export function levelsSvg({ sound }: Inspection, tools: ChartTools, title: string): string {
  const sites = largest(sound.bySite, ({ recordings }) => recordings, MOST_SITES);
  const names = sites.map(({ name }) => clip(name));
  const left = roomFor(names);
  const gap = 44;
  const room = (WIDTH - left - 24 - 2 * gap) / 3;
  const panels = [0, 1, 2].map((i): Panel => {
    const from = left + i * (room + gap);
    return { left: from, right: from + room, top: 20, bottom: 30 + 30 * sites.length };
  });
  const rows = bands(sites.length, panels[0]!.top, panels[0]!.bottom);
  const scaleFor = (i: number, [low, high]: Point): Scale =>
    tools.scale([low, high > low ? high : low + 1], [panels[i]!.left, panels[i]!.right]).nice(4);
  const axis = (i: number, scale: Scale, label: string) => [
    ...bottomAxis(panels[i]!, scale, { label, count: 4 }),
    side(panels[i]!),
  ];
  const spread = (i: number, label: string, fromZero: boolean, of: (site: SoundGroup) => Summary | null) => {
    const summaries = sites.map(of);
    const known = summaries.filter((summary) => summary !== null);
    const lowest = known.length > 0 ? Math.min(...known.map(({ q10 }) => q10)) : 0;
    const scale = scaleFor(i, [fromZero ? 0 : lowest, Math.max(...known.map(({ q90 }) => q90), lowest)]);
    const marks = summaries.flatMap((summary, row) => {
      if (summary === null) return [];
      const [low, middle, high] = [summary.q10, summary.median, summary.q90].map(scale);
      const y = rows.at(row);
      return [
        line(low!, y, high!, y, { stroke: colour(0), 'stroke-width': 8, 'stroke-opacity': 0.5 }),
        element('circle', { cx: middle, cy: y, r: 5, fill: colour(0) }),
      ];
    });
    return [...axis(i, scale, label), ...marks];
  };
  const shares = sites.map(({ clipped, recordings }) =>
    recordings === 0 ? 0 : (100 * clipped) / recordings,
  );
  const clipping = scaleFor(2, [0, Math.max(...shares, 0)]);
  const description = sites
    .map(({ name, rmsDb, dcPercent }, i) => {
      const [level, offset] = [rmsDb?.median.toFixed(1) ?? '–', dcPercent?.median.toFixed(2) ?? '–'];
      return `${name}: median level ${level} dBFS, offset ${offset} %, ${shares[i]!.toFixed(1)} % clipped.`;
    })
    .join(' ');
  return picture({ width: WIDTH, height: panels[0]!.bottom + 50, title, description, paper: false }, [
    ...spread(0, 'level, dBFS', false, ({ rmsDb }) => rmsDb),
    ...spread(1, 'DC offset, % of full scale', true, ({ dcPercent }) => dcPercent),
    ...axis(2, clipping, 'clipped recordings, %'),
    ...shares.map((share, i) =>
      rect(panels[2]!.left, rows.at(i) - 8, clipping(share) - panels[2]!.left, 16, { fill: colour(1) }),
    ),
    ...rowNames(panels[0]!, names),
  ]);
}

/** A panel a site: median spectrum with its 10 to 90 % band, the other sites' medians in grey. */
export function spectraSvg({ sound }: Inspection, tools: ChartTools, title: string): string {
  const heard = sound.bySite.filter(({ spectrum }) => spectrum.hz.length > 0);
  const sites = largest(heard, ({ recordings }) => recordings, MOST_PANELS);
  const columns = Math.min(3, sites.length);
  const rows = Math.ceil(sites.length / columns);
  const [left, gap, height] = [62, 26, 190];
  const room = (WIDTH - left - 20 - (columns - 1) * gap) / columns;
  const all = sites.flatMap(({ spectrum }) => [...spectrum.q10, ...spectrum.q90]);
  const [low, high] = [Math.floor(Math.min(...all) / 10) * 10, Math.ceil(Math.max(...all) / 10) * 10];
  const hz = sites.map(({ spectrum }) => spectrum.hz).sort((a, b) => b.length - a.length)[0] ?? [];
  const parts = sites.flatMap(({ name, spectrum }, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const from = left + column * (room + gap);
    const panel: Panel = {
      left: from,
      right: from + room,
      top: 28 + row * height,
      bottom: (row + 1) * height - 48,
    };
    const scale = tools.scale([low, high > low ? high : low + 10], [panel.bottom, panel.top]);
    const at = (band: number) => panel.left + (room * band) / Math.max(hz.length - 1, 1);
    const curveOf = (values: readonly number[]) =>
      tools.linePath(values.map((value, band): Point => [at(band), scale(value)]));
    const others = sites.filter((_, k) => k !== i);
    const spread = spectrum.q10.map(
      (value, band) => [at(band), scale(value), scale(spectrum.q90[band]!)] as const,
    );
    const lowest = row === rows - 1 || i + columns >= sites.length;
    return [
      text(clip(name, 28), from, 14 + row * height, { bold: true }),
      ...leftAxis(panel, scale, { label: column === 0 ? 'dB of the whole' : '', count: 4, bare: column > 0 }),
      base(panel),
      ...hz.flatMap((centre, band) =>
        band % 5 === 0
          ? [
              line(at(band), panel.bottom, at(band), panel.bottom + 5),
              text(String(centre), at(band), panel.bottom + 16, { anchor: 'middle' }),
            ]
          : [],
      ),
      ...(lowest ? bottomLabel(panel, 'Hz') : []),
      ...others.map((other) => curve(curveOf(other.spectrum.median), GREY, 1, { 'stroke-opacity': 0.5 })),
      element('path', { d: tools.areaPath(spread), fill: colour(0), 'fill-opacity': 0.35 }),
      curve(curveOf(spectrum.median), '#1f8fd0', 2.5, { 'stroke-linejoin': 'round' }),
    ];
  });
  const description = sites
    .map(({ name, spectrum }) => {
      const peak = spectrum.median.indexOf(Math.max(...spectrum.median));
      return `${name}: strongest at ${spectrum.hz[peak]} Hz, ${spectrum.median[peak]!.toFixed(0)} dB of the whole.`;
    })
    .join(' ');
  return picture({ width: WIDTH, height: rows * height + 6, title, description, paper: false }, parts);
}
