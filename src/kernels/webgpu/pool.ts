/** Device memory, handed out again to whoever asks for the same size. */
import { DeviceError } from '../../base/errors.ts';

const STORAGE = 0x80;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;
const MAP_READ = 0x01;

/** A GPUBuffer of the pool. */
export interface Block {
  readonly id: number;
  readonly gpu: GPUBuffer;
  readonly bytes: number;
  /** Number of the last batch with a command that touches it: uploads must not overtake those. */
  batch: number;
}

/**
 * Buffers by size class, the one with the lowest number first: what a step gets depends only on what is live when
 * it begins, so that after a few steps every place gets the same buffer again and cached bind groups fit.
 */
export class Pool {
  private readonly device: GPUDevice;
  private readonly free = new Map<number, Block[]>();
  private readonly staging = new Map<number, GPUBuffer[]>();
  private readonly onError: (error: DeviceError) => void;
  private readonly describe: () => string;
  private next = 1;
  /** Buffers and bytes that the device was asked for so far. */
  created = 0;
  bytes = 0;

  /** @param describe who asks, for errors */
  constructor(device: GPUDevice, onError: (error: DeviceError) => void, describe: () => string) {
    this.device = device;
    this.onError = onError;
    this.describe = describe;
  }

  /**
   * @param submitted where given, no buffer that a batch after this one touches
   * @throws DeviceError `webgpu/memory` where the device cannot hold so much in one buffer
   */
  take(bytes: number, submitted = Number.POSITIVE_INFINITY): Block {
    const size = sizeClass(bytes);
    const free = this.free.get(size);
    const at = free ? free.findIndex((block) => block.batch <= submitted) : -1;
    if (at >= 0) return free!.splice(at, 1)[0]!;
    return { id: this.next++, gpu: this.createBlock(size, bytes), bytes: size, batch: 0 };
  }

  give(block: Block): void {
    const free = this.free.get(block.bytes);
    if (!free) {
      this.free.set(block.bytes, [block]);
      return;
    }
    let at = free.length;
    while (at > 0 && free[at - 1]!.id > block.id) at--;
    free.splice(at, 0, block);
  }

  /** A buffer that the host can read. */
  takeStaging(bytes: number): GPUBuffer {
    const size = sizeClass(bytes);
    const known = this.staging.get(size)?.pop();
    if (known) return known;
    return this.create(size, MAP_READ | COPY_DST, `readback of ${size} bytes`);
  }

  giveStaging(buffer: GPUBuffer): void {
    const known = this.staging.get(buffer.size);
    if (known) known.push(buffer);
    else this.staging.set(buffer.size, [buffer]);
  }

  private createBlock(size: number, wanted: number): GPUBuffer {
    const { maxBufferSize, maxStorageBufferBindingSize } = this.device.limits;
    const most = Math.min(maxBufferSize, maxStorageBufferBindingSize);
    if (size > most) {
      throw new DeviceError(
        'webgpu/memory',
        `webgpu: ${this.describe()}: a tensor of ${wanted} bytes does not fit, the device allows ${most} bytes a buffer`,
        'Use a smaller --batch-size, or --device cpu',
      );
    }
    return this.create(size, STORAGE | COPY_SRC | COPY_DST, `block ${this.next} of ${size} bytes`);
  }

  private create(size: number, usage: number, label: string): GPUBuffer {
    this.created++;
    this.bytes += size;
    this.device.pushErrorScope('out-of-memory');
    const buffer = this.device.createBuffer({ size, usage, label });
    const [inUse, user] = [this.bytes, this.describe()];
    this.device.popErrorScope().then(
      (error) => {
        if (!error) return;
        const message = `webgpu: ${user}: no memory for ${size} bytes beside the ${inUse - size} in use: ${error.message}`;
        this.onError(new DeviceError('webgpu/memory', message, 'Use a smaller --batch-size'));
      },
      () => {}, // The device was lost, which is reported elsewhere.
    );
    return buffer;
  }
}

/** The next of 2ⁿ and 1.5·2ⁿ, at least 256: at most a third of a buffer is unused. */
export function sizeClass(bytes: number): number {
  let size = 256;
  while (size < bytes) size *= 2;
  return size > 256 && size * 0.75 >= bytes ? size * 0.75 : size;
}
