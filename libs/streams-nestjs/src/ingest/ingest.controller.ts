import { Readable } from 'node:stream';
import {
  Body,
  Controller,
  Headers,
  HttpCode,
  HttpException,
  HttpStatus,
  Inject,
  Post,
  Req,
  Res,
  UnsupportedMediaTypeException,
  type InjectionToken,
  type Type,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { idempotencyKeyOf } from './ingest-headers.ts';
import type { ResolvedIngestOptions } from './ingest-options.ts';
import type { IngestAnswer, IngestService } from './ingest.service.ts';

/** Lines of JSON: https://github.com/ndjson/ndjson-spec */
export const NDJSON = ['application/x-ndjson', 'application/jsonl', 'application/ndjson'];

/** Of Express, a stream itself; of Fastify, around one. */
type PlatformRequest = Readable | { readonly raw: Readable };

/** The class of an endpoint: each has a route and a service of its own. */
export function ingestController<V, K>(
  service: InjectionToken,
  {
    path,
    decorators,
    retryAfterMs,
  }: Pick<ResolvedIngestOptions<V, K>, 'path' | 'decorators' | 'retryAfterMs'>,
): Type {
  @Controller(path)
  class IngestController {
    constructor(
      @Inject(service) private readonly ingest: IngestService<V, K>,
      private readonly host: HttpAdapterHost,
    ) {}

    @Post()
    @HttpCode(HttpStatus.ACCEPTED)
    async take(
      @Req() request: PlatformRequest,
      @Res({ passthrough: true }) response: unknown,
      @Body() body: unknown,
      @Headers('content-type') contentType?: string,
      @Headers('idempotency-key') idempotencyKey?: string,
    ): Promise<IngestAnswer> {
      const key = idempotencyKeyOf(idempotencyKey);
      try {
        if (isNdjson(contentType)) return await this.takeLines(request, response, key);
        // Express leaves a body alone that it has no parser for, also of `…+json`
        if (!isJson(contentType) || body === undefined)
          throw new UnsupportedMediaTypeException(ACCEPTED_TYPES);
        return await this.ingest.accept(body, key);
      } catch (error) {
        if (isLater(error))
          this.host.httpAdapter.setHeader(response, 'Retry-After', String(Math.ceil(retryAfterMs / 1_000)));
        throw error;
      }
    }

    /** A body that is not read to its end must not be taken for the next request. */
    private async takeLines(
      request: PlatformRequest,
      response: unknown,
      key: string | null,
    ): Promise<IngestAnswer> {
      const body = request instanceof Readable ? request : request.raw;
      try {
        return await this.ingest.acceptLines(body.iterator({ destroyOnReturn: false }), key);
      } catch (error) {
        this.host.httpAdapter.setHeader(response, 'Connection', 'close');
        throw error;
      }
    }
  }
  for (const decorate of decorators) decorate(IngestController);
  return IngestController;
}

const ACCEPTED_TYPES = `Send application/json (an event, or an array of events) or ${NDJSON[0]} (an event a line).`;

function isNdjson(contentType = ''): boolean {
  return NDJSON.includes(mediaType(contentType));
}
function isJson(contentType = ''): boolean {
  return /^application\/([\w.+-]+\+)?json$/.test(mediaType(contentType));
}
function mediaType(contentType: string): string {
  return contentType.split(';', 1)[0]!.trim().toLowerCase();
}
function isLater(error: unknown): boolean {
  return error instanceof HttpException && [429, 503].includes(error.getStatus());
}
