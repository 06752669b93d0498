/** Work that is under way is waited for, not begun again. */
export class Once<K> {
  readonly #underWay = new Map<K, Promise<void>>();

  run(key: K, work: () => Promise<void>): Promise<void> {
    const known = this.#underWay.get(key);
    if (known !== undefined) return known;
    const begun = work().finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, begun);
    return begun;
  }
}
