/** Small parameters of dispatches: one buffer with a place of 256 bytes each, written once a batch. */
const UNIFORM = 0x40;
const COPY_DST = 0x08;
/** 32-bit fields that one dispatch may have. */
export const MOST_FIELDS = 64;
/** Of the parameters of one dispatch. */
export const PLACE_BYTES = 4 * MOST_FIELDS;

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
  private readonly device: GPUDevice;
  private readonly spare: UniformWriter[] = [];
  private buffer: GPUBuffer | null = null;

  constructor(device: GPUDevice) {
    this.device = device;
  }

  writer(): UniformWriter {
    return this.spare.pop() ?? new UniformWriter();
  }

  recycle(writer: UniformWriter): void {
    writer.clear();
    this.spare.push(writer);
  }

  /** Puts a batch's parameters on the device: the same buffer each time, unless it has become too small. */
  write(writer: UniformWriter): GPUBuffer {
    if (!this.buffer || this.buffer.size < writer.data.byteLength) {
      this.buffer?.destroy();
      this.buffer = this.device.createBuffer({
        size: writer.data.byteLength,
        usage: UNIFORM | COPY_DST,
        label: 'parameters',
      });
    }
    if (writer.length > 0) this.device.queue.writeBuffer(this.buffer, 0, writer.data, 0, writer.length);
    return this.buffer;
  }
}
