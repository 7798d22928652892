/** The pictures of an inspection, as options for `RenderSvg`. Text is in INK, which the page lets follow its theme. */
import type { RenderSvg } from '../charts.ts';
import { printable } from '../recording.ts';
import type { Inspection, SoundGroup, Summary } from './inspection.ts';

export const INK = '#222222';
const GREY = '#8a8a8a';
const FONT = { fontFamily: 'system-ui, Helvetica, Arial, sans-serif', fontSize: 13, color: INK };
/** Okabe & Ito's palette (2008), distinct to colour-blind readers too. */
const PALETTE = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#999999'];
export const WIDTH = 860;
/** Sites that have a row or a panel; the largest are taken. */
const MOST_SITES = 24;
const MOST_PANELS = 12;

function colour(i: number): string {
  return PALETTE[i % PALETTE.length]!;
}

function clip(name: string, longest = 22): string {
  const text = [...printable(name)];
  return text.length > longest ? `${text.slice(0, longest - 1).join('')}…` : text.join('');
}

/** Room for the longest of the names, px. */
function roomFor(names: readonly string[]): number {
  return 16 + 7.4 * Math.max(4, ...names.map((name) => [...name].length));
}

const LINES = { lineStyle: { color: GREY, opacity: 0.35 } };

function valueAxis(name: string, more: object = {}) {
  return {
    type: 'value',
    name,
    nameLocation: 'middle',
    nameGap: 30,
    nameTextStyle: FONT,
    axisLabel: FONT,
    splitLine: LINES,
    ...more,
  };
}

function nameAxis(data: readonly string[], more: object = {}) {
  return {
    type: 'category',
    data,
    inverse: true,
    axisLabel: { ...FONT, interval: 0 },
    axisTick: { show: false },
    axisLine: { lineStyle: { color: GREY } },
    ...more,
  };
}

function legend(names: readonly string[]) {
  return { top: 4, left: 'center', textStyle: FONT, data: names, itemWidth: 18, itemHeight: 12, itemGap: 20 };
}

/** Recordings by site, a bar each, stacked by class. */
export function classesSvg({ counts, classes }: Inspection, render: RenderSvg): string {
  const sites = largest(counts.bySite, ({ recordings }) => recordings, MOST_SITES);
  const names = sites.map(({ name }) => clip(name));
  const series = classes.map((name, k) => ({
    type: 'bar',
    name: clip(name),
    stack: 'all',
    silent: true,
    color: colour(k),
    barMaxWidth: 26,
    data: sites.map(({ byClass }) => byClass[k]!),
  }));
  const option = {
    textStyle: FONT,
    legend: legend(classes.map((name) => clip(name))),
    grid: { left: roomFor(names), right: 30, top: 40, bottom: 50 },
    xAxis: valueAxis('recordings', { minInterval: 1 }),
    yAxis: nameAxis(names),
    series,
  };
  return render(option, WIDTH, 100 + 32 * sites.length);
}

/** How long recordings are, stacked by class. */
export function durationsSvg({ sound, classes }: Inspection, render: RenderSvg): string {
  const { from, width, byClass } = sound.durations;
  const option = {
    textStyle: FONT,
    legend: legend(classes.map((name) => clip(name))),
    grid: { left: 70, right: 30, top: 40, bottom: 54 },
    xAxis: {
      type: 'category',
      data: from.map((edge, i) => (i === from.length - 1 ? `≥ ${edge}` : String(edge))),
      name: `length from … on, in steps of ${width} s`,
      nameLocation: 'middle',
      nameGap: 32,
      nameTextStyle: FONT,
      axisLabel: FONT,
      axisTick: { alignWithLabel: true, lineStyle: { color: GREY } },
      axisLine: { lineStyle: { color: GREY } },
    },
    yAxis: valueAxis('recordings', { nameGap: 50, minInterval: 1 }),
    series: classes.map((name, k) => ({
      type: 'bar',
      name: clip(name),
      stack: 'all',
      silent: true,
      color: colour(k),
      barCategoryGap: '10%',
      data: byClass[k],
    })),
  };
  return render(option, WIDTH, 300);
}

/** Mean recall of the rules that never listen, with chance marked. */
export function shortcutsSvg({ shortcuts, classes }: Inspection, render: RenderSvg): string {
  const names = shortcuts.map(({ fact }) => fact);
  const chance = 1 / classes.length;
  const option = {
    textStyle: FONT,
    grid: { left: roomFor(names), right: 60, top: 34, bottom: 50 },
    xAxis: valueAxis(
      classes.length === 2
        ? 'MAcc of a rule that knows nothing else'
        : 'mean recall of a rule that knows nothing else',
      { min: 0, max: 1 },
    ),
    yAxis: nameAxis(names),
    series: [
      {
        type: 'bar',
        silent: true,
        color: colour(0),
        barMaxWidth: 22,
        data: shortcuts.map(({ macc }) => macc ?? 0),
        label: {
          show: true,
          position: 'right',
          ...FONT,
          formatter: ({ value }: { value: number }) => value.toFixed(2),
        },
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: colour(1), type: 'dashed', width: 2 },
          label: { formatter: 'chance', position: 'start', ...FONT },
          data: [{ xAxis: chance }],
        },
      },
    ],
  };
  return render(option, WIDTH, 94 + 28 * shortcuts.length);
}

