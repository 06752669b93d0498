import type { Page, RenderedDeadLetter, ReplayAuditEntry, ReplayReport } from '@hiveframe/streams';
import {
  Body,
  Controller,
  ForbiddenException,
  Get,
  Header,
  HttpCode,
  HttpStatus,
  Inject,
  Param,
  Post,
  Query,
  Req,
  UseFilters,
  type InjectionToken,
  type Type,
} from '@nestjs/common';
import { single } from '../http/query-parameters.ts';
import { DeadLetterProblemsFilter } from './dead-letter-problems.filter.ts';
import type { DeadLettersService } from './dead-letters.service.ts';
import type { AuthorizeReplay, ResolvedDeadLettersOptions } from './dead-letters-options.ts';
import { parseReplay } from './replay-request.ts';

/** The class of the routes of one application: they differ in path, guards and service. */
export function deadLettersController(
  service: InjectionToken,
  { path, decorators, authorizeReplay }: ResolvedDeadLettersOptions,
): Type {
  @Controller(path)
  @UseFilters(DeadLetterProblemsFilter)
  class DeadLettersController {
    constructor(@Inject(service) private readonly deadLetters: DeadLettersService) {}

    @Get()
    @Header('Cache-Control', 'no-store')
    list(@Query() parameters: unknown): Promise<Page<RenderedDeadLetter>> {
      return this.deadLetters.list(single(parameters));
    }

    @Get('audit')
    @Header('Cache-Control', 'no-store')
    audit(@Query() parameters: unknown): Promise<Page<ReplayAuditEntry>> {
      return this.deadLetters.audit(single(parameters));
    }

    @Get(':topic/:partition/:offset')
    @Header('Cache-Control', 'no-store')
    show(
      @Param('topic') topic: string,
      @Param('partition') partition: string,
      @Param('offset') offset: string,
    ): Promise<RenderedDeadLetter> {
      return this.deadLetters.show(topic, partition, offset);
    }

    @Post('replay')
    @HttpCode(HttpStatus.OK)
    @Header('Cache-Control', 'no-store')
    async replay(@Req() request: unknown, @Body() body: unknown): Promise<ReplayReport> {
      const authorize = authorizeReplay ?? refuseAll();
      const replay = parseReplay(body);
      const { to, dryRun = false, force = false, again = false, edit } = replay;
      const asked = { ...(to !== undefined && { to }), dryRun, force, again, isEdited: edit !== undefined };
      return this.deadLetters.replay(replay, await operatorOf(authorize, request, asked));
    }
  }
  for (const decorate of decorators) decorate(DeadLettersController);
  return DeadLettersController;
}

function refuseAll(): never {
  throw new ForbiddenException(
    'Nobody may replay here: who does must be known for the audit. Give StreamsDeadLettersModule.register an authorizeReplay that names the operator of a request.',
  );
}

async function operatorOf(
  authorize: AuthorizeReplay,
  request: unknown,
  replay: Parameters<AuthorizeReplay>[1],
): Promise<string> {
  const by = await authorize(request, replay);
  if (typeof by === 'string' && by.trim() !== '') return by;
  throw new ForbiddenException('You may not replay these dead letters.');
}
