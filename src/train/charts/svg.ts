/** SVG as text: elements, words and the sheet that holds a picture. */
import { printable } from '../recording.ts';

/** Okabe & Ito's palette (2008), distinct to colour-blind readers too. */
export const BLUE = '#0072B2';
export const VERMILION = '#D55E00';
export const GREEN = '#009E73';
export const PURPLE = '#CC79A7';
export const PALETTE = [BLUE, VERMILION, GREEN, PURPLE, '#E69F00', '#56B4E9', '#999999'];
/** For axes: seen on white and on black. */
export const GREY = '#808080';
export const INK = '#222222';
export const FONT_SIZE = 13;

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** An element; attributes that are undefined are left out. Content is markup, not text. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value!)}"`)
    .join('');
  return content === '' ? `<${name}${written}/>` : `<${name}${written}>${content}</${name}>`;
}

export interface TextStyle {
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly bold?: boolean;
  /** The sheet's ink, where it is left out. */
  readonly colour?: string;
  /** Read from bottom to top. */
  readonly upright?: boolean;
}

/** One line of words whose middle is at the height `y`. */
export function text(words: string, x: number, y: number, style: TextStyle = {}): string {
  const { anchor = 'start', size = FONT_SIZE, bold = false, colour, upright = false } = style;
  return element(
    'text',
    {
      x,
      y,
      // The middle of small letters and digits; `dominant-baseline` is not known to every viewer.
      dy: '.35em',
      'text-anchor': anchor === 'start' ? undefined : anchor,
      'font-size': size === FONT_SIZE ? undefined : size,
      'font-weight': bold ? 'bold' : undefined,
      fill: colour,
      transform: upright ? `rotate(-90 ${rounded(x)} ${rounded(y)})` : undefined,
    },
    escaped(printable(words)),
  );
}

export function line(x1: number, y1: number, x2: number, y2: number, more: Attributes = {}): string {
  return element('line', { x1, y1, x2, y2, stroke: GREY, ...more });
}

export function rect(x: number, y: number, width: number, height: number, more: Attributes = {}): string {
  return element('rect', { x, y, width, height, ...more });
}

export interface Sheet {
  /** CSS pixels; the picture scales with its frame. */
  readonly width: number;
  readonly height: number;
  /** What it shows, for those who do not see it: its name, and the figures in a sentence. */
  readonly title: string;
  readonly description: string;
  /** Without paper it lies on the page's and takes the colour of its text; otherwise it is legible anywhere. */
  readonly paper: boolean;
}

/** A document of its own, or a part of a page: it has no ids, styles or addresses but the name space. */
export function picture({ width, height, title, description, paper }: Sheet, parts: readonly string[]) {
  const named = [
    element('title', {}, escaped(printable(title))),
    element('desc', {}, escaped(printable(description))),
  ];
  const sheet = paper ? [rect(0, 0, width, height, { fill: '#ffffff' })] : [];
  const content = [...named, ...sheet, ...parts].join('\n');
  return element(
    'svg',
    {
      role: 'img',
      'aria-label': printable(title),
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${rounded(width)} ${rounded(height)}`,
      width,
      height,
      fill: paper ? INK : 'currentColor',
      'font-family': `${paper ? '' : 'system-ui, '}Helvetica, Arial, sans-serif`,
      'font-size': FONT_SIZE,
    },
    `\n${content}\n`,
  );
}

/** Room that words take up, px: about, since the font is the reader's. */
export function textWidth(words: string, size = FONT_SIZE): number {
  return columns(words) * size * 0.57;
}

/** Half-width columns that a text takes up; those of Chinese, Japanese and Korean are two wide. */
export function columns(words: string): number {
  return [...words].reduce(
    (sum, character) => sum + (/[\u1100-\u115f\u2e80-\uffdc]/.test(character) ? 2 : 1),
    0,
  );
}

/** A name in lines of at most `width` columns, broken after blanks, `_` and `-` where it can be; what is over is cut. */
export function wrapped(name: string, width: number, most: number): string[] {
  const lines = [''];
  const add = (piece: string) => {
    const line = lines.at(-1)! + piece;
    if (columns(line.trimEnd()) <= width) lines[lines.length - 1] = line;
    else if (columns(piece.trimEnd()) <= width) lines.push(piece);
    else {
      lines.push('');
      for (const character of piece) add(character);
    }
  };
  for (const piece of printable(name).match(/[^\s_-]*[\s_-]*/g) ?? []) if (piece !== '') add(piece);
  const shown = lines.map((line) => line.trim()).filter((line) => line !== '');
  if (shown.length <= most) return shown.length > 0 ? shown : [''];
  const last = [...shown[most - 1]!];
  while (columns(last.join('')) >= width) last.pop();
  return [...shown.slice(0, most - 1), `${last.join('')}…`];
}

function escaped(words: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return words.replace(/[&<>"]/g, (character) => names[character]!);
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
