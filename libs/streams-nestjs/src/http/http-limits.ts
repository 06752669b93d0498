import type { Server } from 'node:http';

/** What one client may take of the HTTP server that carries the probes. */
export interface HttpLimits {
  /** From the first byte of a request to the end of its headers. @defaultValue 10_000 */
  readonly headersTimeoutMs?: number;
  /** From its first byte to its last. A client that sends a byte a second is cut off then. @defaultValue 15_000 */
  readonly requestTimeoutMs?: number;
  /** How long a connection may wait for its next request. @defaultValue 5_000 */
  readonly keepAliveTimeoutMs?: number;
  /** Of silence on a connection in the middle of a request or an answer. @defaultValue 30_000 */
  readonly idleTimeoutMs?: number;
  /** At a time; what comes beyond is closed at once. @defaultValue 256 */
  readonly maxConnections?: number;
  /** On one connection; then it is closed. @defaultValue 1_000 */
  readonly maxRequestsPerConnection?: number;
  /** In one request; what comes beyond is not read. @defaultValue 64 */
  readonly maxHeaders?: number;
}

/** Limits for probes and small requests; generous to them, and short beside what Node and Fastify allow by themselves. */
export const HTTP_LIMITS: Required<HttpLimits> = {
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 15_000,
  keepAliveTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  maxConnections: 256,
  maxRequestsPerConnection: 1_000,
  maxHeaders: 64,
};

/** Sets them, whatever framework made the server: `limitHttpServer(app.getHttpServer())`, before `listen`.
 *  Node looks for requests that take too long every `connectionsCheckingInterval` (30 s, an option of `http.createServer`). The size
 *  of a body is the framework's to limit: `bodyLimit` of Fastify, `limit` of Express' parsers. */
export function limitHttpServer(server: Server, limits: HttpLimits = {}): void {
  const limit = { ...HTTP_LIMITS, ...limits };
  server.headersTimeout = limit.headersTimeoutMs;
  server.requestTimeout = limit.requestTimeoutMs;
  server.keepAliveTimeout = limit.keepAliveTimeoutMs;
  server.timeout = limit.idleTimeoutMs;
  server.maxConnections = limit.maxConnections;
  server.maxRequestsPerSocket = limit.maxRequestsPerConnection;
  server.maxHeadersCount = limit.maxHeaders;
}
