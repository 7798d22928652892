import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalValues } from 'pcg-engine';
import { LOG_MEL_DEFAULTS, LogMel, type LogMelSettings, logMel } from 'pcg-engine/dsp';
import { type Contestant, contest, type Missing } from './harness.ts';
import { writeFloats } from './network.ts';
import { glanceOf, type Question, ratioGoal } from './question.ts';
import { timed } from './timed.ts';

const settings: LogMelSettings = {
  ...LOG_MEL_DEFAULTS,
  ...{ sampleRate: 2000, nFft: 256, winLength: 256, hopLength: 32, bands: 64, fMin: 20, fMax: 900 },
};

export const logMelQuestion: Question = {
  name: 'log-mel',
  title: 'Log-mel spectrogram',
  method:
    '30 s of noise at 2 kHz, n_fft 256, hop 32, 64 Slaney bands over 20–900 Hz, in decibels, one thread. librosa keeps its ' +
    'filterbank as our plan does, or makes it anew in every call, as documented. Values agree within 1e-4 dB.',
  async *run(bench) {
    const signal = Float32Array.from(normalValues(30 * settings.sampleRate, { seed: 5 }), (v) => 0.1 * v);
    const plan = new LogMel(settings);
    const contestants: (Contestant | Missing)[] = [
      timed('pcg-engine, plan kept', () => plan.compute(signal)),
      timed('pcg-engine, plan made anew', () => logMel(signal, settings)),
    ];
    const python = await bench.python();
    // The one that does what ours does stands first: goals are judged on it.
    for (const planned of [true, false]) {
      const how = planned ? 'filterbank kept' : 'as documented';
      if (typeof python === 'string') {
        contestants.push({ name: `librosa, ${how}`, missing: python });
        continue;
      }
      const name = `librosa ${python.versions.librosa}, ${how}`;
      const input = writeFloats(bench.scratch, 'signal.f32', signal);
      const output = join(bench.scratch, 'log-mel.f32');
      await python.ask({ command: 'log-mel', input, settings, output, planned });
      const bytes = readFileSync(output);
      const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
      const ours = plan.compute(signal).data;
      const error = ours.reduce((worst, value, i) => Math.max(worst, Math.abs(value - theirs[i]!)), 0);
      contestants.push(
        ours.length === theirs.length && error <= 1e-4
          ? python.contestant(name, { task: 'log-mel', threads: 1, input, settings, planned })
          : { name, missing: `gives other values, off by ${error} dB` },
      );
    }
    const rows = await contest(contestants, bench);
    yield {
      title: 'Log-mel of 30 s at 2 kHz, 1 thread',
      rows,
      glance: glanceOf('Log-mel spectrogram of 30 s of sound', [rows[0]!, ...rows.slice(2)]),
      goals: [
        ratioGoal(rows, 'librosa', 1, 'faster than librosa'),
        ratioGoal(rows, 'librosa', 0.2, 'five times as fast'),
      ],
    };
  },
};
