/** From WGSL sources to compute pipelines, made once, asynchronously. */
import { DeviceError } from '../../base/errors.ts';
import type { StorageType } from './buffer.ts';
import { type ShaderName, shaders } from './shaders.ts';

/** Which pipeline: a source with its placeholders, override constants and the types of its buffers. */
export interface ProgramSpec {
  readonly shader: ShaderName;
  /** What `$NAME` in the source stands for. */
  readonly defines: Readonly<Record<string, string | number>> | undefined;
  /** Values of `override` declarations. */
  readonly constants: Readonly<Record<string, number>> | undefined;
  readonly inputs: readonly StorageType[];
  readonly outputs: readonly StorageType[];
}

/** A pipeline that may still be in the making. */
export interface Program {
  readonly layout: GPUBindGroupLayout;
  pipeline: GPUComputePipeline | null;
  /** Resolves when `pipeline` is there; rejects with a DeviceError `webgpu/compile`. */
  readonly ready: Promise<void>;
}

export class Pipelines {
  private readonly device: GPUDevice;
  private readonly programs = new WeakMap<object, Map<ShaderName, Map<string | number, Program>>>();
  private readonly byName = new Map<string, Program>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** Pipelines asked for so far. */
  get count(): number {
    return this.byName.size;
  }

  /**
   * The pipeline of a specification. Placeholders that are the same object every time cost nothing to look up.
   * @param describe who asks, for errors
   */
  get(spec: ProgramSpec, describe: () => string): Program {
    const defines = spec.defines ?? NO_DEFINES;
    let sources = this.programs.get(defines);
    if (!sources) {
      sources = new Map();
      this.programs.set(defines, sources);
    }
    let programs = sources.get(spec.shader);
    if (!programs) {
      programs = new Map();
      sources.set(spec.shader, programs);
    }
    const rest = restOf(spec);
    let program = programs.get(rest);
    if (!program) {
      program = this.named(spec, describe);
      programs.set(rest, program);
    }
    return program;
  }

  /** By everything that it is made of, where its placeholders are a new object. */
  private named(spec: ProgramSpec, describe: () => string): Program {
    const name = nameOf(spec);
    let program = this.byName.get(name);
    if (!program) {
      program = this.create(spec, name, describe());
      this.byName.set(name, program);
    }
    return program;
  }

  private create(spec: ProgramSpec, key: string, user: string): Program {
    const { device } = this;
    const layout = this.bindGroupLayout(spec.inputs.length, spec.outputs.length);
    const code = assemble(spec, device.features.has('subgroups'));
    device.pushErrorScope('validation'); // What does not compile is reported by the pipeline, with its messages.
    const module = device.createShaderModule({ code, label: spec.shader });
    device.popErrorScope().catch(() => {});
    const made = device.createComputePipelineAsync({
      label: key,
      layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
      compute: { module, entryPoint: 'main', ...(spec.constants ? { constants: spec.constants } : {}) },
    });
    const ready = made.then(
      (pipeline) => {
        program.pipeline = pipeline;
      },
      async (error) => {
        const info = await module.getCompilationInfo().catch(() => ({ messages: [] }));
        const lines = code.split('\n');
        const places = info.messages
          .filter(({ type }) => type === 'error')
          .map(({ lineNum, message }) => `line ${lineNum}: ${message} in "${lines[lineNum - 1]?.trim()}"`);
        const reason = places.join('; ') || (error instanceof Error ? error.message : String(error));
        throw new DeviceError(
          'webgpu/compile',
          `webgpu: ${user}: the kernel ${spec.shader} does not compile: ${reason}`,
        );
      },
    );
    ready.catch(() => {}); // Whoever waits for it is told.
    const program: Program = { layout, pipeline: null, ready };
    return program;
  }

  private bindGroupLayout(inputs: number, outputs: number): GPUBindGroupLayout {
    const key = `${inputs},${outputs}`;
    let layout = this.layouts.get(key);
    if (!layout) {
      layout = this.device.createBindGroupLayout({
        label: `${inputs} inputs, ${outputs} outputs`,
        entries: Array.from({ length: inputs + outputs + 1 }, (_, binding) => ({
          binding,
          visibility: 4,
          buffer: { type: bufferType(binding, inputs, outputs) },
        })),
      });
      this.layouts.set(key, layout);
    }
    return layout;
  }
}

function bufferType(binding: number, inputs: number, outputs: number): GPUBufferBindingType {
  if (binding < inputs) return 'read-only-storage';
  return binding < inputs + outputs ? 'storage' : 'uniform';
}

/** What a pipeline is cached by besides its source and the identity of its placeholders. */
function restOf({ constants, inputs, outputs }: ProgramSpec): string | number {
  // A digit a buffer: cheap, and different for every choice of types and numbers of buffers.
  let types = inputs.length;
  for (const type of inputs) types = types * 3 + DIGITS[type];
  for (const type of outputs) types = types * 3 + DIGITS[type];
  types = types * 20 + outputs.length;
  if (!constants) return types;
  let key = `${types}`;
  for (const name in constants) key += ` ${name}:${constants[name]}`;
  return key;
}

const DIGITS: Readonly<Record<StorageType, number>> = { f32: 0, f16: 1, i32: 2 };
const NO_DEFINES = {};

function nameOf({ shader, defines, constants, inputs, outputs }: ProgramSpec): string {
  const all = { ...defines, ...constants };
  const values = Object.entries(all).map(([name, value]) => `${name}=${value}`);
  return [shader, ...values, `${inputs.join()}>${outputs.join()}`].join(' ');
}

/**
 * The source that is compiled: `alias T0 = f32;` and so on for the type of each buffer, inputs first; the libraries
 * named in `//!include` lines (`lib-<name>`, or `lib-<name>-subgroups` where the device has subgroups and there is
 * one); then the source with its placeholders filled.
 */
export function assemble(spec: ProgramSpec, subgroups: boolean): string {
  const types = [...spec.inputs, ...spec.outputs];
  const included: string[] = [];
  let usesSubgroups = false;
  const source = shaders[spec.shader].replace(/^\/\/!include (.*)$/gm, (_, names: string) => {
    for (const name of names.trim().split(/\s+/)) {
      const variant = `lib-${name}-subgroups` as ShaderName;
      const fast = subgroups && variant in shaders;
      usesSubgroups ||= fast;
      included.push(shaders[fast ? variant : (`lib-${name}` as ShaderName)]);
    }
    return '';
  });
  const enables = [types.includes('f16') ? 'f16' : '', usesSubgroups ? 'subgroups' : ''].filter(Boolean);
  const text = [
    enables.length > 0 ? `enable ${enables.join(', ')};` : '',
    ...types.map((type, i) => `alias T${i} = ${type};`),
    ...included,
    source,
  ].join('\n');
  const defines: ProgramSpec['defines'] = { ...spec.defines, PARAMS: types.length };
  return text.replace(/\$([A-Z][A-Z0-9_]*)/g, (_, name: string) => String(defines[name]));
}
