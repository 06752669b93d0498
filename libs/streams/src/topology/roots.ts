/** Which things belong together, when it is known of pairs that they do: union-find. */
export class Roots<T> {
  readonly #parents = new Map<T, T>();

  /** The same for all that belong together. */
  of(item: T): T {
    const parent = this.#parents.get(item);
    return parent === undefined ? item : this.of(parent);
  }
  join(a: T, b: T): void {
    const [rootA, rootB] = [this.of(a), this.of(b)];
    if (rootA !== rootB) this.#parents.set(rootB, rootA);
  }
}
