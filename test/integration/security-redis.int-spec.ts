import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { SegmentWriter, StoreError, type StorePort } from '@hiveframe/streams';
import { redis, type RedisStoreOptions } from '@hiveframe/streams-redis';
import { describeStores } from '@hiveframe/streams-testing/conformance';
import { canMakeCertificates, CertificateAuthority, type Certificate } from '../support/certificates.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { RedisServer } from '../support/redis-server.ts';
import { guideCommands } from '../support/security-guide.ts';
import { TlsRedis, tlsRedisBinary } from '../support/tls-redis.ts';

jest.setTimeout(120_000);

const binary = tlsRedisBinary();
const canRun = binary !== undefined && canMakeCertificates();
const USER = 'streams';
const PASSWORD = `pw-${randomUUID()}`;
const WRONG = `wrong-${randomUUID()}`;
/** How long a server may take connections and answer none. */
const PATIENCE_MS = 1_000;

/** The rule of the guide for its user, word by word. */
const [, , , ...rule] = guideCommands('ACL SETUSER')[0]!.split(' ');
const commands = rule.filter((word) => word.startsWith('+'));

async function setUser(server: RedisServer, words: readonly string[], user = USER): Promise<void> {
  await server.admin((client) =>
    client.acl('SETUSER', user, 'reset', ...words.map((word) => word.replace('PASSWORD', PASSWORD))),
  );
}

/** Every call of the store port, on both kinds of stores, with expiry, and with a partition that others have damaged. */
async function useStores(stores: StorePort, server: RedisServer): Promise<void> {
  await stores.connect(AbortSignal.timeout(10_000));
  for (const kind of ['keyValue', 'window'] as const) {
    const id = { applicationId: `app-${randomUUID()}`, store: kind, partition: 0 };
    const store = await stores.open(id, { name: kind, kind });
    const segment = kind === 'window' ? 60_000 : null;
    const write = (value: Buffer | null) => {
      const writer = new SegmentWriter();
      writer.append(Buffer.from('key'), value);
      return [writer.take(segment)];
    };
    const flush = (fromOffset: number, value: Buffer | null, expireBeforeMs: number | null = null) =>
      store.flush({ writes: write(value), expireBeforeMs, fromOffset, toOffset: fromOffset + 1 });
    expect(await flush(0, Buffer.from('value'))).toBe('applied');
    expect(await store.getMany(segment, [Buffer.from('key')])).toHaveLength(1);
    for await (const entries of store.scan(segment)) expect(entries).toHaveLength(1);
    await store.segments();
    expect(await flush(1, null)).toBe('applied');
    expect(await flush(2, Buffer.from('value'))).toBe('applied');
    if (kind === 'window') expect(await flush(3, null, 120_000)).toBe('applied');
    expect(await store.clear()).toBe('applied');
    expect(await flush(0, Buffer.from('value'))).toBe('applied');
    expect((await stores.open(id, { name: kind, kind })).changelogOffset).toBe(1);
    await server.admin((client) => client.set(`hfs:{${id.applicationId}:${kind}:0}:meta`, 'damaged'));
    expect((await stores.open(id, { name: kind, kind })).changelogOffset).toBeNull();
  }
}

