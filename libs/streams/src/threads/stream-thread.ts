/** What a module that runs in stream threads is told, and what it gives. */
import type { Logger } from '../ports/runtime.ts';
import type { StreamsConfig } from '../runtime/streams-config.ts';
import type { Topology } from '../topology/topology.ts';

/** One thread of the process: a member of the group of its own, with its own connections, tasks and stores in memory. */
export interface StreamThread {
  /** `StreamThread-1` and so on, as Kafka Streams names them; kept by a thread that replaces another. Good for a client id. */
  readonly name: string;
  readonly numStreamThreads: number;
  /** What the host was given as `data`: a clone of it. */
  readonly data: unknown;
  /** Writes to the host's logger; give it to the log and the stores. */
  readonly logger: Logger;
}

/** The application of one thread. */
export interface ThreadStreams {
  readonly topology: Topology;
  /** `logger` and `telemetry` are the host's where they are left out. `maxBufferedBytes` is for the process: each thread takes its
   *  share. `instanceId` gets the number of the thread behind it. */
  readonly config: StreamsConfig;
  /** Called in the end, when the application has stopped: for what the topology uses. Two seconds at most. */
  readonly close?: () => Promise<void> | void;
}

/** The default export of a module for stream threads. Called once in each thread: nothing it makes is shared. */
export type ThreadStreamsFactory = (thread: StreamThread) => ThreadStreams | Promise<ThreadStreams>;
