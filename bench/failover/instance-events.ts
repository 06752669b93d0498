/** What an instance under measurement is told, and what it says. */

export interface InstanceSettings {
  readonly brokers: string;
  readonly applicationId: string;
  readonly input: string;
  readonly output: string;
  /** null: state in memory. */
  readonly redisUrl: string | null;
  readonly sessionTimeoutMs: number;
  /** Only gathers state: emits nothing. */
  readonly fills: boolean;
}

/** Times are epoch ms. */
export type InstanceEvent =
  | { readonly event: 'assigned'; readonly partitions: number; readonly atMs: number }
  /** The first record of a partition was processed. */
  | { readonly event: 'first'; readonly partition: number; readonly atMs: number }
  | { readonly event: 'count'; readonly key: string; readonly count: number }
  /** Every task runs. */
  | ({ readonly event: 'running'; readonly atMs: number } & Restored);

/** What happened until every task ran. */
export interface Restored {
  readonly restored: number;
  readonly loopDelayMaxMs: number;
  readonly loopDelayP99Ms: number;
}
