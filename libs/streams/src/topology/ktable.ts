/** KTable: the latest value per key. */
import type { Columns, Condition } from '../column/expression.ts';
import type { Carries, Windowed } from '../record/record.ts';
import type { Sink } from '../sink/sink.ts';
import type { KStream, Narrowed, Predicate, Sync } from './kstream.ts';
import type { ReadOnlyKeyValueStore, ReadOnlyWindowStore, StoreRef } from './store-ref.ts';
import type { Topic } from './topic.ts';

export interface KTable<K, V> extends Carries<'table', K, V> {
  /** A row that does not fit (any more) is deleted for those behind. */
  filter<const P extends Predicate<V, K> | Condition<Columns<V>>>(predicate: P): KTable<K, Narrowed<V, P>>;
  mapValues<VR>(mapper: (value: V, key: K) => Sync<VR>): KTable<K, VR>;
  /** null: the key was deleted. */
  toStream(): KStream<K, V | null>;
  /** Deletions become tombstones. */
  to(topic: Topic<K, V>): void;
  /** null: the key was deleted. */
  toSink(sink: Sink<K, V | null>): void;
  /** Names the store by a reference declared elsewhere, of exactly this type; then an injection needs no table at hand.
   *  @throws TopologyError for a table made by filter or mapValues: it has no store of its own */
  storedAs(ref: StoreRef<ReadOnlyKeyValueStore<K, V>>): KTable<K, V>;
  /** @throws TopologyError for a table made by filter or mapValues: it has no store of its own */
  readonly queryable: StoreRef<ReadOnlyKeyValueStore<K, V>>;
}

/** A windowed table that never deletes: its stream has no nulls. */
export interface WindowedKTable<K, V> extends Omit<
  KTable<Windowed<K>, V>,
  'toStream' | 'toSink' | 'queryable' | 'storedAs'
> {
  toStream(): KStream<Windowed<K>, V>;
  toSink(sink: Sink<Windowed<K>, V>): void;
  storedAs(ref: StoreRef<ReadOnlyWindowStore<K, V>>): WindowedKTable<K, V>;
  readonly queryable: StoreRef<ReadOnlyWindowStore<K, V>>;
}
