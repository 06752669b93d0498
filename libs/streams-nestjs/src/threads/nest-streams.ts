import type { StreamThread, ThreadStreamsFactory } from '@hiveframe/streams';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { ApplicationOptions } from '../discovery/decorated-providers.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import { getStreamsToken } from '../decorators/inject-streams.decorator.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { StreamsExplorer } from '../streams.explorer.ts';
import { DEFAULT_APPLICATION, getStreamsOptionsToken, getStreamThreadToken } from '../streams.tokens.ts';
import { ThreadLogger } from './thread-logger.ts';

/** A Nest module with `StreamsModule.forRoot` and topologies: mostly the application's own. */
export type ThreadModule = Type | DynamicModule;

/** The default export of a module for stream threads: `export default nestStreams(() => AppModule)`. In each thread a Nest
 *  application context is made of the module, without HTTP; its topologies are found and built, and the thread runs them. Every
 *  provider therefore exists once per thread, and once more in the main thread if it has the same module. What is to happen once
 *  in the process (a simulator, a schedule) waits for `StreamsLifecycle.listen`, which tells of nothing in a thread, or injects
 *  `getStreamThreadToken()` to see where it is. Of several applications `application` names the one that is run. Nest's `Logger`
 *  writes to the logger of the main thread. */
export function nestStreams(
  createModule: (thread: StreamThread) => ThreadModule | Promise<ThreadModule>,
  { application = DEFAULT_APPLICATION }: ApplicationOptions = {},
): ThreadStreamsFactory {
  return async (thread) => {
    const module = await createModule(thread);
    const context = await NestFactory.createApplicationContext(inThread(thread, module), {
      logger: new ThreadLogger(thread.logger),
      abortOnError: false, // the main thread tells why
    });
    const explorer = context.get(StreamsExplorer, { strict: false });
    const options = context.get<StreamsModuleOptions>(getStreamsOptionsToken(application), { strict: false });
    const topology = explorer.buildTopology(application);
    context.get<StreamsLifecycle>(getStreamsToken(application), { strict: false }).runsInThread(topology);
    return {
      topology,
      config: explorer.configure(application, options),
      close: () => context.close(),
    };
  };
}

class StreamThreadModule {}

function inThread(thread: StreamThread, module: ThreadModule): DynamicModule {
  const provider = { provide: getStreamThreadToken(), useValue: thread };
  return {
    module: StreamThreadModule,
    global: true,
    imports: [module],
    providers: [provider],
    exports: [provider.provide],
  };
}
