import { StoreNotHereError } from '@hiveframe/streams';
import {
  Controller,
  Get,
  Inject,
  Param,
  Query,
  Req,
  Res,
  UseFilters,
  type InjectionToken,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { single } from '../http/query-parameters.ts';
import { QueryProblemsFilter } from './problems.filter.ts';
import type { Answer, QueriesService } from './queries.service.ts';
import type { ResolvedQueriesOptions } from './queries-options.ts';
import type { QueryForwarder, QueryRequest } from './query-forwarder.ts';

export interface QueryParts {
  readonly service: QueriesService;
  readonly forwarder: QueryForwarder;
}

/** The class of the routes of one application: they differ in path, guards and parts. */
export function queriesController(
  parts: InjectionToken,
  { path, decorators }: Pick<ResolvedQueriesOptions, 'path' | 'decorators'>,
): Type {
  @Controller(path)
  @UseFilters(QueryProblemsFilter)
  class QueriesController {
    constructor(
      @Inject(parts) private readonly parts: QueryParts,
      private readonly host: HttpAdapterHost,
    ) {}

    @Get()
    stores(@Req() request: QueryRequest, @Res({ passthrough: true }) response: unknown): Promise<string> {
      return this.answer(request, response, (service) => service.stores());
    }

    @Get(':store')
    page(
      @Req() request: QueryRequest,
      @Res({ passthrough: true }) response: unknown,
      @Param('store') store: string,
      @Query() parameters: unknown,
    ): Promise<string> {
      return this.answer(request, response, (service) => service.page(store, single(parameters)));
    }

    @Get(':store/:key')
    one(
      @Req() request: QueryRequest,
      @Res({ passthrough: true }) response: unknown,
      @Param('store') store: string,
      @Param('key') key: string,
      @Query() parameters: unknown,
    ): Promise<string> {
      return this.answer(request, response, (service) => service.get(store, key, single(parameters)));
    }

    @Get(':store/:key/windows')
    windows(
      @Req() request: QueryRequest,
      @Res({ passthrough: true }) response: unknown,
      @Param('store') store: string,
      @Param('key') key: string,
      @Query() parameters: unknown,
    ): Promise<string> {
      return this.answer(request, response, (service) => service.windows(store, key, single(parameters)));
    }

    private async answer(
      request: QueryRequest,
      response: unknown,
      ask: (service: QueriesService) => Answer | Promise<Answer>,
    ): Promise<string> {
      const { body, headers } = await this.ask(request, ask);
      const all = {
        ...headers,
        'Cache-Control': 'no-store',
        'Content-Type': 'application/json; charset=utf-8',
      };
      for (const [name, value] of Object.entries(all)) this.host.httpAdapter.setHeader(response, name, value);
      return body;
    }

    private async ask(
      request: QueryRequest,
      ask: (service: QueriesService) => Answer | Promise<Answer>,
    ): Promise<Answer> {
      const { service, forwarder } = this.parts;
      try {
        return await ask(service);
      } catch (error) {
        if (error instanceof StoreNotHereError) return forwarder.ask(error, request);
        throw error;
      }
    }
  }
  for (const decorate of decorators) decorate(QueriesController);
  return QueriesController;
}
