/** Times every dispatch on the device (timestamp queries). */
import { StateError } from '../../base/errors.ts';
import type { DispatchCommand } from './queue.ts';

const QUERY_RESOLVE = 0x200;
const COPY_SRC = 0x04;
const COPY_DST = 0x08;
const MAP_READ = 0x01;
/** Dispatches of one submission that are timed; a query set holds 4,096 queries. */
const MOST = 2048;

/** One dispatch as it ran. */
export interface Timing {
  readonly op: string;
  /** Op and shapes. */
  readonly what: string;
  readonly nanoseconds: number;
}

export class Profiler {
  private readonly device: GPUDevice;
  private readonly queries: GPUQuerySet;
  private readonly resolved: GPUBuffer;
  private commands: DispatchCommand[] = [];
  private staging: GPUBuffer | null = null;
  private pending: Promise<void>[] = [];
  private timings: Timing[] = [];
  private missed = false;

  constructor(device: GPUDevice) {
    this.device = device;
    this.queries = device.createQuerySet({ type: 'timestamp', count: 2 * MOST });
    this.resolved = device.createBuffer({ size: 16 * MOST, usage: QUERY_RESOLVE | COPY_SRC });
  }

  /** How the pass of this dispatch begins. */
  next(command: DispatchCommand): GPUComputePassDescriptor | undefined {
    const i = this.commands.length;
    if (i === MOST) {
      this.missed = true;
      return undefined;
    }
    this.commands.push(command);
    return {
      timestampWrites: {
        querySet: this.queries,
        beginningOfPassWriteIndex: 2 * i,
        endOfPassWriteIndex: 2 * i + 1,
      },
    };
  }

  /** Ends a submission's encoder. */
  resolve(encoder: GPUCommandEncoder): void {
    const count = this.commands.length;
    if (count === 0) return;
    const size = 16 * count;
    this.staging?.destroy(); // Of a batch that was submitted in parts: the last has all of it.
    this.staging = this.device.createBuffer({ size, usage: MAP_READ | COPY_DST });
    encoder.resolveQuerySet(this.queries, 0, 2 * count, this.resolved, 0);
    encoder.copyBufferToBuffer(this.resolved, 0, this.staging, 0, size);
  }

  /** Reads what was resolved, after its submission. */
  async collect(): Promise<void> {
    const { staging, commands } = this;
    if (!staging) return;
    this.staging = null;
    this.commands = [];
    const read = staging.mapAsync(1).then(() => {
      const times = new BigInt64Array(staging.getMappedRange());
      for (const [i, { op, describe }] of commands.entries()) {
        const nanoseconds = Number(times[2 * i + 1]! - times[2 * i]!);
        this.timings.push({ op, what: describe(), nanoseconds });
      }
      staging.unmap();
      staging.destroy();
    });
    this.pending.push(read);
    await read;
  }

  /** What was timed since it was last asked for. */
  async take(): Promise<Timing[]> {
    await Promise.all(this.pending);
    this.pending = [];
    if (this.missed) {
      const message = `webgpu: a batch had more than the ${MOST} dispatches that can be timed`;
      throw new StateError('webgpu/profile', message, 'Call flush() more often');
    }
    const { timings } = this;
    this.timings = [];
    return timings;
  }
}
