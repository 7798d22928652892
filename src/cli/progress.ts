import type { Io } from './io.ts';
import { isTerminal, type Style, styleFor } from './style.ts';
import { widthOf } from './table.ts';

const REDRAW_MS = 90;

/**
 * What is under way, on stderr. On a terminal one line is redrawn, with lasting lines above it; into a pipe or
 * a file only lasting lines are written, without any control character.
 */
export class Progress {
  readonly style: Style;
  /** Whether `show` shows anything. */
  readonly live: boolean;
  private readonly io: Io;
  private readonly quiet: boolean;
  private drawn = Number.NEGATIVE_INFINITY;
  private open = false;

  constructor(io: Io, { quiet }: { readonly quiet: boolean }) {
    this.io = io;
    this.quiet = quiet;
    this.style = styleFor(io.stderr, io.env);
    this.live = !quiet && isTerminal(io.stderr, io.env);
  }

  /** Redraws the line, at most every 90 ms. Parts that do not fit are left away, the last first. */
  show(parts: () => readonly string[]): void {
    if (!this.live || performance.now() - this.drawn < REDRAW_MS) return;
    this.drawn = performance.now();
    const room = (this.io.stderr.columns || 80) - 1;
    const separator = this.style.dim(' · ');
    let line = '';
    for (const part of parts()) {
      const longer = line === '' ? part : line + separator + part;
      if (widthOf(longer) > room) break;
      line = longer;
    }
    this.io.stderr.write(`\r\x1b[2K${line}`);
    this.open = true;
  }

  /** A lasting line. */
  print(line = ''): void {
    if (this.quiet) return;
    this.say(line);
  }

  /** A lasting line that --quiet does not silence. */
  say(line: string): void {
    this.clear();
    this.io.stderr.write(`${line}\n`);
  }

  /** Takes the redrawn line away. */
  clear(): void {
    if (this.open) this.io.stderr.write('\r\x1b[2K');
    this.open = false;
    this.drawn = Number.NEGATIVE_INFINITY;
  }

  /** `████░░░░` for a share from 0 to 1. */
  bar(share: number, width = 16): string {
    const full = Math.min(width, Math.max(0, Math.floor(share * width + 1e-9)));
    return this.style.cyan('█'.repeat(full)) + this.style.dim('░'.repeat(width - full));
  }
}

/** Things done a second and time left, from the moment it was made. */
export class Rate {
  private readonly start = performance.now();

  seconds(): number {
    return (performance.now() - this.start) / 1000;
  }

  perSecond(done: number): number {
    return done / Math.max(this.seconds(), 1e-3);
  }

  /** Seconds until all is done, if it goes on as so far. */
  left(done: number, total: number): number {
    return done > 0 ? (this.seconds() / done) * (total - done) : 0;
  }
}
