import { BOUNDS, type ListBounds, type ListCell } from '../../processor/operators/process/list.serde.ts';
import type { ReadOnlyListStore } from '../../topology/stores/list-store.ts';
import type { CommittedEntries } from '../committed-entries.ts';

/** Of a processor: an entry for each element, and one that says where the list lies. Elements that are appended or taken between the
 *  two reads are seen or not; those that are gone by then are left out. */
export class CommittedListStore implements ReadOnlyListStore<unknown, unknown> {
  readonly #entries: CommittedEntries;

  constructor(entries: CommittedEntries) {
    this.#entries = entries;
  }

  async size(key: unknown): Promise<number> {
    const { first, end } = await this.#bounds(key);
    return end - first;
  }

  async values(key: unknown): Promise<readonly unknown[]> {
    const { first, end } = await this.#bounds(key);
    const places = Array.from({ length: end - first }, (_, place) => ({ key, index: first + place }));
    const cells = await this.#entries.findMany(null, places);
    return cells.flatMap((cell) => {
      const element = cell?.value as ListCell | undefined;
      return element !== undefined && 'element' in element ? [element.element] : [];
    });
  }

  async #bounds(key: unknown): Promise<ListBounds> {
    const entry = await this.#entries.find(null, { key, index: BOUNDS });
    return (entry?.value as ListBounds | undefined) ?? { first: 0, end: 0 };
  }
}
