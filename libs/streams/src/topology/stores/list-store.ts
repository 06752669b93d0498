import { listCellSerde, listKeySerde } from '../../processor/operators/process/list.serde.ts';
import type { MaybePromise } from '../../record/record.ts';
import type { Serde } from '../../serde/serde.ts';
import { defineStore, type DefinedStoreOptions, type StoreDefinition } from './store-definition.ts';

export interface ReadOnlyListStore<K, out V> {
  /** All elements, in the order they were appended. */
  values(key: K): Promise<readonly V[]>;
  size(key: K): MaybePromise<number>;
}
/** A list for each key, which is a queue where elements are taken from its front (Flink: ListState). Elements are entries of their
 *  own: to append or take one costs the same however long the list is. Calls for one key take effect in the order they are made. */
export interface ListStore<K, in out V> extends ReadOnlyListStore<K, V> {
  append(key: K, value: V): MaybePromise<void>;
  /** undefined: the list is empty. */
  first(key: K): MaybePromise<V | undefined>;
  removeFirst(key: K): MaybePromise<V | undefined>;
  clear(key: K): MaybePromise<void>;
  /** Of the lists that have elements, in no order. Reads the whole store. */
  keys(): AsyncIterable<K>;
}

export type ListStoreOptions<K, V> = DefinedStoreOptions<K, V>;

/** A list, or queue, for each key. */
export function listStore<K, V>({
  name,
  key,
  value,
  changelog,
}: ListStoreOptions<K, V>): StoreDefinition<ListStore<K, V>, ReadOnlyListStore<K, V>> {
  return defineStore('list', {
    name,
    kind: 'keyValue',
    key: listKeySerde(key as Serde<unknown>) as Serde<unknown>,
    value: listCellSerde(value as Serde<unknown>) as Serde<unknown>,
    changelog,
    retentionMs: null,
    windowSizeMs: null,
  });
}
