import type { LogError, Membership } from '@hiveframe/streams';

/** How a term ends. */
export type TermEnd =
  | { readonly kind: 'rebalance'; readonly deadlineMs: number }
  | { readonly kind: 'lost'; readonly error: LogError }
  | { readonly kind: 'left' };

/** One membership, from the assignment to its end. Being lost or leaving overrules a rebalance that was asked for before. */
export class MembershipTerm {
  readonly membership: Membership;
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  #end: TermEnd | null = null;
  #resolve!: () => void;

  constructor(membership: Membership) {
    this.membership = membership;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** Aborts when the term ends. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }
  get how(): TermEnd | null {
    return this.#end;
  }
  end(how: TermEnd): void {
    if (this.#end !== null && this.#end.kind !== 'rebalance') return;
    this.#end = how;
    this.#abort.abort();
    this.#resolve();
  }
}
