import { afterEach, expect, it, vi } from 'vitest';
import { butterworthBandPass, filterZeroPhase } from '../../src/dsp/filter.ts';
import { LOG_MEL_DEFAULTS, LogMel } from '../../src/dsp/logmel.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const settings = {
  sampleRate: 2000,
  nFft: 256,
  hopLength: 64,
  winLength: 256,
  bands: 32,
  fMin: 25,
  fMax: 1000,
};
const logMel = new LogMel({ ...LOG_MEL_DEFAULTS, ...settings });
const sections = butterworthBandPass(4, 25, 400, 2000);
const short = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i / 9));

it.each([
  ['band-pass', (x: Float32Array) => filterZeroPhase(sections, x)],
  ['log-mel', (x: Float32Array) => logMel.compute(x).data],
])('%s: a recording that memory has no room for leaves none of its marks', (_, make) => {
  const before = make(short);
  const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(() => {
    throw new RangeError('WebAssembly.Memory.grow(): Unable to grow instance memory');
  });
  expect(() => make(new Float32Array(3e6))).toThrow(expect.objectContaining({ code: 'dsp/too-long' }));
  expect(make(short)).toEqual(before);
  grow.mockRestore();
  expect(make(short)).toEqual(before);
});
