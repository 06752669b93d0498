/** A list store as a processor sees it: an entry per element, and one per key that says where its list begins and ends, so that
 *  an element more or less costs the same however long the list is. */
import type { MaybePromise } from '../../../record/record.ts';
import type { StateSegment } from '../../../state/state-store.ts';
import type { ListStore } from '../../../topology/stores/list-store.ts';
import { after, type EntryAccess } from './entry-access.ts';
import { Turns, type WaitFor } from './turns.ts';
import { BOUNDS, type ListBounds, type ListCell, type ListKey } from './list.serde.ts';

const NOTHING: ListBounds = { first: 0, end: 0 };

export class ListView implements ListStore<unknown, unknown> {
  readonly #entries: EntryAccess;
  readonly #turns: Turns;

  constructor(entries: EntryAccess, waitFor: WaitFor) {
    this.#entries = entries;
    this.#turns = new Turns(entries.state, waitFor);
  }

  append(key: unknown, value: unknown): MaybePromise<void> {
    return this.#inTurn(key, () =>
      after(this.#bounds(key), ({ first, end }) => {
        this.#put({ key, index: end }, { element: value });
        this.#put(boundsOf(key), { first, end: end + 1 });
      }),
    );
  }

  size(key: unknown): MaybePromise<number> {
    return this.#inTurn(key, () => after(this.#bounds(key), ({ first, end }) => end - first));
  }

  first(key: unknown): MaybePromise<unknown> {
    return this.#inTurn(key, () => this.#first(key, ({ element }) => element));
  }

  removeFirst(key: unknown): MaybePromise<unknown> {
    return this.#inTurn(key, () =>
      this.#first(key, ({ element }, { first, end }) => {
        this.#entries.remove(this.#segment, { key, index: first });
        if (first + 1 < end) this.#put(boundsOf(key), { first: first + 1, end });
        else this.#entries.remove(this.#segment, boundsOf(key));
        return element;
      }),
    );
  }

  #first(
    key: unknown,
    then: (cell: { readonly element?: unknown }, bounds: ListBounds) => unknown,
  ): MaybePromise<unknown> {
    return after(this.#bounds(key), (bounds) => {
      if (bounds.first === bounds.end) return undefined;
      return after(this.#entries.read(this.#segment, { key, index: bounds.first }), (entry) =>
        then((entry?.value ?? {}) as { readonly element?: unknown }, bounds),
      );
    }) as MaybePromise<unknown>;
  }

  values(key: unknown): Promise<readonly unknown[]> {
    return this.#inTurn(key, async () => {
      const { first, end } = await this.#bounds(key);
      const places = Array.from({ length: end - first }, (_, at): ListKey => ({ key, index: first + at }));
      const found = await this.#entries.readMany(this.#segment, places);
      return found.map((entry) => (entry?.value as { readonly element: unknown } | undefined)?.element);
    }) as Promise<readonly unknown[]>;
  }

  clear(key: unknown): MaybePromise<void> {
    return this.#inTurn(key, () =>
      after(this.#bounds(key), ({ first, end }) => {
        for (let index = first; index < end; index++) this.#entries.remove(this.#segment, { key, index });
        if (first < end) this.#entries.remove(this.#segment, boundsOf(key));
      }),
    );
  }

  async *keys(): AsyncIterable<unknown> {
    for await (const { key } of this.#entries.state.scan(this.#segment)) {
      const { key: listKey, index } = key as ListKey;
      if (index === BOUNDS) yield listKey;
    }
  }

  get #segment(): StateSegment {
    return this.#entries.state.segment(null);
  }

  #bounds(key: unknown): MaybePromise<ListBounds> {
    return after(
      this.#entries.read(this.#segment, boundsOf(key)),
      (entry) => (entry?.value as ListBounds | undefined) ?? NOTHING,
    );
  }

  #put(place: ListKey, cell: ListCell): void {
    this.#entries.write(this.#segment, place, cell);
  }

  #inTurn<T>(key: unknown, action: () => MaybePromise<T>): MaybePromise<T> {
    return this.#turns.take(this.#entries.state.identify(boundsOf(key)), action);
  }
}

/** Where it is kept where the list of a key lies. */
export function boundsOf(key: unknown): ListKey {
  return { key, index: BOUNDS };
}
