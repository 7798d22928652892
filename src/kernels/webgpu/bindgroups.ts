/** Bind groups by what they bind, so that a step that looks like the one before makes none. */
import { DeviceError } from '../../base/errors.ts';
import type { Binding, DispatchCommand } from './queue.ts';
import { PLACE_BYTES } from './uniforms.ts';

/** Bind groups kept at most: whoever works with ever new shapes starts over now and then. */
const MOST_KNOWN = 16_384;

interface Remembered {
  readonly layout: GPUBindGroupLayout;
  readonly uniform: number;
  readonly bindings: readonly Binding[];
  readonly group: GPUBindGroup;
}

export class BindGroups {
  private readonly device: GPUDevice;
  private readonly fail: (error: unknown) => void;
  private readonly known = new Map<string, GPUBindGroup>();
  private readonly layoutNumbers = new Map<GPUBindGroupLayout, number>();
  /**
   * What the dispatches at the same place of the last two batches used, the latest first: mostly one of them again,
   * since what is alive from one step to the next takes turns between two buffers.
   */
  private places: Remembered[][] = [];
  private place = 0;
  private parameters: GPUBuffer | null = null;
  /** Bind groups made so far. */
  count = 0;

  constructor(device: GPUDevice, fail: (error: unknown) => void) {
    this.device = device;
    this.fail = fail;
  }

  /** A batch begins. @param parameters where the uniforms of its dispatches lie */
  begin(parameters: GPUBuffer): void {
    this.place = 0;
    if (this.parameters === parameters && this.known.size < MOST_KNOWN) return;
    this.parameters = parameters;
    this.known.clear();
    this.places = [];
  }

  get(command: DispatchCommand): GPUBindGroup {
    const last = (this.places[this.place++] ??= []);
    const { bindings, uniform } = command;
    const { layout } = command.program;
    for (const known of last) {
      const again = known.layout === layout && known.uniform === uniform;
      if (again && same(known.bindings, bindings)) return known.group;
    }
    const key = this.keyOf(layout, uniform, bindings);
    let group = this.known.get(key);
    if (!group) {
      group = this.create(command);
      this.known.set(key, group);
    }
    last.unshift({ layout, uniform, bindings, group });
    if (last.length > 2) last.pop();
    return group;
  }

  private create({ bindings, uniform, program, describe }: DispatchCommand): GPUBindGroup {
    this.count++;
    this.device.pushErrorScope('validation');
    const group = this.device.createBindGroup({
      layout: program.layout,
      entries: [
        ...bindings.map(({ block, offset, size }, binding) => ({
          binding,
          resource: size === 0 ? { buffer: block.gpu } : { buffer: block.gpu, offset, size },
        })),
        {
          binding: bindings.length,
          resource: { buffer: this.parameters!, offset: uniform, size: PLACE_BYTES },
        },
      ],
    });
    const user = describe;
    this.device.popErrorScope().then(
      (error) => {
        if (error) this.fail(new DeviceError('webgpu/validation', `webgpu: ${user()}: ${error.message}`));
      },
      () => {}, // The device was lost, which is reported elsewhere.
    );
    return group;
  }

  private keyOf(layout: GPUBindGroupLayout, uniform: number, bindings: readonly Binding[]): string {
    let number = this.layoutNumbers.get(layout);
    if (number === undefined) {
      number = this.layoutNumbers.size;
      this.layoutNumbers.set(layout, number);
    }
    let key = `${number} ${uniform}`;
    for (const { block, offset, size } of bindings) {
      key += size === 0 ? ` ${block.id}` : ` ${block.id}@${offset}+${size}`;
    }
    return key;
  }
}

function same(a: readonly Binding[], b: readonly Binding[]): boolean {
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x.block !== y.block || x.offset !== y.offset || x.size !== y.size) return false;
  }
  return true;
}
