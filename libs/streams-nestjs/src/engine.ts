/** What this package uses of the engine, until StreamsApp and StreamsBuilder are exported by it. */
import type { Clock, LogPort, Logger, StorePort, Telemetry } from '@hiveframe/streams';

export interface Topology {
  describe(): string;
}
export class StreamsBuilder {
  build(): Topology {
    return { describe: () => '' };
  }
}
export type ProcessingGuarantee = 'at_most_once' | 'at_least_once' | 'exactly_once';
export interface StreamsConfig {
  readonly applicationId: string;
  readonly log: LogPort;
  readonly stores?: StorePort;
  readonly processingGuarantee?: ProcessingGuarantee;
  readonly commitIntervalMs?: number;
  readonly deadLetterTopic?: string;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly telemetry?: Telemetry;
}
export type StreamsState = 'created' | 'rebalancing' | 'running' | 'stopping' | 'stopped' | 'error';
export interface StateChange {
  readonly from: StreamsState;
  readonly to: StreamsState;
  readonly error?: Error;
}
export interface StreamsListener {
  onStateChange?(change: StateChange): void;
}
export class StreamsApp implements AsyncDisposable {
  readonly state: StreamsState = 'created';
  constructor(topology: Topology, config: StreamsConfig) {
    throw new Error(`no engine yet for ${config.applicationId}: ${topology.describe()}`);
  }
  listen(_: StreamsListener): () => void {
    return () => undefined;
  }
  async start(): Promise<void> {}
  async stop(_?: { readonly timeoutMs?: number }): Promise<void> {}
  async [Symbol.asyncDispose](): Promise<void> {}
}
