/** Choosing an adapter and opening a device with everything of it that kernels can use. */
import { DeviceError } from '../../base/errors.ts';
import { openGpu } from './open.ts';

export interface WebgpuOptions {
  /** Refuse adapters that compute on the processor (lavapipe, SwiftShader, WARP). */
  readonly realOnly?: boolean;
  /**
   * What not to use although the adapter has it: features, or limits above those that every adapter has. For tests of
   * what then happens.
   */
  readonly without?: readonly ('subgroups' | 'shader-f16' | 'timestamp-query' | 'limits')[];
  /** Activations of the forward pass in float16; everything else, weights and sums included, stays float32. */
  readonly storage?: 'f32' | 'f16';
  /** Measures every dispatch with timestamps: each gets a pass of its own, which is slower. */
  readonly profile?: boolean;
  /** Options of Dawn in Node, such as `backend=null`. */
  readonly dawn?: readonly string[];
}

/** For people and for run records. */
export interface AdapterDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  /** With Dawn: the driver. */
  readonly driver: string;
  /** Whether it computes on the processor. */
  readonly software: boolean;
  readonly subgroups: readonly [smallest: number, largest: number] | null;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

const FEATURES = ['shader-f16', 'subgroups', 'timestamp-query'] as const;

/** What kernels may need more of than WebGPU's defaults give. */
export const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
  'minUniformBufferOffsetAlignment',
] as const;

/** @throws DeviceError `webgpu/missing`, `webgpu/binding`, `webgpu/no-adapter`, `webgpu/software` */
export async function requestAdapter(
  options: WebgpuOptions = {},
): Promise<{ adapter: GPUAdapter; description: AdapterDescription }> {
  const gpu = await openGpu(options.dawn);
  let adapter: GPUAdapter | null = null;
  try {
    adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  } catch {
    // Dawn throws where it finds no backend at all: the same as finding no adapter.
  }
  if (!adapter) {
    throw new DeviceError(
      'webgpu/no-adapter',
      'webgpu: no adapter (no GPU, or no driver for one)',
      'Use --device cpu',
    );
  }
  const description = describe(factsOf(adapter));
  if (options.realOnly && description.software) {
    throw new DeviceError(
      'webgpu/software',
      `webgpu: the only adapter is ${describeAdapter(description)}, which computes on the processor`,
      'Use --device cpu, which is faster, or --device webgpu to have it all the same',
    );
  }
  return { adapter, description };
}

function factsOf({ info, features, limits }: GPUAdapter): AdapterFacts {
  return { info, features, limits: limits as unknown as AdapterFacts['limits'] };
}

/** @throws DeviceError `webgpu/device` if the adapter gives none */
export async function requestDevice(
  adapter: GPUAdapter,
  without: readonly string[] = [],
): Promise<GPUDevice> {
  const requiredFeatures = FEATURES.filter(
    (feature) => adapter.features.has(feature) && !without.includes(feature),
  );
  const limits = without.includes('limits') ? [] : LIMITS;
  const requiredLimits = Object.fromEntries(limits.map((name) => [name, adapter.limits[name]]));
  try {
    return await adapter.requestDevice({ label: 'pcg-engine', requiredFeatures, requiredLimits });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new DeviceError('webgpu/device', `webgpu: the adapter gives no device: ${reason}`);
  }
}

/** What is known of an adapter, as `GPUAdapter` has it or as it was told by another process. */
export interface AdapterFacts {
  readonly info: Partial<GPUAdapterInfo>;
  readonly features: Iterable<string>;
  readonly limits: Readonly<Partial<Record<string, number>>>;
}

export function describe({ info, features, limits }: AdapterFacts): AdapterDescription {
  const { vendor = '', architecture = '', device = '', description = '' } = info;
  const text = `${vendor} ${architecture} ${device} ${description}`.toLowerCase();
  const smallest = info.subgroupMinSize ?? 0;
  const names = [...features].sort();
  return {
    vendor,
    architecture,
    device,
    driver: description,
    // `isFallbackAdapter` came late to the specification; the names are a second look.
    software:
      (info.isFallbackAdapter ?? false) ||
      /swiftshader|llvmpipe|lavapipe|software|warp|basic render/.test(text),
    subgroups: names.includes('subgroups') ? [smallest, info.subgroupMaxSize ?? smallest] : null,
    features: names,
    limits: Object.fromEntries(LIMITS.map((name) => [name, limits[name] ?? 0])),
  };
}

/** What people call it: the device where it has a name, else who made it. */
export function nameOf({ vendor, architecture, device }: AdapterDescription): string {
  return device.replace(/-+$/, '') || [vendor, architecture].filter(Boolean).join(' ') || 'unnamed adapter';
}

/** One line: name and driver. */
export function describeAdapter(adapter: AdapterDescription): string {
  const { driver } = adapter;
  return driver ? `${nameOf(adapter)}, ${driver}` : nameOf(adapter);
}
