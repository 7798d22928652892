import { GRADES, gradeDb, TIMINGS } from './murmur.ts';
import { resolveSynthOptions, SYNTH_CLASSES, type SynthOptions } from './options.ts';

/** What the recordings are made after. */
export const SYNTH_CITATIONS = [
  'A. Almasi, M. B. Shamsollahi, L. Senhadji, "A dynamical model for generating synthetic phonocardiogram signals", ' +
    'Proc. 33rd Annual International Conference of the IEEE EMBS, Boston 2011, 5686-5689.',
  'P. E. McSharry, G. D. Clifford, L. Tarassenko, L. A. Smith, "A dynamical model for generating synthetic ' +
    'electrocardiogram signals", IEEE Transactions on Biomedical Engineering 50 (2003) 289-294.',
  'A. M. Weissler, W. S. Harris, C. D. Schoenfeld, "Systolic time intervals in heart failure in man", ' +
    'Circulation 37 (1968) 149-159.',
  'M. Abella, J. Formolo, D. G. Penney, "Comparison of the acoustic properties of six popular stethoscopes", ' +
    'Journal of the Acoustical Society of America 91 (1992) 2224-2228.',
] as const;

/** Everything needed to make the same recordings again. */
export function synthSettings(options: SynthOptions): Record<string, unknown> {
  const { classes, ...rest } = resolveSynthOptions(options);
  return { synthetic: true, model: 'almasi-2011', modelVersion: 1, classes: SYNTH_CLASSES[classes], ...rest };
}

/** The text that lies beside the recordings. */
export function synthNotes(options: SynthOptions): string {
  const { classes, ...settings } = synthSettings(options);
  const lines = [
    'NOT CLINICAL',
    '',
    'These heart sounds are computed. They were never in a chest, and nothing found in them, and no figure of a model',
    'trained or tested on them, says anything about patients. They are for trying programs and testing them against',
    'known answers.',
    '',
    'Model',
    '',
    'S1 (mitral, tricuspid) and S2 (aortic, pulmonary) are Gabor kernels on a phase that goes round once a beat [1].',
    'The length of a beat varies with breath and with Mayer waves of about 0.1 Hz [2]; systole follows the heart rate',
    '[3]: 486 ms less 2.1 ms for each beat a minute, from the onset of S1 to that of S2. S2 splits with inspiration.',
    'Loudness, pitch, phase and the split of S1 vary from beat to beat.',
    '',
    'A murmur is noise between two frequencies (-3 dB at both) under an envelope in every systole or diastole:',
    ...Object.entries(TIMINGS).map(
      ([name, [from, to]]) =>
        `  ${name.padEnd(6)} from ${Math.round(100 * from)} to ${Math.round(100 * to)} % of systole or diastole`,
    ),
    'Its level, the root mean square where it is loudest over the peak of M1 before the stethoscope, is, give or take',
    `2 dB, ${GRADES.map((grade) => `${'I II III IV V VI'.split(' ')[grade - 1]} ${gradeDb(grade)}`).join(', ')} dB.`,
    "Grades are what a listener hears, and no publication gives them in decibels: these steps are this program's.",
    ...(classes === SYNTH_CLASSES[2]
      ? ['About one normal subject in seven has an innocent murmur: faint, low, in early or mid systole.']
      : []),
    '',
    'Breath sounds, ambient noise, rubs of the stethoscope and at some sites power-line hum are added, so that the',
    'signal-to-noise ratio is what the truth says: power of S1 and S2 over that of all this. Bells amplify and',
    'diaphragms attenuate low frequencies, both attenuate high ones [4]; an electronic stethoscope passes 20-900 Hz.',
    'Sites differ in stethoscope, noise, level, offset, clipping, converter and share of abnormal subjects.',
    '',
    ...SYNTH_CITATIONS.map((citation, i) => `[${i + 1}] ${citation}`),
    '',
    'The form of the model is theirs; the numbers in it, where not named above, are of textbook order and chosen by',
    'this program.',
    '',
    'Files',
    '',
    'recordings/NAME.wav   16-bit mono',
    'labels.csv            record, path, label, subject, site',
    'truth/NAME.json       all that is known: beats with S1 and S2 in seconds, murmur, breath, noise, stethoscope',
    'truth/NAME.tsv        start, end, state (1 S1, 2 systole, 3 S2, 4 diastole), as in the CirCor data set',
    'synth.json            the settings below: the same settings give the same bytes on every machine',
    '',
    'Settings',
    '',
    `classes: ${(classes as readonly string[]).join(', ')}`,
    ...Object.entries(settings).map(([name, value]) => `${name}: ${String(value)}`),
  ];
  return `${lines.join('\n')}\n`;
}
