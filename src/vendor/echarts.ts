/**
 * The only file that touches Apache ECharts, a development dependency. `scripts/bundle-charts.mjs` bundles
 * the compiled form of this file in place, tree-shaken, so that the package needs no ECharts when installed;
 * from the TypeScript sources the same import finds it in node_modules.
 *
 * The engine imports nothing from outside, so `src/train` does not import this file: its chart functions take
 * the renderer as a parameter, and the command line, which may have dependencies, loads it lazily with
 * `await import('../vendor/echarts.ts')` only when a chart is to be drawn (it costs a start-up 30 ms).
 */
import { BarChart, HeatmapChart, LineChart } from 'echarts/charts';
import {
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  VisualMapComponent,
} from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([
  BarChart,
  GridComponent,
  HeatmapChart,
  LegendComponent,
  LineChart,
  MarkLineComponent,
  SVGRenderer,
  TitleComponent,
  VisualMapComponent,
]);

/**
 * Draws an ECharts option as an SVG document, without a browser.
 * @param width in CSS pixels; the picture scales with its frame
 */
export function renderSvg(option: object, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  chart.setOption({ animation: false, ...option });
  const svg = chart.renderToSVGString({ useViewBox: true });
  chart.dispose();
  return plain(svg);
}

/**
 * The picture without what ECharts adds for the mouse, and with names that do not count the charts drawn
 * before in this process: the same chart gives the same text.
 */
function plain(svg: string): string {
  return svg
    .replace(/<style[^>]*>.*?<\/style>/gs, '')
    .replace(/ class="zr\d+-cls-\d+"/g, '')
    .replace(/\bzr\d+-/g, 'zr0-');
}
