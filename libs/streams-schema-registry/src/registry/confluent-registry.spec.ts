import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import { ConfigError } from '@hiveframe/streams';
import { canMakeCertificates, CertificateAuthority } from '../../../../test/support/certificates.ts';
import { schemaRegistry } from './confluent-registry.ts';
import type { SchemaRegistryOptions } from './registry-options.ts';

interface Reply {
  readonly status?: number;
  readonly body: unknown;
}
const servers: Server[] = [];
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(server: Server): Promise<number> {
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}
function answering(answer: (request: string, message: IncomingMessage) => Reply | null): RequestListener {
  return (request, response) => {
    const reply = answer(`${request.method} ${request.url}`, request);
    if (reply === null) return; // no answer, ever
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' });
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
  };
}
/** A registry that answers so. */
async function serve(
  answer: (request: string, message: IncomingMessage) => Reply | null,
  options: Omit<SchemaRegistryOptions, 'url'> = {},
) {
  const port = await listen(createServer(answering(answer)));
  return schemaRegistry({ url: `http://127.0.0.1:${port}/`, ...options });
}
const unknown: Reply = { status: 404, body: { error_code: 40403, message: 'Schema not found' } };
const subjects: Reply = { body: [] };
const SCHEMA = { type: 'AVRO' as const, text: '"string"', references: [] };

describe('schemaRegistry', () => {
  it('takes a 404 for an unknown schema from a registry only', async () => {
    const registry = await serve((request) => (request === 'GET /subjects' ? subjects : unknown));
    expect(await registry.schemaById(7)).toBeNull();
    const elsewhere = await serve(() => ({ status: 404, body: '<html>no such page</html>' }));
    await expect(elsewhere.schemaById(7)).rejects.toMatchObject({ failure: 'unavailable' });
  });

  it('takes no answer, a refused connection and a 5xx for an outage', async () => {
    const silent = await serve(() => null, { requestTimeoutMs: 50 });
    await expect(silent.idOf('s', SCHEMA)).rejects.toMatchObject({ failure: 'unavailable' });
    const refused = schemaRegistry({ url: 'http://127.0.0.1:1' });
    await expect(refused.idOf('s', SCHEMA)).rejects.toThrow(
      /Cannot look up the schema under subject s at schema registry http:\/\/127.0.0.1:1: .*ECONNREFUSED.* Check url, and that it is up\./,
    );
    const broken = await serve(() => ({ status: 500, body: { message: 'storage is down' } }));
    await expect(broken.register('s', SCHEMA)).rejects.toThrow(/storage is down. Check url/);
  });

  it('tells credentials that are refused, and never shows them', async () => {
    const registry = await serve(() => ({ status: 401, body: { message: 'Unauthorized' } }), {
      auth: { username: 'user', password: 'SECRET' },
    });
    const error = (await registry.schemaById(1).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ failure: 'unauthorized' });
    expect(JSON.stringify([error.message, error, error.cause])).not.toMatch(/SECRET|U0VDUkVU/);
  });

  it('sends a user with a password, or a token that is asked for before each request', async () => {
    const seen: (string | undefined)[] = [];
    const record = (_: string, { headers }: IncomingMessage): Reply => {
      seen.push(headers.authorization);
      return { body: { id: 5, schema: '"string"' } };
    };
    const basic = await serve(record, { auth: { username: 'user', password: 'pass' } });
    await basic.schemaById(1);
    let turn = 0;
    const token = await serve(record, { auth: { bearer: async () => `token-${++turn}` } });
    await token.idOf('s', SCHEMA);
    await token.register('s', SCHEMA);
    expect(seen).toEqual(['Basic dXNlcjpwYXNz', 'Bearer token-1', 'Bearer token-2']);
  });

  it('says subject, version, field and demand of a schema that is not compatible', async () => {
    const registry = await serve((request) => {
      if (request === 'POST /subjects/t-value/versions')
        return {
          status: 409,
          body: {
            error_code: 409,
            message: `READER_FIELD_MISSING_DEFAULT_VALUE /fields/2 amount ${'x'.repeat(1_000)}`,
          },
        };
      if (request === 'GET /subjects/t-value/versions/latest') return { body: { version: 3, id: 12 } };
      return { body: { compatibilityLevel: 'FULL_TRANSITIVE' } };
    });
    const error = await registry.register('t-value', SCHEMA).catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ failure: 'incompatible' });
    const { message } = error as Error;
    expect(message).toMatch(
      /under subject t-value .* version 3 \(id 12\): READER_FIELD_MISSING_DEFAULT_VALUE .* amount/,
    );
    expect(message).toMatch(
      /Under FULL_TRANSITIVE, .* give each new field a default, .* remove only fields that have a default/,
    );
    expect(message.length).toBeLessThan(1_500);
  });

  it('writes no compatibility level, and sends references and the type of what is not Avro', async () => {
    const bodies: unknown[] = [];
    const port = await listen(
      createServer((request, response) => {
        let text = '';
        request.on('data', (chunk) => (text += String(chunk)));
        request.on('end', () => {
          bodies.push([`${request.method} ${request.url}`, JSON.parse(text)]);
          response.end('{"id":1}');
        });
      }),
    );
    const registry = schemaRegistry({ url: `http://127.0.0.1:${port}` });
    const references = [{ name: 'a.proto', subject: 'a', version: 1 }];
    await registry.register('s/1', { type: 'PROTOBUF', text: 'message', references });
    await registry.register('s', SCHEMA);
    expect(bodies).toEqual([
      ['POST /subjects/s%2F1/versions', { schema: 'message', schemaType: 'PROTOBUF', references }],
      ['POST /subjects/s/versions', { schema: '"string"' }],
    ]);
  });

  (canMakeCertificates() ? it : it.skip)('trusts the certificates that it is given', async () => {
    const authority = await CertificateAuthority.create();
    cleanUps.push(() => authority.remove());
    const { certFile, keyFile } = await authority.issue('registry');
    const [cert, key, ca] = await Promise.all(
      [certFile, keyFile, authority.certFile].map((file) => readFile(file, 'utf8')),
    );
    const port = await listen(
      createSecureServer(
        { cert: cert!, key: key! },
        answering(() => ({ body: { schema: '"string"' } })),
      ) as unknown as Server,
    );
    const url = `https://localhost:${port}`;
    await expect(schemaRegistry({ url }).schemaById(1)).rejects.toMatchObject({ failure: 'unavailable' });
    expect(await schemaRegistry({ url, tls: { ca: ca! } }).schemaById(1)).toEqual(SCHEMA);
  });

  it('refuses options that cannot work, all of them together', () => {
    const url = 'http://user:SECRET@registry:8081';
    const make = () => schemaRegistry({ url, tls: { ca: 'x' }, requestTimeoutMs: 0 });
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(
      /url has credentials in it: give them as auth.*; tls is given.*; requestTimeoutMs is 0/,
    );
    expect(make).not.toThrow(/SECRET/);
    expect(() => schemaRegistry({ url: 'registry:8081' })).toThrow('url is no http or https address');
  });
});
