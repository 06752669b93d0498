import type registryApi from '@kafkajs/confluent-schema-registry/dist/api/index.js';
import type { SchemaRegistryOptions } from './registry-options.ts';

type Middleware = NonNullable<Parameters<typeof registryApi.default>[0]['middlewares']>[number];

/** What each request to the registry carries. */
export function clientMiddleware(auth: SchemaRegistryOptions['auth'], timeoutMs: number): Middleware {
  return () => ({
    async prepareRequest(next) {
      const request = await next();
      const authorization = await authorizationOf(auth);
      const headers = authorization === null ? {} : { Authorization: authorization };
      return request.enhance({ headers, timeout: timeoutMs });
    },
  });
}

async function authorizationOf(auth: SchemaRegistryOptions['auth']): Promise<string | null> {
  if (auth === undefined) return null;
  if (!('bearer' in auth))
    return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
  const token = typeof auth.bearer === 'function' ? await auth.bearer() : auth.bearer;
  return `Bearer ${token}`;
}
