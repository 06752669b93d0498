/** What the harness tells an application under measurement, as JSON in the environment variable BENCH_APP. */
import type { Guarantee } from '../scenario.ts';

export interface Topics {
  readonly input: string;
  readonly output: string;
  readonly alerts: string;
}

export interface AppSettings {
  /** Applications in the one process, each on its own topics; most have one. */
  readonly applications: readonly { readonly applicationId: string; readonly topics: Topics }[];
  /** See `topologies.ts`. */
  readonly topology: string;
  readonly log: { readonly brokers: string } | { readonly checkpointDir: string };
  /** null: in memory. */
  readonly redisUrl: string | null;
  readonly guarantee: Guarantee;
  readonly commitIntervalMs: number;
}
