import type { StreamsApp, ThreadedStreamsApp, Topology } from '@hiveframe/streams';
import type { StreamsModuleOptions } from './streams-module-options.interface.ts';

/** The part of `StreamsApp` that the lifecycle drives: what a fake has to offer in tests. */
export type RunnableApp = Pick<StreamsApp, 'state' | 'restoring' | 'listen' | 'start' | 'stop'> &
  Partial<Pick<StreamsApp, 'queries'>> &
  Partial<Pick<ThreadedStreamsApp, 'threads'>>;

/** Makes the application of a topology; replace it by `getStreamsAppFactoryToken()` to test a module without an engine. The topology
 *  is null where only the stream threads have one. */
export type StreamsAppFactory = (topology: Topology | null, options: StreamsModuleOptions) => RunnableApp;
