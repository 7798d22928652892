/** From recorded commands to submissions: one encoder and one compute pass a batch, nothing created twice. */
import { DeviceError } from '../../base/errors.ts';
import { BindGroups } from './bindgroups.ts';
import type { Program } from './pipelines.ts';
import type { Block } from './pool.ts';
import type { Profiler } from './profiler.ts';
import type { Uniforms, UniformWriter } from './uniforms.ts';

export interface DispatchCommand {
  readonly kind: 'dispatch';
  readonly program: Program;
  readonly bindings: readonly Binding[];
  /** Where its uniform lies in the batch's. */
  readonly uniform: number;
  readonly workgroups: readonly [number, number, number];
  /** Who runs it: for errors and profiles. */
  readonly op: string;
  readonly describe: () => string;
}

/** A block, or a part of one. */
export interface Binding {
  readonly block: Block;
  readonly offset: number;
  /** Bytes; 0 for the whole block. */
  readonly size: number;
}

interface UploadCommand {
  readonly kind: 'upload';
  readonly block: Block;
  readonly offset: number;
  readonly data: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

interface ReadCommand {
  readonly kind: 'read';
  readonly block: Block;
  readonly offset: number;
  readonly bytes: number;
  readonly staging: GPUBuffer;
}

export type Command = DispatchCommand | UploadCommand | ReadCommand;

/** Commands that will be submitted together. */
export interface Batch {
  readonly number: number;
  readonly commands: Command[];
  readonly uniforms: UniformWriter;
  /** Pipelines still in the making. */
  readonly waiting: Set<Program>;
}

/** Batches that may be on the device before `flush` waits for one. */
const IN_FLIGHT = 4;

export class Queue {
  private readonly device: GPUDevice;
  private readonly uniforms: Uniforms;
  private readonly bindGroups: BindGroups;
  private readonly profiler: Profiler | null;
  private readonly fail: (error: unknown) => void;
  /** Called when a batch begins. */
  private readonly onBatch: (batch: number) => void;
  private current: Batch;
  /** Set while an earlier batch waits for its pipelines. */
  private tail: Promise<void> | null = null;
  private inFlight: Promise<unknown>[] = [];
  /** Resolves when it is known whether what has been submitted is valid; `fail` has been told by then. */
  verdict: Promise<void> = Promise.resolve();
  /** Number of the last batch that was submitted. */
  submitted = 0;
  /** Submissions so far: also the number of the one being encoded. */
  submits = 0;
  dispatches = 0;

  constructor(
    device: GPUDevice,
    uniforms: Uniforms,
    profiler: Profiler | null,
    fail: (error: unknown) => void,
    onBatch: (batch: number) => void,
  ) {
    this.onBatch = onBatch;
    this.device = device;
    this.uniforms = uniforms;
    this.profiler = profiler;
    this.fail = fail;
    this.bindGroups = new BindGroups(device, fail);
    this.current = this.newBatch(1);
  }

  get bindGroupCount(): number {
    return this.bindGroups.count;
  }

  /** The batch that commands go to now. */
  get batch(): Batch {
    return this.current;
  }

  /**
   * Submits what has been recorded, at once where all pipelines are there. Resolves when it is submitted and not
   * too much is on the device; errors reach `fail` as well, so that nobody needs to wait for it.
   */
  flush(): Promise<void> {
    const { current } = this;
    if (current.commands.length === 0) return this.tail ?? this.backpressure();
    this.current = this.newBatch(current.number + 1);
    if (!this.tail && current.waiting.size === 0) {
      this.encode(current);
      return this.backpressure();
    }
    const earlier = this.tail ?? Promise.resolve();
    const tail = earlier
      .then(() => Promise.all([...current.waiting].map((program) => program.ready)))
      .then(() => this.encode(current))
      .catch(this.fail)
      .then(() => {
        if (this.tail === tail) this.tail = null;
        return this.backpressure();
      });
    this.tail = tail;
    return tail;
  }

  private newBatch(number: number): Batch {
    this.onBatch(number);
    return { number, commands: [], uniforms: this.uniforms.writer(), waiting: new Set() };
  }

  private async backpressure(): Promise<void> {
    while (this.inFlight.length > IN_FLIGHT) await this.inFlight.shift();
  }

  private encode(batch: Batch): void {
    const { device } = this;
    let encoder = device.createCommandEncoder();
    let pass: GPUComputePassEncoder | null = null;
    let program: Program | null = null;
    const endPass = () => {
      pass?.end();
      pass = null;
      program = null;
    };
    const submit = () => {
      endPass();
      this.profiler?.resolve(encoder);
      device.queue.submit([encoder.finish()]);
      this.submits++;
    };
    device.pushErrorScope('validation');
    this.bindGroups.begin(this.uniforms.write(batch.uniforms));
    for (const command of batch.commands) {
      if (command.kind === 'upload') {
        // Writes happen before what is submitted after them: what uses the old values must go first.
        if (command.block.submission === this.submits) {
          submit();
          encoder = device.createCommandEncoder();
        }
        device.queue.writeBuffer(command.block.gpu, command.offset, command.data);
      } else if (command.kind === 'read') {
        endPass();
        encoder.copyBufferToBuffer(command.block.gpu, command.offset, command.staging, 0, command.bytes);
        command.block.submission = this.submits;
      } else {
        if (this.profiler) endPass();
        pass ??= encoder.beginComputePass(this.profiler?.next(command));
        if (program !== command.program) pass.setPipeline(command.program.pipeline!);
        program = command.program;
        pass.setBindGroup(0, this.bindGroups.get(command));
        const [x, y, z] = command.workgroups;
        pass.dispatchWorkgroups(x, y, z);
        for (const { block } of command.bindings) block.submission = this.submits;
        this.dispatches++;
      }
    }
    submit();
    const verdict = device.popErrorScope().then(
      async (error) => {
        if (error) this.fail(await this.blame(batch.commands, error.message));
      },
      () => {}, // The device was lost, which is reported elsewhere.
    );
    this.verdict = this.verdict.then(() => verdict);
    this.submitted = batch.number;
    this.uniforms.recycle(batch.uniforms);
    this.inFlight.push(device.queue.onSubmittedWorkDone().catch(() => {}));
    this.profiler?.collect().catch(this.fail);
  }

  /** Which dispatch of a batch is not valid: each is encoded once more, for itself, and not submitted. */
  private async blame(commands: readonly Command[], message: string): Promise<DeviceError> {
    const { device } = this;
    let who = '';
    for (const command of commands) {
      if (command.kind !== 'dispatch') continue;
      device.pushErrorScope('validation');
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(command.program.pipeline!);
      pass.setBindGroup(0, this.bindGroups.get(command));
      pass.dispatchWorkgroups(...command.workgroups);
      pass.end();
      encoder.finish();
      const error = await device.popErrorScope().catch(() => null);
      if (!error) continue;
      who = `${command.describe()}: `;
      break;
    }
    return new DeviceError('webgpu/validation', `webgpu: ${who}${message}`, 'This is an error in a kernel');
  }
}

/** @param last what was asked of it last */
export function lost(reason: string, last: string): DeviceError {
  return new DeviceError(
    'webgpu/lost',
    `webgpu: the device was lost${last ? ` (last asked for: ${last})` : ''}: ${reason}`,
    'Start again, or use --device cpu',
  );
}
