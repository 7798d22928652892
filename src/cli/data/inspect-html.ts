import type { RenderSvg } from '../../train/charts.ts';
import type { Inspection } from '../../train/inspect/inspection.ts';
import type { Dataset } from '../../train/recording.ts';

export async function inspectionPage(_i: Inspection, _d: Dataset, _r: RenderSvg): Promise<string> {
  return '';
}
