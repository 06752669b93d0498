/** The stores of a processor, each seen as what it was declared. */
import type { StateStore } from '../../../state/state-store.ts';
import type { DefinedStoreKind } from '../../../topology/stores/store-definition.ts';
import type { OperatorContext } from '../../operator.ts';
import { EntryAccess } from './entry-access.ts';
import { KeyValueView } from './key-value-view.ts';
import { boundsOf, ListView } from './list-view.ts';
import type { ProcessorNode } from './processor-node.ts';
import { VersionHistory } from '../rows/version-history.ts';
import { historyName } from '../rows/versioned-rows.ts';
import { SessionView } from './session-view.ts';
import { VersionedKeyValueView } from './versioned-key-value-view.ts';
import { WindowView } from './window-view.ts';

export interface UsedStore {
  readonly name: string;
  readonly kind: DefinedStoreKind;
}

export interface StoreView {
  readonly state: StateStore;
  readonly view: unknown;
  /** Lets go what is over; null: nothing goes by time. */
  readonly advance: ((watermarkMs: number) => void) | null;
  /** The entry that a key names, for reading ahead; null: a key alone names none. */
  readonly entryOf: ((key: unknown) => unknown) | null;
}

export function storeViews(
  stores: Readonly<Record<string, UsedStore>>,
  context: OperatorContext,
  node: ProcessorNode,
): ReadonlyMap<string, StoreView> {
  return new Map(
    Object.entries(stores).map(([as, { name, kind }]) => [as, storeView(context, { name, kind }, node)]),
  );
}

function storeView(context: OperatorContext, { name, kind }: UsedStore, node: ProcessorNode): StoreView {
  const state = context.store(name);
  const entries = new EntryAccess(state, () => node.timeMs);
  const waitFor = (pending: Promise<unknown>): void => node.waitFor(pending);
  switch (kind) {
    case 'keyValue':
      return { state, view: new KeyValueView(entries, waitFor), advance: null, entryOf: (key) => key };
    case 'list':
      return { state, view: new ListView(entries, waitFor), advance: null, entryOf: boundsOf };
    case 'window':
      return expiring(state, new WindowView(entries));
    case 'session':
      return expiring(state, new SessionView(entries, waitFor));
    case 'versionedKeyValue': {
      const history = new VersionHistory(context.store(historyName(state)));
      return expiring(state, new VersionedKeyValueView(state, history, waitFor));
    }
  }
}

interface ExpiringView {
  advance(watermarkMs: number): void;
}

function expiring(state: StateStore, view: ExpiringView): StoreView {
  return { state, view, advance: (watermarkMs) => view.advance(watermarkMs), entryOf: null };
}
