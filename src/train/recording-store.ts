/** Where windows are cut from: recordings in the memory of a backend. */
import { RunError } from '../base/errors.ts';
import { apply1 } from '../tensor/apply.ts';
import { type Backend, indices, noGrad, scope, Tensor, tensor } from '../tensor/index.ts';
import { LEVEL_COLUMNS, PLAN } from '../tensor/ops/augment.ts';
import { Storage } from '../tensor/storage.ts';
import { packing, viewOf } from '../tensor/views.ts';
import type { WindowPlan } from './augment-plan.ts';
import { copyWindow, type FeatureMap } from './windows.ts';

export interface StoreOptions {
  /**
   * Whether all recordings are to lie on the device at once. By default where the backend has memory of its own and
   * allows a buffer of that size. If not, the crops of a batch are uploaded with it; windows have the same values.
   */
  readonly onDevice?: boolean;
}

/** Values handed to the device before it is given time to take them: 64 MiB. */
const UPLOADED_AT_ONCE = 1 << 24;

/** Feature maps of recordings, from which `windows` cuts. Free it with `dispose`. */
export class RecordingStore {
  readonly backend: Backend;
  readonly bands: number;
  /** Frames of each recording. */
  readonly frames: readonly number[];
  /** All recordings in one vector and where each begins in it; or the recordings on the host. */
  private readonly source:
    | { readonly all: Tensor; readonly starts: readonly number[] }
    | readonly FeatureMap[];

  private constructor(
    backend: Backend,
    shapes: readonly (readonly [bands: number, frames: number])[],
    source: RecordingStore['source'],
  ) {
    this.backend = backend;
    this.bands = shapes[0]?.[0] ?? 0;
    this.frames = shapes.map(([, frames]) => frames);
    this.source = source;
  }

  /**
   * Takes recordings in from the host.
   * @throws RunError `store/bands` if they differ in their bands
   */
  static async open(
    recordings: readonly FeatureMap[],
    backend: Backend,
    options: StoreOptions = {},
  ): Promise<RecordingStore> {
    const shapes = recordings.map(({ bands, frames }) => [bands, frames] as const);
    checkBands(shapes);
    const { starts, length } = packing(recordings.map(({ data }) => data.length));
    const onDevice = options.onDevice ?? (backend.name === 'webgpu' && 4 * length <= largestTensor(backend));
    if (!onDevice || length === 0) return new RecordingStore(backend, shapes, recordings);
    const all = new Tensor(Storage.allocate(backend, length, 'float'), [length], 'float', 'store').keep();
    let waiting = 0;
    for (const [i, { data }] of recordings.entries()) {
      const view = viewOf(all, starts[i]!, [data.length]);
      backend.upload(view.storage.buffer, data);
      view.dispose();
      waiting += data.length;
      if (waiting < UPLOADED_AT_ONCE) continue;
      await backend.flush();
      waiting = 0;
    }
    return new RecordingStore(backend, shapes, { all, starts });
  }

  /** Whether all recordings lie on the device. */
  get onDevice(): boolean {
    return 'all' in this.source;
  }

  /** The windows of a plan over these recordings, [size, 1, bands, frames]. */
  windows(plan: WindowPlan): Tensor {
    const { size, attributes, levels } = plan;
    const columns = plan.plan.length / size;
    const crop = attributes.bands * attributes.frames;
    const placed = Int32Array.from(plan.plan);
    for (let row = 0; row < size; row++) {
      const at = row * columns;
      if ('all' in this.source) {
        placed[at + PLAN.offset] = this.source.starts[plan.recordings[row]!]!;
      } else {
        placed[at + PLAN.offset] = row * crop;
        placed[at + PLAN.start] = 0;
        placed[at + PLAN.frames] = attributes.frames;
      }
    }
    const { backend, source } = this;
    return noGrad(() =>
      scope(() => {
        const store = 'all' in source ? source.all : cropsOf(source, plan, backend);
        const inputs = [
          store,
          indices(placed, { backend }).reshape([size, columns]),
          tensor(levels, [size, LEVEL_COLUMNS], { backend }),
        ];
        return apply1('augmentWindows', inputs, attributes);
      }),
    );
  }

  dispose(): void {
    if ('all' in this.source) this.source.all.dispose();
  }
}

function checkBands(shapes: readonly (readonly [bands: number, frames: number])[]): void {
  const other = shapes.findIndex(([bands]) => bands !== shapes[0]![0]);
  if (other < 0) return;
  const message = `Recording ${other + 1} has ${shapes[other]![0]} bands, the first ${shapes[0]![0]}`;
  throw new RunError('store/bands', message, 'Compute all features with the same settings');
}

/** The windows themselves one after the other, not yet varied: a store for this plan alone. */
function cropsOf(recordings: readonly FeatureMap[], plan: WindowPlan, backend: Backend): Tensor {
  const { bands, frames } = plan.attributes;
  const columns = plan.plan.length / plan.size;
  const crops = new Float32Array(plan.size * bands * frames);
  for (let row = 0; row < plan.size; row++) {
    const start = plan.plan[row * columns + PLAN.start]!;
    copyWindow(recordings[plan.recordings[row]!]!, start, frames, crops, row * bands * frames);
  }
  return tensor(crops, [crops.length], { backend });
}

/** Bytes of the largest tensor a GPU takes. */
function largestTensor(backend: Backend): number {
  const { limits } = (backend as { adapter?: { limits?: Readonly<Record<string, number>> } }).adapter ?? {};
  const most = Math.min(limits?.maxBufferSize ?? 0, limits?.maxStorageBufferBindingSize ?? 0);
  return 256 * Math.floor(most / 256);
}
