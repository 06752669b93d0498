import { StreamsApp, ThreadedStreamsApp } from '@hiveframe/streams';
import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { StreamsHealth } from './health/streams.health.ts';
import type { StreamsAppFactory } from './interfaces/runnable-app.interface.ts';
import { ProcessExit } from './lifecycle/process-exit.ts';
import { StreamsExplorer } from './streams.explorer.ts';
import { StreamsRegistry } from './streams.registry.ts';
import { getStreamsAppFactoryToken } from './streams.tokens.ts';

const createApp: StreamsAppFactory = (topology, options) => {
  const { threads, logger, telemetry } = options;
  if (threads === undefined) return new StreamsApp(topology!, options);
  return new ThreadedStreamsApp({ ...threads, ...(logger && { logger }), ...(telemetry && { telemetry }) });
};

/** What the applications of a process share. */
@Module({
  imports: [DiscoveryModule],
  providers: [
    StreamsExplorer,
    StreamsRegistry,
    StreamsHealth,
    ProcessExit,
    { provide: getStreamsAppFactoryToken(), useValue: createApp },
  ],
  exports: [StreamsExplorer, StreamsRegistry, StreamsHealth, ProcessExit, getStreamsAppFactoryToken()],
})
export class StreamsCoreModule {}
