/** The entries that operators behind a table read under the key of a row that is passed on: they must be at hand by then. */
import type { StateSegment, StateStore } from '../../state/state-store.ts';
import type { OperatorContext } from '../operator.ts';
import type { Lane } from './lane.ts';

export class CompanionEntries {
  readonly #stores: readonly { readonly state: StateStore; readonly segment: StateSegment }[];

  /** @param stores names of key-value stores */
  constructor(context: OperatorContext, stores: readonly string[]) {
    this.#stores = stores.map((name) => {
      const state = context.store(name);
      return { state, segment: state.segment(null) };
    });
  }

  areKnown(key: unknown): boolean {
    for (const { state, segment } of this.#stores)
      if (!state.isKnown(segment, state.identify(key))) return false;
    return true;
  }

  want(lane: Lane, key: unknown): void {
    for (const { state, segment } of this.#stores) lane.want(state, segment, state.identify(key), key);
  }
}
