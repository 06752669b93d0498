/** Offsets of records that a sink rejected and whose dead letters may not be committed: they go into each position that is written
 *  meanwhile, so that whoever takes over meets those records again. */
export class UncommittedRejections {
  /** By a former owner, and not come again yet. */
  #inherited: readonly number[];
  #current: number[] = [];
  /** In the commit that is under way, or was the last. */
  #sealed: readonly number[] = [];

  constructor(inherited: readonly number[]) {
    this.#inherited = inherited;
  }

  isInherited(offset: number): boolean {
    return this.#inherited.includes(offset);
  }
  /** What a position says that is written with the records up to `offset`. */
  upTo(offset: number): number[] {
    this.#inherited = this.#inherited.filter((inherited) => inherited > offset);
    return [...this.#sealed, ...this.#current, ...this.#inherited];
  }
  add(offset: number): void {
    this.#current.push(offset);
  }
  /** A commit takes what was rejected so far. It begins only after the one before has succeeded. */
  seal(): void {
    this.#sealed = this.#current;
    this.#current = [];
  }
}
