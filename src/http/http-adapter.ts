import { limitHttpServer } from '@hiveframe/streams-nestjs';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Settings } from '../config/settings.ts';

/** How often Node looks for requests that take too long: they may last so much longer than allowed. */
const CHECK_EVERY_MS = 1_000;
const MAX_HEADER_BYTES = 8 * 1024;

export type HttpSettings = Pick<Settings, 'httpMaxBodyBytes' | 'httpMaxConnections' | 'httpRequestTimeoutMs'>;

/** Fastify, limited in what one client may take of it. */
export function createHttpAdapter(settings: HttpSettings): FastifyAdapter {
  const requestTimeoutMs = settings.httpRequestTimeoutMs;
  const adapter = new FastifyAdapter({
    bodyLimit: settings.httpMaxBodyBytes,
    http: { connectionsCheckingInterval: CHECK_EVERY_MS, maxHeaderSize: MAX_HEADER_BYTES },
  });
  limitHttpServer(adapter.getHttpServer(), {
    requestTimeoutMs,
    headersTimeoutMs: Math.min(10_000, requestTimeoutMs),
    maxConnections: settings.httpMaxConnections,
  });
  return adapter;
}
