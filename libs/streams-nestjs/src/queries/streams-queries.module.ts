import { Module, type DynamicModule } from '@nestjs/common';
import { getStreamsToken } from '../decorators/inject-streams.decorator.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { getStreamsOptionsToken } from '../streams.tokens.ts';
import { QueryProblemsFilter } from './problems.filter.ts';
import { queriesController, type QueryParts } from './queries.controller.ts';
import { QueriesService } from './queries.service.ts';
import { resolveQueriesOptions, type QueriesOptions } from './queries-options.ts';
import { QueryForwarder } from './query-forwarder.ts';

/** Endpoints that answer queries of stores: `register` once for each application. */
@Module({})
export class StreamsQueriesModule {
  /** `GET <path>`: the stores. `GET <path>/:store`: pages of it. `GET <path>/:store/:key`: a value. `GET <path>/:store/:key/windows`:
   *  windows of a key. Committed data only. @throws ConfigError */
  static register(options: QueriesOptions = {}): DynamicModule {
    const { imports = [], providers = [] } = options;
    const resolved = resolveQueriesOptions(options);
    const parts = Symbol(`queries at ${resolved.path}`);
    return {
      module: StreamsQueriesModule,
      imports,
      controllers: [queriesController(parts, resolved)],
      providers: [
        ...providers,
        QueryProblemsFilter,
        {
          provide: parts,
          inject: [getStreamsToken(resolved.application), getStreamsOptionsToken(resolved.application)],
          useFactory: (
            lifecycle: StreamsLifecycle,
            { applicationId, applicationServer }: StreamsModuleOptions,
          ): QueryParts => ({
            service: new QueriesService(resolved, lifecycle),
            forwarder: new QueryForwarder(resolved, applicationServer ?? applicationId),
          }),
        },
      ],
    };
  }
}
