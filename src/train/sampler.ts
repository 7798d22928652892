import { Draws, STREAMS } from './draws.ts';
import { byCodeUnits } from './recording.ts';

/**
 * Which recordings an epoch sees, and in which order.
 * - `none`: each once, shuffled.
 * - `class`: classes take turns; recordings of a rare class are seen again.
 * - `site`: sites in proportion to their size, classes in turns within each, so that the site tells nothing
 *   about the label (but where a site has one class only).
 */
export type Balance = 'none' | 'class' | 'site';

export interface Sampled {
  readonly label: number;
  readonly site: string;
}

/** Gives the numbers of a list in shuffled order, shuffling again at every end. */
class Deck {
  private readonly numbers: readonly number[];
  private readonly draws: Draws;
  private rest: number[] = [];
  constructor(numbers: readonly number[], draws: Draws) {
    this.numbers = numbers;
    this.draws = draws;
  }
  next(): number {
    if (this.rest.length === 0) this.rest = this.draws.shuffle(this.numbers);
    return this.rest.pop()!;
  }
}

/** Indices into `examples`, `count` of them: a function of seed and epoch alone. */
export function epochOrder(
  examples: readonly Sampled[],
  { seed, epoch, count, balance }: { seed: number; epoch: number; count: number; balance: Balance },
): Int32Array {
  const draws = new Draws(seed, STREAMS.order, epoch);
  const all = examples.map((_, i) => i);
  const order = new Int32Array(count);
  if (balance === 'none') {
    const deck = new Deck(all, draws);
    return order.map(() => deck.next());
  }
  const siteOf = (i: number) => (balance === 'site' ? examples[i]!.site : '');
  const sites = [...new Set(all.map(siteOf))].sort(byCodeUnits);
  const decks = sites.map((site) => {
    const members = all.filter((i) => siteOf(i) === site);
    const labels = [...new Set(members.map((i) => examples[i]!.label))].sort((a, b) => a - b);
    const classes = labels.map(
      (label) =>
        new Deck(
          members.filter((i) => examples[i]!.label === label),
          draws,
        ),
    );
    return { classes, turn: draws.integer(classes.length), share: members.length / all.length };
  });
  for (let i = 0; i < count; i++) {
    let u = draws.uniform();
    const site = decks.find(({ share }) => (u -= share) < 0) ?? decks[decks.length - 1]!;
    order[i] = site.classes[site.turn++ % site.classes.length]!.next();
  }
  return order;
}
