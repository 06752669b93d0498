/** Calls under way and behind them, and the order in which their outcomes may be taken. Knows nothing of records.
 *  all      outcomes in the order of `add`
 *  perKey   as they come; the calls of one key never overlap, so they come in their order. Calls without a key are no one's.
 *  none     as they come */
import { stringifyTagged } from '../../serde/tagged-json.ts';
import type { AsyncOptions } from './async-options.ts';
import type { Attempts, Outcome } from './attempts.ts';

export interface AsyncCall {
  readonly key: unknown;
  readonly run: (signal: AbortSignal) => unknown;
  /** null: not settled. */
  outcome: Outcome | null;
}

export class AsyncCalls<C extends AsyncCall> {
  readonly #order: NonNullable<AsyncOptions['order']>;
  readonly #concurrency: number;
  readonly #attempts: Attempts;
  /** Not taken yet, in the order in which they may be: of `all` every call, else the settled ones. */
  readonly #outgoing: C[] = [];
  readonly #ready: C[] = [];
  /** perKey: what waits for the call of its key that is ready or running. */
  readonly #behind = new Map<unknown, C[]>();
  #running = 0;
  #size = 0;
  #isStarting = false;
  #onSettled: PromiseWithResolvers<void> | null = null;

  constructor(order: NonNullable<AsyncOptions['order']>, concurrency: number, attempts: Attempts) {
    this.#order = order;
    this.#concurrency = concurrency;
    this.#attempts = attempts;
  }

  /** Added and not taken. */
  get size(): number {
    return this.#size;
  }

  add(call: C): void {
    this.#size++;
    if (this.#order === 'all') this.#outgoing.push(call);
    if (!this.#waitsForItsKey(call)) this.#ready.push(call);
    this.#start();
  }

  /** Takes a settled call, if one may be taken now. */
  next(): C | null {
    const first = this.#outgoing[0];
    if (first === undefined || first.outcome === null) return null;
    this.#outgoing.shift();
    this.#size--;
    return first;
  }

  /** Resolves when another call settles. */
  settled(): Promise<void> {
    this.#onSettled ??= Promise.withResolvers<void>();
    return this.#onSettled.promise;
  }

  #waitsForItsKey(call: C): boolean {
    if (this.#order !== 'perKey' || isNoKey(call.key)) return false;
    const identity = keyIdentity(call.key);
    const behind = this.#behind.get(identity);
    if (behind === undefined) this.#behind.set(identity, []);
    else behind.push(call);
    return behind !== undefined;
  }

  /** Calls that are answered at once come back here while they are started: the loop goes on with what they made ready. */
  #start(): void {
    if (this.#isStarting) return;
    this.#isStarting = true;
    while (this.#running < this.#concurrency && this.#ready.length > 0) {
      const call = this.#ready.shift()!;
      this.#running++;
      this.#attempts.begin({ run: call.run, settle: (outcome) => this.#settle(call, outcome) });
    }
    this.#isStarting = false;
  }

  #settle(call: C, outcome: Outcome): void {
    call.outcome = outcome;
    this.#running--;
    if (this.#order !== 'all') this.#outgoing.push(call);
    if (this.#order === 'perKey') this.#letNextOfKey(call.key);
    this.#start();
    this.#onSettled?.resolve();
    this.#onSettled = null;
  }

  #letNextOfKey(key: unknown): void {
    if (isNoKey(key)) return;
    const identity = keyIdentity(key);
    const next = this.#behind.get(identity)!.shift();
    if (next === undefined) this.#behind.delete(identity);
    else this.#ready.push(next);
  }
}

function isNoKey(key: unknown): boolean {
  return key === null || key === undefined;
}

/** Equal keys, equal identities: objects count by content. */
export function keyIdentity(key: unknown): unknown {
  return typeof key === 'object' ? `\0${stringifyTagged(key)}` : key;
}
