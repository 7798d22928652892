/** Bind groups by what they bind, so that a step that looks like the one before makes none. */
import { DeviceError } from '../../base/errors.ts';
import type { Binding, DispatchCommand } from './queue.ts';

interface Remembered {
  readonly layout: GPUBindGroupLayout;
  readonly bindings: readonly Binding[];
  readonly group: GPUBindGroup;
}

export class BindGroups {
  private readonly device: GPUDevice;
  private readonly fail: (error: unknown) => void;
  private readonly known = new Map<string, GPUBindGroup>();
  private readonly layoutNumbers = new Map<GPUBindGroupLayout, number>();
  /** What the dispatch at the same place of the last batch used: mostly the same again. */
  private places: Remembered[] = [];
  private place = 0;

  constructor(device: GPUDevice, fail: (error: unknown) => void) {
    this.device = device;
    this.fail = fail;
  }

  /** Bind groups made so far. */
  get count(): number {
    return this.known.size;
  }

  /** A batch begins. */
  begin(): void {
    this.place = 0;
  }

  get(command: DispatchCommand): GPUBindGroup {
    const place = this.place++;
    const last = this.places[place];
    const { bindings } = command;
    const { layout } = command.program;
    if (last && last.layout === layout && same(last.bindings, bindings)) return last.group;
    const key = this.keyOf(layout, bindings);
    let group = this.known.get(key);
    if (!group) {
      group = this.create(command);
      this.known.set(key, group);
    }
    this.places[place] = { layout, bindings, group };
    return group;
  }

  private create({ bindings, program, describe }: DispatchCommand): GPUBindGroup {
    this.device.pushErrorScope('validation');
    const group = this.device.createBindGroup({
      layout: program.layout,
      entries: bindings.map(({ block, offset, size }, binding) => ({
        binding,
        resource: size === 0 ? { buffer: block.gpu } : { buffer: block.gpu, offset, size },
      })),
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

  private keyOf(layout: GPUBindGroupLayout, bindings: readonly Binding[]): string {
    let number = this.layoutNumbers.get(layout);
    if (number === undefined) {
      number = this.layoutNumbers.size;
      this.layoutNumbers.set(layout, number);
    }
    let key = `${number}`;
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
