import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { ApplicationLog } from '../lifecycle/application-log.ts';
import { getApplicationLogToken, getStreamsOptionsToken } from '../streams.tokens.ts';
import { ingestController, NDJSON } from './ingest.controller.ts';
import { resolveIngestOptions, type IngestOptions } from './ingest-options.ts';
import { IngestService } from './ingest.service.ts';

/** Endpoints that write events to topics: `register` once for each. */
@Module({})
export class StreamsIngestModule implements OnModuleInit {
  constructor(private readonly host: HttpAdapterHost) {}

  /** `POST <path>`: an event or an array of events as JSON, or NDJSON as it comes. 202 when they are in the log.
   *  @throws ConfigError */
  static register<V, K = null>(options: IngestOptions<V, K>): DynamicModule {
    const { imports = [], providers = [] } = options;
    const resolved = resolveIngestOptions(options);
    const service = Symbol(`ingest at ${resolved.path}`);
    return {
      module: StreamsIngestModule,
      imports,
      controllers: [ingestController(service, resolved)],
      providers: [
        ...providers,
        {
          provide: service,
          inject: [
            getApplicationLogToken(resolved.application),
            getStreamsOptionsToken(resolved.application),
          ],
          useFactory: (log: ApplicationLog, application: StreamsModuleOptions) =>
            new IngestService(resolved, log, application),
        },
      ],
    };
  }

  /** Express leaves a body alone that it does not know; Fastify refuses it, unless told to leave it alone. */
  onModuleInit(): void {
    const { httpAdapter } = this.host;
    if (httpAdapter?.getType() !== 'fastify') return;
    const fastify = httpAdapter.getInstance<FastifyParsers>();
    const unknown = NDJSON.filter((type) => !fastify.hasContentTypeParser(type));
    if (unknown.length > 0) fastify.addContentTypeParser(unknown, (_request, _body, done) => done(null));
  }
}

/** What is used of a FastifyInstance. */
interface FastifyParsers {
  hasContentTypeParser(type: string): boolean;
  addContentTypeParser(
    types: string[],
    parser: (request: unknown, body: unknown, done: (error: Error | null, body?: unknown) => void) => void,
  ): void;
}