/** Level, offset and share of clipped recordings by site, side by side: dots are medians, bars 10 to 90 %. */
export function levelsSvg({ sound }: Inspection, render: RenderSvg): string {
  const sites = largest(sound.bySite, ({ recordings }) => recordings, MOST_SITES);
  const names = sites.map(({ name }) => clip(name));
  const left = roomFor(names);
  const gap = 30;
  const room = (WIDTH - left - 24 - 2 * gap) / 3;
  const grids = [0, 1, 2].map((i) => ({ left: left + i * (room + gap), width: room, top: 20, bottom: 50 }));
  const spread = (panel: number, of: (site: SoundGroup) => Summary | null) =>
    sites.flatMap((site, i) => {
      const summary = of(site);
      if (summary === null) return [];
      const place = { type: 'line', xAxisIndex: panel, yAxisIndex: panel, silent: true, color: colour(0) };
      return [
        {
          ...place,
          symbol: 'none',
          lineStyle: { width: 8, opacity: 0.5, cap: 'butt' },
          data: [
            [summary.q10, i],
            [summary.q90, i],
          ],
        },
        { ...place, symbol: 'circle', symbolSize: 10, lineStyle: { width: 0 }, data: [[summary.median, i]] },
      ];
    });
  const share = (count: number, all: number) => (all === 0 ? 0 : (100 * count) / all);
  const option = {
    textStyle: FONT,
    grid: grids,
    xAxis: ['level, dBFS', 'DC offset, % of full scale', 'clipped recordings, %'].map((name, gridIndex) =>
      valueAxis(name, { gridIndex, ...(gridIndex === 0 ? { scale: true } : { min: 0 }), splitNumber: 4 }),
    ),
    yAxis: grids.map((_, gridIndex) =>
      nameAxis(names, { gridIndex, ...(gridIndex > 0 ? { axisLabel: { show: false } } : {}) }),
    ),
    series: [
      ...spread(0, ({ rmsDb }) => rmsDb),
      ...spread(1, ({ dcPercent }) => dcPercent),
      {
        type: 'bar',
        xAxisIndex: 2,
        yAxisIndex: 2,
        silent: true,
        color: colour(1),
        barMaxWidth: 16,
        data: sites.map(({ clipped, recordings }) => share(clipped, recordings)),
      },
    ],
  };
  return render(option, WIDTH, 80 + 30 * sites.length);
}

/** A panel a site: median spectrum with its 10 to 90 % band, the other sites' medians in grey. */
export function spectraSvg({ sound }: Inspection, render: RenderSvg): string {
  const sites = largest(
    sound.bySite.filter(({ spectrum }) => spectrum.hz.length > 0),
    ({ recordings }) => recordings,
    MOST_PANELS,
  );
  const columns = Math.min(3, sites.length);
  const rows = Math.ceil(sites.length / columns);
  const [left, gap, height] = [62, 26, 190];
  const room = (WIDTH - left - 20 - (columns - 1) * gap) / columns;
  const all = sites.flatMap(({ spectrum }) => [...spectrum.q10, ...spectrum.q90]);
  const [low, high] = [Math.floor(Math.min(...all) / 10) * 10, Math.ceil(Math.max(...all) / 10) * 10];
  const places = sites.map((_, i) => ({ column: i % columns, row: Math.floor(i / columns) }));
  const bands = sites.reduce(
    (most, { spectrum }) => (spectrum.hz.length > most.length ? spectrum.hz : most),
    [] as readonly number[],
  );
  const option = {
    textStyle: FONT,
    title: sites.map(({ name }, i) => ({
      text: clip(name, 28),
      left: left + places[i]!.column * (room + gap),
      top: 4 + places[i]!.row * height,
      textStyle: { ...FONT, fontWeight: 'bold' },
    })),
    grid: places.map(({ column, row }) => ({
      left: left + column * (room + gap),
      width: room,
      top: 28 + row * height,
      height: height - 76,
    })),
    xAxis: sites.map((_, gridIndex) => ({
      type: 'category',
      gridIndex,
      data: bands.map(String),
      boundaryGap: false,
      name: places[gridIndex]!.row === rows - 1 || gridIndex + columns >= sites.length ? 'Hz' : '',
      nameLocation: 'middle',
      nameGap: 26,
      nameTextStyle: FONT,
      axisLabel: { ...FONT, interval: 4 },
      axisTick: { interval: 4, lineStyle: { color: GREY } },
      axisLine: { onZero: false, lineStyle: { color: GREY } },
    })),
    yAxis: sites.map((_, gridIndex) =>
      valueAxis(places[gridIndex]!.column === 0 ? 'dB of the whole' : '', {
        gridIndex,
        nameGap: 40,
        min: low,
        max: high,
        splitNumber: 3,
        ...(places[gridIndex]!.column > 0 ? { axisLabel: { show: false } } : {}),
      }),
    ),
    series: sites.flatMap(({ spectrum }, i) => {
      const place = { type: 'line', xAxisIndex: i, yAxisIndex: i, silent: true, symbol: 'none' };
      const others = sites.filter((_, k) => k !== i);
      return [
        ...others.map((other) => ({
          ...place,
          lineStyle: { width: 1, color: GREY, opacity: 0.45 },
          data: other.spectrum.median,
        })),
        { ...place, lineStyle: { width: 0 }, data: spectrum.q10, stack: `band ${i}`, stackStrategy: 'all' },
        {
          ...place,
          lineStyle: { width: 0 },
          color: colour(0),
          areaStyle: { color: colour(0), opacity: 0.35, origin: 'auto' },
          data: spectrum.q90.map((value, band) => value - spectrum.q10[band]!),
          stack: `band ${i}`,
          stackStrategy: 'all',
        },
        { ...place, lineStyle: { width: 2.5, color: '#1f8fd0' }, data: spectrum.median },
      ];
    }),
  };
  return render(option, WIDTH, rows * height + 6);
}

/** The `most` largest, in their own order. */
function largest<T>(items: readonly T[], size: (item: T) => number, most: number): T[] {
  const kept = new Set([...items].sort((a, b) => size(b) - size(a)).slice(0, most));
  return items.filter((item) => kept.has(item));
}
