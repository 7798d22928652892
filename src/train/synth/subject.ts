import type { Draws } from '../draws.ts';
import type { Kernel, Valves } from './heart-sounds.ts';
import { type Grade, gradeDb, type Murmur, type Phase, type Shape, type Timing } from './murmur.ts';
import type { ResolvedOptions } from './options.ts';
import type { Site } from './sites.ts';

/** What stays the same from one recording of a subject to the next. */
export interface Subject {
  readonly label: number;
  /** Beats a minute. */
  readonly rate: number;
  /** Seconds a breath. */
  readonly breath: number;
  readonly respiratoryDepth: number;
  readonly mayerDepth: number;
  readonly valves: Valves;
  readonly murmur: Murmur | null;
}

interface Kind {
  readonly phase: Phase;
  readonly timing: Timing;
  readonly shape: Shape;
  /** Ranges from which the edges of the band are drawn, Hz. */
  readonly low: readonly [number, number];
  readonly high: readonly [number, number];
}

/** The textbook's kinds of murmurs; what usually makes them is said to find them there, not to claim it. */
const KINDS: Readonly<Record<Phase, readonly Kind[]>> = {
  systolic: [
    // Ejection through a narrow valve.
    { phase: 'systolic', timing: 'mid', shape: 'diamond', low: [80, 140], high: [260, 400] },
    // Mitral or tricuspid regurgitation.
    { phase: 'systolic', timing: 'holo', shape: 'plateau', low: [110, 180], high: [350, 500] },
    { phase: 'systolic', timing: 'early', shape: 'decrescendo', low: [90, 150], high: [300, 450] },
    // Mitral valve prolapse.
    { phase: 'systolic', timing: 'late', shape: 'crescendo', low: [120, 180], high: [320, 460] },
  ],
  diastolic: [
    // Aortic or pulmonary regurgitation.
    { phase: 'diastolic', timing: 'early', shape: 'decrescendo', low: [130, 200], high: [380, 520] },
    { phase: 'diastolic', timing: 'holo', shape: 'decrescendo', low: [120, 180], high: [360, 500] },
    // The rumble of a narrow mitral valve.
    { phase: 'diastolic', timing: 'mid', shape: 'diamond', low: [50, 70], high: [150, 220] },
    { phase: 'diastolic', timing: 'late', shape: 'crescendo', low: [55, 75], high: [160, 230] },
  ],
};

/** Grades of murmurs that make a recording abnormal, in a hundred subjects. */
const GRADE_SHARES: readonly (readonly [Grade, number])[] = [
  [1, 8],
  [2, 24],
  [3, 34],
  [4, 22],
  [5, 9],
  [6, 3],
];

/** Share of normal subjects with an innocent murmur. */
const INNOCENT = 0.15;

/**
 * @param person number of the subject, from 0; sites take turns. Within a site classes go round in cycles of ten, and
 *   phases of murmurs in cycles of five, each site from another place on, so that small sets have all of them.
 */
export function drawSubject(draws: Draws, site: Site, person: number, options: ResolvedOptions): Subject {
  const [turn, place] = [Math.floor(person / options.sites), person % options.sites];
  const abnormal = (7 * turn + 4 * place + 3) % 10 < site.abnormalOfTen;
  const phase: Phase = (3 * turn + place + 1) % 5 < 2 ? 'diastolic' : 'systolic';
  const rate = draws.uniform(55, 95);
  const breath = draws.uniform(3, 5);
  const respiratoryDepth = draws.uniform(0.01, 0.06);
  const mayerDepth = draws.uniform(0.005, 0.03);
  const valves = drawValves(draws);
  const pathological = drawMurmur(draws, phase, options);
  const innocent = draws.uniform() < INNOCENT;
  const faint = drawInnocent(draws);
  return {
    label: abnormal ? (options.classes === 2 || phase === 'diastolic' ? 1 : 2) : 0,
    rate,
    breath,
    respiratoryDepth,
    mayerDepth,
    valves,
    // Three classes are about murmurs alone: there `absent` means that there is none.
    murmur: abnormal ? pathological : innocent && options.classes === 2 ? faint : null,
  };
}

/** S1 is 80 to 110 ms long and S2 60 to 90 ms, with most of their energy between 30 and 110 Hz. */
function drawValves(draws: Draws): Valves {
  const kernel = (
    level: readonly [number, number],
    width: readonly [number, number],
    frequency: readonly [number, number],
  ): Kernel => ({
    level: draws.uniform(...level),
    width: draws.uniform(...width),
    frequency: draws.uniform(...frequency),
    phase: draws.uniform(0, 6.283185307179586),
  });
  const s2 = draws.uniform(0.5, 1);
  const out = draws.uniform(0.008, 0.018);
  return {
    m1: kernel([1, 1], [0.013, 0.018], [38, 60]),
    t1: kernel([0.4, 0.7], [0.007, 0.011], [65, 110]),
    a2: kernel([s2, s2], [0.009, 0.013], [50, 85]),
    p2: kernel([0.4 * s2, 0.7 * s2], [0.007, 0.01], [60, 100]),
    split1: draws.uniform(0.018, 0.032),
    split2: [out, out + draws.uniform(0.012, 0.03)],
  };
}

function drawMurmur(draws: Draws, phase: Phase, options: ResolvedOptions): Murmur {
  const kinds = KINDS[phase];
  const kind = kinds[draws.integer(kinds.length)]!;
  const grade = options.grade ?? drawGrade(draws.integer(100));
  return {
    phase,
    timing: options.timing ?? kind.timing,
    shape: options.shape ?? kind.shape,
    grade,
    band: [draws.uniform(...kind.low), draws.uniform(...kind.high)],
    levelDb: gradeDb(grade) + draws.uniform(-2, 2),
    innocent: false,
  };
}

/** The grade at a place of a hundred. */
function drawGrade(place: number): Grade {
  let left = place;
  for (const [grade, share] of GRADE_SHARES) {
    if (left < share) return grade;
    left -= share;
  }
  return 6;
}

/** A faint, low murmur in the first half of systole, as many healthy people have. */
function drawInnocent(draws: Draws): Murmur {
  const grade: Grade = draws.uniform() < 0.5 ? 1 : 2;
  return {
    phase: 'systolic',
    timing: draws.uniform() < 0.5 ? 'early' : 'mid',
    shape: 'diamond',
    grade,
    band: [draws.uniform(60, 90), draws.uniform(150, 220)],
    levelDb: gradeDb(grade) + draws.uniform(-2, 2),
    innocent: true,
  };
}
