import { byCodeUnits } from './recording.ts';

/** Names that are joined two by two into sets (union–find; Tarjan 1975). A set is called by the first of its names. */
export class DisjointSets {
  readonly #parent = new Map<string, string>();

  /** The first name, in code-unit order, of the set that `name` is in; itself where it was never joined. */
  find(name: string): string {
    let at = name;
    for (let up = this.#parent.get(at); up !== undefined; up = this.#parent.get(at)) at = up;
    // Every name on the way is hung below the first, so that chains stay short.
    for (
      let next = this.#parent.get(name);
      next !== undefined && next !== at;
      next = this.#parent.get(name)
    ) {
      this.#parent.set(name, at);
      name = next;
    }
    return at;
  }

  join(a: string, b: string): void {
    const [first, second] = [this.find(a), this.find(b)].sort(byCodeUnits);
    if (first !== second) this.#parent.set(second!, first!);
  }
}
