/** Small parameters of dispatches: one buffer with a place of 256 bytes each, written once a batch. */
const UNIFORM = 0x40;
const COPY_DST = 0x08;
/** 32-bit fields that one dispatch may have. */
export const MOST_FIELDS = 64;
const PLACE_BYTES = 4 * MOST_FIELDS;

/** The parameters of one batch, in host memory. */
export class UniformWriter {
  private bytes = new ArrayBuffer(256 * PLACE_BYTES);
  private words = new Int32Array(this.bytes);
  private floats = new Float32Array(this.bytes);
  private places = 0;

  get data(): ArrayBuffer {
    return this.bytes;
  }

  get length(): number {
    return this.places * PLACE_BYTES;
  }

  /** @returns where they lie */
  add(integers: readonly number[], floats: readonly number[]): number {
    if (this.length === this.bytes.byteLength) this.grow();
    let at = this.places * MOST_FIELDS;
    const offset = this.places++ * PLACE_BYTES;
    // Whole numbers up to 2³² − 1 wrap into the same bits.
    for (let i = 0; i < integers.length; i++) this.words[at++] = integers[i]! | 0;
    for (let i = 0; i < floats.length; i++) this.floats[at++] = floats[i]!;
    return offset;
  }

  clear(): void {
    this.places = 0;
  }

  private grow(): void {
    const before = this.words;
    this.bytes = new ArrayBuffer(2 * this.bytes.byteLength);
    this.words = new Int32Array(this.bytes);
    this.floats = new Float32Array(this.bytes);
    this.words.set(before);
  }
}

export class Uniforms {
  readonly layout: GPUBindGroupLayout;
  private readonly device: GPUDevice;
  private readonly spare: UniformWriter[] = [];
  private buffer: GPUBuffer | null = null;
  private group: GPUBindGroup | null = null;

  constructor(device: GPUDevice) {
    this.device = device;
    this.layout = device.createBindGroupLayout({
      label: 'parameters',
      entries: [{ binding: 0, visibility: 4, buffer: { type: 'uniform', hasDynamicOffset: true } }],
    });
  }

  writer(): UniformWriter {
    return this.spare.pop() ?? new UniformWriter();
  }

  recycle(writer: UniformWriter): void {
    writer.clear();
    this.spare.push(writer);
  }

  /** Puts a batch's parameters where the group that is returned, bound with a dispatch's offset, shows them. */
  write(writer: UniformWriter): GPUBindGroup {
    if (!this.buffer || !this.group || this.buffer.size < writer.data.byteLength) {
      this.buffer?.destroy();
      this.buffer = this.device.createBuffer({
        size: writer.data.byteLength,
        usage: UNIFORM | COPY_DST,
        label: 'parameters',
      });
      this.group = this.device.createBindGroup({
        layout: this.layout,
        entries: [{ binding: 0, resource: { buffer: this.buffer, size: PLACE_BYTES } }],
      });
    }
    if (writer.length > 0) this.device.queue.writeBuffer(this.buffer, 0, writer.data, 0, writer.length);
    return this.group;
  }
}
