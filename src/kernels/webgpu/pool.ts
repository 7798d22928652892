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
  /** Number of the last submission that uses it. */
  submission: number;
  /** Places that remember it. */
  readonly places: Set<number>;
  free: boolean;
}

/** Batches after which a block that none has used is given back: what was made for other shapes. */
const STALE_BATCHES = 64;

/** Blocks that a place remembers: what is alive from one step to the next takes turns between two of them. */
const REMEMBERED = 3;

/**
 * Buffers by size class. A place is the number of a `take` since the batch began; it gets a block that it had before,
 * so that a step that looks like the one before has the same buffers at the same places and its cached bind groups
 * fit. A new place gets one that is free and that no later place counts on: places that are never alive together share.
 */
export class Pool {
  private readonly device: GPUDevice;
  /** All blocks, by size. */
  private readonly blocks = new Map<number, Block[]>();
  private readonly staging = new Map<number, GPUBuffer[]>();
  private readonly onError: (error: DeviceError) => void;
  private readonly describe: () => string;
  /** What each place had, the last one first. */
  private readonly places: Block[][] = [];
  private place = 0;
  /** Bytes that one buffer can have. */
  private readonly most: number;
  private next = 1;
  /** Buffers and bytes that the device was asked for so far. */
  created = 0;
  bytes = 0;

  /** @param describe who asks, for errors */
  constructor(device: GPUDevice, onError: (error: DeviceError) => void, describe: () => string) {
    this.device = device;
    this.onError = onError;
    this.describe = describe;
    const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
    this.most = 256 * Math.floor(Math.min(maxBufferSize, maxStorageBufferBindingSize) / 256);
  }

  /**
   * @param submitted where given, no buffer that a batch after this one touches
   * @throws DeviceError `webgpu/memory` where the device cannot hold so much in one buffer
   */
  take(bytes: number, submitted = Number.POSITIVE_INFINITY): Block {
    const size = this.sizeFor(bytes);
    const place = this.place++;
    const known = (this.places[place] ??= []);
    const usable = (block: Block) => block.free && block.bytes === size && block.batch <= submitted;
    let block = known.find(usable);
    if (!block) {
      // A place that has been here before keeps what it gets now, so it takes nothing that others have turns with.
      const first = known.length === 0;
      const mine = (candidate: Block) =>
        usable(candidate) && (first ? !countedOn(candidate, place) : candidate.places.size === 0);
      block = this.blocks.get(size)?.find(mine) ?? this.createBlock(size, bytes);
      block.places.add(place);
      known.unshift(block);
      if (known.length > REMEMBERED) known.pop()!.places.delete(place);
    }
    block.free = false;
    return block;
  }

  give(block: Block): void {
    block.free = true;
  }

  /** A batch begins. Now and then blocks that have not been used for long are given back to the device. */
  begin(batch: number): void {
    this.place = 0;
    if (batch % STALE_BATCHES !== 0) return;
    for (const [size, blocks] of this.blocks) {
      const kept = blocks.filter((block) => !block.free || block.batch > batch - STALE_BATCHES);
      if (kept.length === blocks.length) continue;
      this.blocks.set(size, kept);
      for (const block of blocks) if (!kept.includes(block)) this.destroy(block);
    }
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

  private destroy(block: Block): void {
    for (const place of block.places) {
      const known = this.places[place]!;
      known.splice(known.indexOf(block), 1);
    }
    block.gpu.destroy();
    this.bytes -= block.bytes;
  }

  /** The size class, or the largest size there is where only the class is too large. */
  private sizeFor(bytes: number): number {
    const size = sizeClass(bytes);
    return size > this.most && bytes <= this.most ? this.most : size;
  }

  private createBlock(size: number, wanted: number): Block {
    const { most } = this;
    if (size > most) {
      throw new DeviceError(
        'webgpu/memory',
        `webgpu: ${this.describe()}: a tensor of ${wanted} bytes does not fit, the device allows ${most} bytes a buffer`,
        'Use a smaller --batch-size, or --device cpu',
      );
    }
    const id = this.next++;
    const gpu = this.create(size, STORAGE | COPY_SRC | COPY_DST, `block ${id} of ${size} bytes`);
    const block: Block = { id, gpu, bytes: size, batch: 0, submission: -1, places: new Set(), free: true };
    const others = this.blocks.get(size);
    if (others) others.push(block);
    else this.blocks.set(size, [block]);
    return block;
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

function countedOn(block: Block, after: number): boolean {
  for (const place of block.places) if (place > after) return true;
  return false;
}

/** The next of 2ⁿ and 1.5·2ⁿ, at least 256: at most a third of a buffer is unused. */
export function sizeClass(bytes: number): number {
  let size = 256;
  while (size < bytes) size *= 2;
  return size > 256 && size * 0.75 >= bytes ? size * 0.75 : size;
}
