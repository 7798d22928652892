import type { Buffer, DType } from '../backend.ts';
import type { Block, Pool } from './pool.ts';

/** How values lie in device memory. */
export type StorageType = 'f32' | 'f16' | 'i32';

/**
 * A tensor's memory. A block of the pool is taken when it is first used, because what is uploaded needs one that no
 * command waiting to be submitted touches.
 */
export class WebgpuBuffer implements Buffer {
  readonly owner: object;
  readonly count: number;
  readonly dtype: DType;
  storage: StorageType;
  live = true;
  private readonly pool: Pool;
  private readonly parent: WebgpuBuffer | null;
  /** First byte within the block. */
  readonly offset: number;
  private own: Block | null = null;

  constructor(
    owner: object,
    pool: Pool,
    count: number,
    dtype: DType,
    parent: WebgpuBuffer | null = null,
    offset = 0,
  ) {
    this.owner = owner;
    this.pool = pool;
    this.count = count;
    this.dtype = dtype;
    this.parent = parent;
    this.offset = offset;
    this.storage = parent?.storage ?? (dtype === 'int32' ? 'i32' : 'f32');
  }

  get isView(): boolean {
    return this.parent !== null;
  }

  get bytes(): number {
    return this.bytesOf(this.count);
  }

  /** What so many values take up. */
  bytesOf(count: number): number {
    return count * (this.storage === 'f16' ? 2 : 4);
  }

  get block(): Block {
    if (this.parent) return this.parent.block;
    this.own ??= this.pool.take(this.bytes);
    return this.own;
  }

  /** The block for an upload: none that a batch after `submitted` touches, unless it has one already. */
  blockForUpload(submitted: number): Block {
    if (this.parent) return this.parent.blockForUpload(submitted);
    this.own ??= this.pool.take(this.bytes, submitted);
    return this.own;
  }

  /** Changes how values will lie; what it held is lost. */
  become(storage: StorageType): void {
    if (storage === this.storage) return;
    this.release();
    this.storage = storage;
  }

  release(): void {
    if (this.own) this.pool.give(this.own);
    this.own = null;
  }
}
