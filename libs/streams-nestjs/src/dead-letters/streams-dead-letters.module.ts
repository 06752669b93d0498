import { Module, type DynamicModule } from '@nestjs/common';
import { getStreamsToken } from '../decorators/inject-streams.decorator.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { ApplicationLog } from '../lifecycle/application-log.ts';
import type { StreamsLifecycle } from '../lifecycle/streams.lifecycle.ts';
import { getApplicationLogToken, getStreamsOptionsToken } from '../streams.tokens.ts';
import { DeadLetterProblemsFilter } from './dead-letter-problems.filter.ts';
import { deadLettersController } from './dead-letters.controller.ts';
import { DeadLettersService } from './dead-letters.service.ts';
import { resolveDeadLettersOptions, type DeadLettersModuleOptions } from './dead-letters-options.ts';

/** Endpoints that show and replay dead letters: `register` once for each application. */
@Module({})
export class StreamsDeadLettersModule {
  /** `GET <path>`: pages of them. `GET <path>/:topic/:partition/:offset`: one whole. `POST <path>/replay`: a `ReplayRequest`, answered
   *  with a `ReplayReport`. `GET <path>/audit`: who replayed what. @throws ConfigError */
  static register(options: DeadLettersModuleOptions = {}): DynamicModule {
    const { imports = [], providers = [] } = options;
    const resolved = resolveDeadLettersOptions(options);
    const { application } = resolved;
    const service = Symbol(`dead letters at ${resolved.path}`);
    return {
      module: StreamsDeadLettersModule,
      imports,
      controllers: [deadLettersController(service, resolved)],
      providers: [
        ...providers,
        DeadLetterProblemsFilter,
        {
          provide: service,
          inject: [
            getApplicationLogToken(application),
            getStreamsOptionsToken(application),
            getStreamsToken(application),
          ],
          useFactory: (
            log: ApplicationLog,
            settings: StreamsModuleOptions,
            lifecycle: StreamsLifecycle,
          ): DeadLettersService => new DeadLettersService(resolved, log, settings, lifecycle),
        },
      ],
    };
  }
}