(canRun ? describe : describe.skip)('Redis with TLS and an ACL user', () => {
  let authority: CertificateAuthority;
  let certificates: Record<'good' | 'expired' | 'other' | 'own', Certificate>;
  let ca: Buffer;
  let secure: TlsRedis;
  let mutual: TlsRedis;
  let logger: RecordingLogger;
  let stores: StorePort | undefined;

  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    ca = readFileSync(authority.certFile);
    certificates = {
      good: await authority.issue('redis'),
      expired: await authority.issue('expired', { expired: true }),
      other: await authority.issue('other', { names: ['DNS:redis.example.com'] }),
      own: await authority.issue('app'),
    };
    secure = await TlsRedis.start(binary!, { authority, certificate: certificates.good });
    mutual = await TlsRedis.start(binary!, { authority, certificate: certificates.good, mutual: true });
    await setUser(secure.server, rule);
  });
  afterAll(async () => {
    await Promise.all([secure?.stop(), mutual?.stop()]);
    await authority?.remove();
  });
  beforeEach(() => {
    logger = new RecordingLogger();
  });
  afterEach(async () => {
    await stores?.close(1_000);
    stores = undefined;
  });

  function storesOn(options: RedisStoreOptions): StorePort {
    stores = redis({ logger, commandTimeoutMs: PATIENCE_MS, ...options });
    return stores;
  }
  const asUser = (password = PASSWORD): RedisStoreOptions => ({
    url: secure.url(`${USER}:${password}`),
    client: { tls: { ca } },
  });
  const ownCertificate = () => ({
    ca,
    cert: readFileSync(certificates.own.certFile),
    key: readFileSync(certificates.own.keyFile),
  });
  function expectNoSecrets(texts: readonly string[]): void {
    const all = texts.join('\n');
    for (const secret of [PASSWORD, WRONG, 'PRIVATE KEY']) expect(all.includes(secret)).toBe(false);
  }
  /** Soon, and without a secret anywhere in it. */
  async function refusalOf(options: RedisStoreOptions): Promise<StoreError> {
    const startedMs = performance.now();
    const error = await errorOf(useStores(storesOn(options), secure.server));
    expect(performance.now() - startedMs).toBeLessThan(20 * PATIENCE_MS);
    expect(error.retryable).toBe(false);
    expectNoSecrets([...logger.lines, error.stack!, inspect(error, { depth: 10, showHidden: true })]);
    expectNoSecrets([JSON.stringify(stores), inspect(stores, { depth: 10 })]);
    return error;
  }

  describe('lets in', () => {
    it('the user of the guide', async () => {
      await useStores(storesOn(asUser()), secure.server);
      expect(logger.lines.filter((line) => !line.includes('was damaged'))).toEqual([]);
    });
    it('a client with a certificate of its own', async () => {
      await useStores(storesOn({ url: mutual.url(), client: { tls: ownCertificate() } }), mutual.server);
    });
  });

  describe('refuses, soon and with the reason', () => {
    it('a wrong password', async () => {
      expect((await refusalOf(asUser(WRONG))).message).toMatch(/WRONGPASS .*check user and password/);
    });
    it('a user it does not know', async () => {
      const error = await refusalOf({ ...asUser(), url: secure.url(`nobody:${WRONG}`) });
      expect(error.message).toMatch(/WRONGPASS/);
    });
    it('an authority that is not trusted', async () => {
      const { url } = asUser();
      expect((await refusalOf({ url: url! })).message).toMatch(/give the authority's own as `client.tls.ca`/);
    });
    it('no certificate of the client', async () => {
      const error = await refusalOf({ url: mutual.url(), client: { tls: { ca } } });
      expect(error.message).toMatch(/certificate of (this|the) client/);
    });
    it('a plain client on its TLS port', async () => {
      const error = await refusalOf({ url: `redis://${USER}:${PASSWORD}@127.0.0.1:${secure.tlsPort}` });
      expect(error.message).toMatch(/as does a port that speaks TLS \(rediss:/);
    });
    it('a TLS client on its plain port', async () => {
      const url = `rediss://${USER}:${PASSWORD}@${secure.server.address}`;
      const error = await refusalOf({ url, client: { tls: { ca }, connectTimeout: 500 } });
      expect(error.message).toMatch(/as does a port without TLS/);
    });
    it.each([
      ['expired', /server's certificate has expired/],
      ['other', /certificate is for other hosts/],
    ] as const)('a certificate: %s', async (name, reason) => {
      const other = await TlsRedis.start(binary!, { authority, certificate: certificates[name] });
      try {
        expect((await refusalOf({ url: other.url(), client: { tls: { ca } } })).message).toMatch(reason);
      } finally {
        await other.stop();
      }
    });
    it('keys that the user may not touch', async () => {
      const error = await refusalOf({ ...asUser(), keyPrefix: 'other:' });
      expect(error.message).toMatch(/may use the keys and commands/);
    });
    it.each(commands)('a user without %s: the rule has none too many', async (command) => {
      await setUser(
        secure.server,
        rule.filter((word) => word !== command),
        'less',
      );
      const error = await refusalOf({ ...asUser(), url: secure.url(`less:${PASSWORD}`) });
      expect(error.message).toMatch(/may use the keys and commands|Let the user run CONFIG GET or INFO/);
    });
  });

  if (binary !== undefined) {
    describeStores('redis by TLS as the user of the guide', () => ({
      stores: async () => redis(asUser()),
      uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
      modelRuns: 10,
    }));
  }
});

async function errorOf(promise: Promise<unknown>): Promise<StoreError> {
  const error = await promise.then(
    () => new Error('it resolved'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw new Error('Expected a StoreError.', { cause: error });
  return error;
}
