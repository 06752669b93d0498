/** One options object per kind of join; the kind follows from what is joined. */
import type { Carries } from '../record/record.ts';
import type { StoreOptions } from './store-ref.ts';

export type Joiner<in L, in R, in K, out VR> = (left: L, right: R, key: K) => VR;

/** Looks up the row of the record's key as it is when the record is processed. */
export interface StreamTableJoin<K, L, R, VR> {
  /** Names the operator, and the repartition topic if the stream needs one. */
  readonly name: string;
  readonly joiner: Joiner<L, R, K, VR>;
}
export interface TableJoin<K, L, R, VR> {
  readonly name: string;
  /** Asked again for rows that are not kept: it must give the same for the same. */
  readonly joiner: Joiner<L, R, K, VR>;
  /** Keeps the joined rows in a store of their own; without it they are made of both sides when they are asked for. */
  readonly store?: StoreOptions<K, VR>;
}

/** What a stream may be joined with. */
export type Joinable<K> = Carries<'table', K, unknown>;
/** `Absent` is null where the right side may be missing. */
export type JoinOptions<K, L, O, VR, Absent = never> =
  O extends Carries<'table', unknown, infer R> ? StreamTableJoin<K, L, R | Absent, VR> : never;
