/** One options object per kind of join; the kind follows from what is joined. */
import type { Carries } from '../record/record.ts';
import type { Serde } from '../serde/serde.ts';
import type { RowStoreOptions, StoreOptions } from './store-ref.ts';

export type Joiner<in L, in R, in K, out VR> = (left: L, right: R, key: K) => VR;

/** Joins records of one key, whichever comes first, when right.timestamp lies in [left - beforeMs, left + afterMs]. */
export interface StreamJoin<K, L, R, VR> {
  /** Names the operator, its two stores and their changelogs, and repartition topics where keys may have changed. */
  readonly name: string;
  readonly joiner: Joiner<L, R, K, VR>;
  /** Whole milliseconds; may be negative, as long as the window does not end before it begins. */
  readonly beforeMs: number;
  readonly afterMs: number;
  /** How long beyond the window a record that finds no partner waits before it is passed on alone (leftJoin, outerJoin), and one that
   *  comes late is still kept for others. No default: it decides what is lost (KIP-633). */
  readonly graceMs: number;
  /** @defaultValue that of the streams, where it is known, else tagged JSON */
  readonly key?: Serde<K>;
  /** Of what waits in the stores, and of repartition topics. @defaultValue that of the stream, where it is known, else tagged JSON */
  readonly leftValue?: Serde<NonNullable<L>>;
  readonly rightValue?: Serde<NonNullable<R>>;
  readonly store?: Pick<StoreOptions<K, unknown>, 'changelog'>;
}
/** Looks up the row of the record's key as it is when the record is processed; in a table that keeps versions
 *  (`historyRetentionMs`) the row of the record's time. */
export interface StreamTableJoin<K, L, R, VR> {
  /** Names the operator, and the repartition topic if the stream needs one. */
  readonly name: string;
  readonly joiner: Joiner<L, R, K, VR>;
  /** Holds records back until event time has gone on by so much: rows of their time may come late (KIP-923). Only with a table that
   *  keeps versions, for at least as long. Whole milliseconds above 0. @defaultValue records are joined at once */
  readonly graceMs?: number;
  /** Of the store of what is held back. */
  readonly store?: Pick<StoreOptions<K, L>, 'value' | 'changelog'>;
}
export interface TableJoin<K, L, R, VR> {
  readonly name: string;
  /** Asked again for rows that are not kept: it must give the same for the same. */
  readonly joiner: Joiner<L, R, K, VR>;
  /** Keeps the joined rows in a store of their own; without it they are made of both sides when they are asked for. A join by foreign
   *  key keeps them in any case, in a store of its name unless this says otherwise. */
  readonly store?: RowStoreOptions<K, VR>;
}

/** What a table join needs where rows are joined by another key than their own (KIP-213). */
export interface ForeignKey<K, L, KO> {
  /** The key of the other table's row that this row names; null: none (KIP-1104). Must give the same for the same. */
  readonly foreignKey: (value: L, key: K) => NoInfer<KO> | null | undefined;
}
/** Optional between tables of one key type, mandatory otherwise. */
export type ForeignKeyIfNeeded<K, L, KO> = [KO] extends [K]
  ? Partial<ForeignKey<K, L, KO>>
  : ForeignKey<K, L, KO>;

/** Looks up a row under a key that is read from the record. A null key has no row. */
export interface GlobalTableJoin<K, L, KG, R, VR> {
  readonly name: string;
  readonly keyOf: (value: L, key: K) => KG | null;
  readonly joiner: Joiner<L, R, K, VR>;
}

/** What a stream may be joined with: same key, or a global table. */
export type Joinable<K> = Carries<'stream' | 'table', K, unknown> | Carries<'globalTable', unknown, unknown>;
/** The options follow from what is joined. `Absent` is null where the right side may be missing. */
export type JoinOptions<K, L, O, VR, Absent = never> =
  O extends Carries<'stream', unknown, infer R>
    ? StreamJoin<K, L, R | Absent, VR>
    : O extends Carries<'table', unknown, infer R>
      ? StreamTableJoin<K, L, R | Absent, VR>
      : O extends Carries<'globalTable', infer KG, infer R>
        ? GlobalTableJoin<K, L, KG, R | Absent, VR>
        : never;
