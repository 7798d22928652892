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
  readonly id: number;
  readonly layout: GPUBindGroupLayout;
  pipeline: GPUComputePipeline | null;
  /** Resolves when `pipeline` is there; rejects with a DeviceError `webgpu/compile`. */
  readonly ready: Promise<void>;
}

export class Pipelines {
  private readonly device: GPUDevice;
  private readonly programs = new Map<string, Program>();
  private readonly layouts = new Map<string, GPUBindGroupLayout>();

  constructor(device: GPUDevice) {
    this.device = device;
  }

  /** Pipelines asked for so far. */
  get count(): number {
    return this.programs.size;
  }

  /** @param describe who asks, for errors */
  get(spec: ProgramSpec, describe: () => string): Program {
    const key = keyOf(spec);
    let program = this.programs.get(key);
    if (!program) {
      program = this.create(spec, key, describe());
      this.programs.set(key, program);
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
    const program: Program = { id: this.programs.size, layout, pipeline: null, ready };
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

/** Placeholders are mostly the same object every time: what they are written as is remembered. */
const written = new WeakMap<object, string>();

function write(values: Readonly<Record<string, string | number>>): string {
  let text = written.get(values);
  if (text === undefined) {
    text = '';
    for (const name in values) text += ` ${name}=${values[name]}`;
    written.set(values, text);
  }
  return text;
}

function keyOf({ shader, defines, constants, inputs, outputs }: ProgramSpec): string {
  let key: string = shader;
  if (defines) key += write(defines);
  for (const name in constants) key += ` ${name}:${constants[name]}`;
  key += ' ';
  for (const type of inputs) key += type;
  key += '>';
  for (const type of outputs) key += type;
  return key;
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
