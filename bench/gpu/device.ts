/** The GPU for everything here that is not the engine: kernels of our own, timed by timestamp queries. */
import { requestAdapter, requestDevice } from '../../src/kernels/webgpu/device.ts';
import { openGpu } from '../../src/kernels/webgpu/open.ts';
import { quantile } from '../harness.ts';

/**
 * Dawn rounds timestamps to 65,536 ns unless told not to. The same options for everybody in one process, so that
 * there is one instance.
 */
const EXACT_TIMESTAMPS = 'disable-dawn-features=timestamp_quantization';

export function dawnOptions(features: string): readonly string[] {
  return features ? [EXACT_TIMESTAMPS, `enable-dawn-features=${features}`] : [EXACT_TIMESTAMPS];
}

const [STORAGE, COPY_SRC, COPY_DST, MAP_READ, QUERY_RESOLVE] = [0x80, 4, 8, 1, 0x200];

export class Bare {
  readonly device: GPUDevice;

  private constructor(device: GPUDevice) {
    this.device = device;
  }

  static async open(dawn: readonly string[]): Promise<Bare> {
    await openGpu(dawn);
    const { adapter } = await requestAdapter({ dawn });
    const device = await requestDevice(adapter);
    if (!device.features.has('timestamp-query')) throw new Error('The adapter has no timestamp queries');
    return new Bare(device);
  }

  buffer(bytes: number): GPUBuffer {
    return this.device.createBuffer({ size: bytes, usage: STORAGE | COPY_SRC | COPY_DST });
  }

  async pipeline(code: string, constants: Record<string, number> = {}): Promise<GPUComputePipeline> {
    const module = this.device.createShaderModule({ code });
    return this.device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module, entryPoint: 'main', constants },
    });
  }

  bind(pipeline: GPUComputePipeline, buffers: readonly GPUBuffer[]): GPUBindGroup {
    return this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
    });
  }

  /** Nanoseconds of a pass with `repeat` dispatches: the median of `runs`, after one to warm up. */
  async time(
    pipeline: GPUComputePipeline,
    group: GPUBindGroup,
    workgroups: readonly [number, number],
    repeat = 1,
    runs = 9,
  ): Promise<number> {
    const { device } = this;
    const queries = device.createQuerySet({ type: 'timestamp', count: 2 });
    const resolved = device.createBuffer({ size: 16, usage: QUERY_RESOLVE | COPY_SRC });
    const staging = device.createBuffer({ size: 16, usage: MAP_READ | COPY_DST });
    const times: number[] = [];
    for (let run = -1; run < runs; run++) {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass({
        timestampWrites: { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 },
      });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      for (let i = 0; i < repeat; i++) pass.dispatchWorkgroups(...workgroups);
      pass.end();
      encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, staging, 0, 16);
      device.queue.submit([encoder.finish()]);
      await staging.mapAsync(MAP_READ);
      const [start, end] = new BigInt64Array(staging.getMappedRange());
      if (run >= 0) times.push(Number(end! - start!));
      staging.unmap();
    }
    for (const gone of [queries, resolved, staging]) gone.destroy();
    return quantile(times, 0.5);
  }

  async close(): Promise<void> {
    this.device.destroy();
    await this.device.lost;
  }
}
