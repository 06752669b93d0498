/** What the harness tells an application under measurement, as JSON in the environment variable BENCH_APP. */
import type { StreamsBuilder } from '@hiveframe/streams';
import type { Guarantee } from '../scenario.ts';

export interface Topics {
  readonly input: string;
  readonly output: string;
  readonly alerts: string;
}

/** Declares one flow; `suffix` keeps the names of several apart. */
export type Flow = (builder: StreamsBuilder, topics: Topics, suffix: string) => void;

export interface AppSettings {
  readonly applicationId: string;
  /** See `flows.ts`. */
  readonly flow: string;
  /** The flow is declared once for each of these; most have one. */
  readonly topics: readonly Topics[];
  readonly log: { readonly brokers: string } | { readonly checkpointDir: string };
  /** null: in memory. */
  readonly redisUrl: string | null;
  readonly guarantee: Guarantee;
  readonly commitIntervalMs: number;
}
