/** Stores that processors declare for themselves (Kafka Streams: StoreBuilder, Stores). A definition is its own reference: a query
 *  or an injection asks by it. Processors that name the same definition share the store. */
import type { Carries } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import type { StoreDeclaration } from '../graph.ts';
import type { StoreOptions, StoreRef } from '../store-ref.ts';

declare const writable: unique symbol;
/** What processors do with a store: see `keyValueStore`, `windowStore`, `sessionStore`, `listStore`, `versionedKeyValueStore`. */
export type DefinedStoreKind = 'keyValue' | 'window' | 'session' | 'list' | 'versionedKeyValue';

/** Declares a store, and refers to it. S: as its processors see it; R: as queries do. */
export interface StoreDefinition<in out S, in out R> extends StoreRef<R> {
  readonly kind: DefinedStoreKind;
  readonly [writable]: S;
}
/** A processor names stores of its own, and global tables that it reads. */
export type StoreDefinitions = Readonly<
  Record<string, { readonly [writable]: unknown } | Carries<'globalTable', unknown, unknown>>
>;
/** Each by the name that the processor gives it. */
export type StoresOf<D extends StoreDefinitions> = {
  readonly [N in keyof D]: D[N] extends { readonly [writable]: infer S }
    ? S
    : D[N] extends Carries<'globalTable', infer K, infer V>
      ? GlobalStore<K, V>
      : never;
};

/** A global table, as a processor reads it: in memory, whole. */
export interface GlobalStore<in K, out V> {
  get(key: K): V | undefined;
  readonly size: number;
}

/** What all kinds of stores are declared with. */
export interface DefinedStoreOptions<K, V> extends Pick<StoreOptions<K, V>, 'changelog'> {
  /** Names the changelog: `<applicationId>-<name>-changelog`. */
  readonly name: string;
  readonly key: Serde<K>;
  readonly value: Serde<V>;
}

/** What a definition is behind its type. */
export interface DefinedStore {
  readonly name: string;
  readonly kind: DefinedStoreKind;
  readonly declaration: StoreDeclaration;
  /** Stores that it keeps beside that one. */
  readonly beside: readonly StoreDeclaration[];
}

export function defineStore<S, R>(
  kind: DefinedStoreKind,
  declaration: Omit<StoreDeclaration, 'changelog'> & { readonly changelog: boolean | undefined },
  beside: readonly StoreDeclaration[] = [],
): StoreDefinition<S, R> {
  const { name, changelog = true } = declaration;
  const defined: DefinedStore = { name, kind, declaration: { ...declaration, changelog }, beside };
  return defined as unknown as StoreDefinition<S, R>;
}
