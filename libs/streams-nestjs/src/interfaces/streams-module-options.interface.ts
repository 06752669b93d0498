import type { StreamsConfig, ThreadedStreamsOptions } from '@hiveframe/streams';

/** The engine's configuration and how its life is tied to Nest's. */
export interface StreamsModuleOptions extends StreamsConfig {
  /** Start after the application has bootstrapped. @defaultValue true */
  readonly autoStart?: boolean;
  /** Runs in the background before the engine starts, e.g. to create topics. The signal aborts at shutdown. A rejection is
   *  a failure of the application. @defaultValue none */
  readonly beforeStart?: (signal: AbortSignal) => Promise<void>;
  /** Time to finish or abort what is under way at shutdown; leaving the group and closing connections may take up to 4 s
   *  more. Docker kills 10 s after SIGTERM. @defaultValue 5_000 */
  readonly stopTimeoutMs?: number;
  /** When the application fails (state `error`): close Nest gracefully and end the process with a non-zero code, so that
   *  the orchestrator starts it anew. False: only health says so. @defaultValue true */
  readonly exitOnError?: boolean;
  /** Runs the topologies in so many threads of this process, each with a Nest application context of its own; this one starts,
   *  watches and stops them and answers probes. The module's default export is what `nestStreams` gives. Not with the embedded
   *  log. @defaultValue none: everything runs in this thread */
  readonly threads?: StreamsThreadsOptions;
}

/** As of `ThreadedStreamsApp`; logger and telemetry are those of the options around it. */
export type StreamsThreadsOptions = Omit<ThreadedStreamsOptions, 'logger' | 'telemetry'>;

/** What shapes the dynamic module itself, so must be known before the options are. */
export interface StreamsModuleExtras {
  /** Tells the applications of one process apart: `@StreamTopology({ application })`, `@InjectStreams(name)`. Each needs an
   *  `applicationId` and a log of its own. @defaultValue 'default' */
  readonly name?: string;
  /** `StreamsLifecycle` and `StreamsHealth` can be injected everywhere. @defaultValue true */
  readonly isGlobal?: boolean;
  /** `GET /health/live` and `GET /health/ready`, once for all applications of the process. @defaultValue true */
  readonly healthController?: boolean;
}
