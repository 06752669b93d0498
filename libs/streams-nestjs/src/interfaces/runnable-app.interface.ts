import type { StreamsApp, StreamsConfig, Topology } from '@hiveframe/streams';

/** The part of `StreamsApp` that the lifecycle drives: what a fake has to offer in tests. */
export type RunnableApp = Pick<StreamsApp, 'state' | 'restoring' | 'listen' | 'start' | 'stop'>;

/** Makes the application of a topology; replace it by `getStreamsAppFactoryToken()` to test a module without an engine. */
export type StreamsAppFactory = (topology: Topology, config: StreamsConfig) => RunnableApp;
