/** `asyncLookup`: enriches records from outside.
 *  L1 Records under way that want the same key share one call; when it fails, each of them tries again for itself.
 *  L2 What is in the cache is passed on at once: no promise, and no other record overtakes it. */
import { TopologyError } from '../../errors/streams.error.ts';
import type { Clock } from '../../ports/runtime.ts';
import type { LookupCache } from '../../topology/process-async.ts';
import type { Operator, OperatorContext } from '../operator.ts';
import { keyIdentity } from './async-calls.ts';
import { asyncOperator } from './async-operator.ts';
import type { AsyncOptions } from './async-options.ts';
import { TtlCache } from './ttl-cache.ts';

export interface AsyncLookup {
  readonly options: AsyncOptions;
  readonly keyOf: (value: unknown, key: unknown) => unknown;
  readonly lookup: (lookupKey: unknown, signal: AbortSignal) => unknown;
  readonly joiner: (value: unknown, found: unknown, key: unknown) => unknown;
  readonly cache: LookupCache | null;
}

/** @throws TopologyError for options that cannot work */
export function asyncLookup({ options, keyOf, lookup, joiner, cache }: AsyncLookup): Operator {
  if (cache !== null) checkCache(options.name, cache);
  return asyncOperator(options, (context, next) => {
    const lookups = new Lookups(lookup, cache, context);
    return {
      call: (key, value) => {
        const lookupKey = keyOf(value, key);
        return (signal) => {
          if (lookupKey === null || lookupKey === undefined) return joiner(value, null, key);
          const found = lookups.find(lookupKey, signal);
          return found instanceof Promise
            ? found.then((one) => joiner(value, one, key))
            : joiner(value, found, key);
        };
      },
      passOn: (answer, key, timestampMs) => next(key, answer, timestampMs),
    };
  });
}

class Lookups {
  readonly #lookup: AsyncLookup['lookup'];
  readonly #options: LookupCache | null;
  readonly #cache: TtlCache<unknown> | null;
  readonly #underWay = new Map<unknown, Promise<unknown>>();
  readonly #clock: Clock;
  readonly #count: (result: 'hit' | 'miss') => void;

  constructor(
    lookup: AsyncLookup['lookup'],
    cache: LookupCache | null,
    { clock, telemetry, taskId }: OperatorContext,
  ) {
    this.#lookup = lookup;
    this.#options = cache;
    this.#cache = cache === null ? null : new TtlCache(cache.maxEntries);
    this.#clock = clock;
    this.#count = (result) => telemetry.count('lookups', 1, { task: taskId, result });
  }

  /** null: there is nothing. */
  find(lookupKey: unknown, signal: AbortSignal): unknown {
    const id = keyIdentity(lookupKey);
    const kept = this.#cache?.get(id, this.#clock.nowMs());
    this.#count(kept === undefined ? 'miss' : 'hit');
    if (kept !== undefined) return kept.value;
    return this.#underWay.get(id) ?? this.#ask(id, lookupKey, signal);
  }

  #ask(id: unknown, lookupKey: unknown, signal: AbortSignal): unknown {
    const answer = this.#lookup(lookupKey, signal);
    if (!(answer instanceof Promise)) return this.#keep(id, answer);
    const asking: Promise<unknown> = answer.then((found) => this.#keep(id, found));
    this.#underWay.set(id, asking);
    const over = (): void => {
      if (this.#underWay.get(id) === asking) this.#underWay.delete(id);
    };
    asking.then(over, over);
    signal.addEventListener('abort', over, { once: true }); // who asks next must not wait for a call that was given up
    return asking;
  }

  #keep(id: unknown, found: unknown): unknown {
    const value = found ?? null;
    if (this.#options === null) return value;
    const { ttlMs, missingTtlMs = ttlMs } = this.#options;
    const keptMs = value === null ? missingTtlMs : ttlMs;
    if (keptMs > 0) this.#cache!.set(id, value, this.#clock.nowMs() + keptMs);
    return value;
  }
}

function checkCache(name: string, { maxEntries, ttlMs, missingTtlMs = ttlMs }: LookupCache): void {
  const faults = [
    Number.isInteger(maxEntries) && maxEntries > 0
      ? []
      : [`cache.maxEntries is ${maxEntries}, not 1 or more`],
    ttlMs > 0 ? [] : [`cache.ttlMs is ${ttlMs}, not more than 0`],
    missingTtlMs >= 0 ? [] : [`cache.missingTtlMs is ${missingTtlMs}, not 0 or more`],
  ].flat();
  if (faults.length > 0) throw new TopologyError(`Cannot declare ${name}: ${faults.join('; ')}.`);
}
