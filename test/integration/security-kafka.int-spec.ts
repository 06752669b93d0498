import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { LogError, type LogPort, type TopicPartition } from '@hiveframe/streams';
import { kafkajs, type KafkaJsOptions, type SaslOptions } from '@hiveframe/streams-kafkajs';
import { canMakeCertificates, CertificateAuthority, type Certificate } from '../support/certificates.ts';
import { KafkaCluster } from '../support/kafka-cluster.ts';
import { batchOf, numbered, readTexts } from '../support/log-records.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { SecureKafka, SESSION_MS, USER, type ListenerName } from '../support/secure-kafka.ts';

jest.setTimeout(180_000);

const script = KafkaCluster.script();
const canRun = script !== undefined && canMakeCertificates();

/** What no output may contain, in the wrong credentials below. */
const WRONG = `wrong-${randomUUID()}`;
/** Of those who are refused: how long they may be in doubt follows from it. */
const CONNECTION_TIMEOUT_MS = 1_000;
const SOON_MS = 30_000;

(canRun ? describe : describe.skip)('Kafka with TLS, SASL and ACLs', () => {
  let authority: CertificateAuthority;
  let kafka: SecureKafka;
  let own: Certificate;
  let ca: string;
  let logger: RecordingLogger;
  let log: LogPort | undefined;

  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    ca = readFileSync(authority.certFile, 'utf8');
    own = await authority.issue(USER);
    kafka = await SecureKafka.start(script!, authority);
    const everything = ['--topic', '--group', '--transactional-id'].flatMap((resource) => [resource, 'sec-']);
    const principal = ['--allow-principal', `User:${USER}`, '--operation', 'All'];
    await kafka.tool('acls', ['--add', ...principal, ...everything, '--resource-pattern-type', 'prefixed']);
  });
  afterAll(async () => {
    await kafka?.stop();
    await authority?.remove();
  });
  beforeEach(() => {
    logger = new RecordingLogger();
  });
  afterEach(async () => {
    await log?.close(2_000);
    log = undefined;
  });

  function logAt(listener: ListenerName, options: Partial<KafkaJsOptions> = {}): LogPort {
    log = kafkajs({ brokers: [kafka.address(listener)], logger, ...options });
    return log;
  }
  const password = (mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512', secret = kafka.password) =>
    ({ mechanism, username: USER, password: secret }) satisfies SaslOptions;
  const ownCertificate = () => ({
    ca,
    cert: readFileSync(own.certFile),
    key: readFileSync(own.keyFile),
  });

  async function newTopic(): Promise<TopicPartition> {
    const at = { topic: `sec-${randomUUID()}`, partition: 0 };
    await log!.admin.create([{ topic: at.topic, numPartitions: 1 }]);
    return at;
  }
  async function committedTexts(at: TopicPartition): Promise<string[]> {
    const reader = log!.reader({ isolation: 'read_committed' });
    reader.assign(at, 0);
    const [end] = await log!.admin.offsets([at], 'end');
    return readTexts(reader, end!.offset);
  }
  async function openWriter() {
    const transactionalId = `sec-${randomUUID()}`;
    const writer = log!.transactionalWriter({ transactionalId, transactionTimeoutMs: 60_000 });
    await writer.open();
    return writer;
  }

  describe('lets in, for a transaction from its beginning to a reader of what it committed', () => {
    const ways: ReadonlyArray<[string, ListenerName, () => Partial<KafkaJsOptions>]> = [
      ['TLS', 'tls', () => ({ ssl: { ca } })],
      ['a certificate of its own', 'mutual', () => ({ ssl: ownCertificate() })],
      ['PLAIN', 'sasl', () => ({ ssl: { ca }, sasl: password('plain') })],
      ['SCRAM-SHA-256', 'sasl', () => ({ ssl: { ca }, sasl: password('scram-sha-256') })],
      ['SCRAM-SHA-512', 'sasl', () => ({ ssl: { ca }, sasl: password('scram-sha-512') })],
      ['OAUTHBEARER', 'sasl', () => ({ ssl: { ca }, sasl: token(unsignedToken(USER)) })],
    ];
    it.each(ways)('%s', async (_, listener, options) => {
      await logAt(listener, options()).connect();
      const at = await newTopic();
      const transaction = (await openWriter()).begin();
      await transaction.send([batchOf(at, numbered('r', 100))]);
      expect(await transaction.commit()).toBe('committed');
      expect(await committedTexts(at)).toEqual(numbered('r', 100));
      expectNoSecrets(logger.lines);
    });
  });

  describe('refuses, soon and with the reason', () => {
    const cases: ReadonlyArray<[string, ListenerName, () => Partial<KafkaJsOptions>, RegExp]> = [
      [
        'a wrong password by PLAIN',
        'sasl',
        () => ({ ssl: { ca }, sasl: password('plain', WRONG) }),
        /refused the credentials: SASL PLAIN .*Invalid username or password/,
      ],
      [
        'a wrong password by SCRAM-SHA-256',
        'sasl',
        () => ({ ssl: { ca }, sasl: password('scram-sha-256', WRONG) }),
        /refused the credentials: SASL SCRAM SHA256 .*invalid credentials/,
      ],
      [
        'a wrong password by SCRAM-SHA-512',
        'sasl',
        () => ({ ssl: { ca }, sasl: password('scram-sha-512', WRONG) }),
        /refused the credentials: SASL SCRAM SHA512 .*invalid credentials/,
      ],
      [
        'a user it does not know',
        'sasl',
        () => ({ ssl: { ca }, sasl: { mechanism: 'scram-sha-512', username: 'nobody', password: WRONG } }),
        /refused the credentials/,
      ],
      [
        'a token that is none',
        'sasl',
        () => ({ ssl: { ca }, sasl: token(WRONG) }),
        /refused the credentials: SASL OAUTHBEARER .*invalid_token/,
      ],
      [
        'a mechanism it does not offer',
        'sasl',
        () => ({
          ssl: { ca },
          sasl: { mechanism: 'aws', authorizationIdentity: 'a', accessKeyId: 'b', secretAccessKey: WRONG },
        }),
        /does not offer this SASL mechanism/,
      ],
      ['no credentials', 'sasl', () => ({ ssl: { ca } }), /does it ask for credentials \(`sasl`\)\?/],
      [
        'credentials where it asks for none',
        'tls',
        () => ({ ssl: { ca }, sasl: password('plain', WRONG) }),
        /asks for no credentials on this port/,
      ],
      [
        'an authority that is not trusted',
        'tls',
        () => ({ ssl: true }),
        /give the authority's own certificate as `ssl.ca`/,
      ],
      ['its expired certificate', 'expired', () => ({ ssl: { ca } }), /broker's certificate has expired/],
      [
        'its certificate for another host',
        'otherhost',
        () => ({ ssl: { ca } }),
        /certificate is for other hosts/,
      ],
      [
        'no certificate of the client',
        'mutual',
        () => ({ ssl: { ca } }),
        /asks for a certificate of this client/,
      ],
      ['a plain client on its TLS port', 'tls', () => ({}), /speaks TLS on this port/],
      ['a TLS client on its plain port', 'plain', () => ({ ssl: { ca } }), /does it speak TLS on this port/],
    ];
    it.each(cases)('%s', async (_, listener, options, reason) => {
      const startedMs = performance.now();
      const error = await errorOf(
        logAt(listener, { ...options(), connectionTimeoutMs: CONNECTION_TIMEOUT_MS }).connect(),
      );
      expect(performance.now() - startedMs).toBeLessThan(SOON_MS);
      expect(error.failure).toEqual({ kind: 'unauthorized' });
      expect(error.message).toMatch(reason);
      expectNoSecrets([...logger.lines, error.stack!, inspect(error, { depth: 10, showHidden: true })]);
      expectNoSecrets([JSON.stringify(log), inspect(log, { depth: 10, showHidden: true })]);
    });

    it('what an ACL does not allow, naming it', async () => {
      await logAt('sasl', { ssl: { ca }, sasl: password('scram-sha-512') }).connect();
      const other = log!.transactionalWriter({ transactionalId: 'other', transactionTimeoutMs: 60_000 });
      const error = await errorOf(other.open());
      expect(error.failure).toEqual({ kind: 'unauthorized' });
      expect(error.message).toMatch(/other/);
      expectNoSecrets([...logger.lines, inspect(error, { depth: 10, showHidden: true })]);
    });
  });

  describe(`ends sessions after ${SESSION_MS} ms`, () => {
    /** Commits a transaction every tenth of a second, a record each. */
    async function writeUntil(isOver: () => boolean, at: TopicPartition): Promise<string[]> {
      const writer = await openWriter();
      const written: string[] = [];
      while (!isOver()) {
        const text = `r${written.length}`;
        const transaction = writer.begin();
        await transaction.send([batchOf(at, [text])]);
        expect(await transaction.commit()).toBe('committed');
        written.push(text);
        await delay(100);
      }
      return written;
    }
    function sessionsFromNow(count: number): () => boolean {
      const untilMs = performance.now() + count * SESSION_MS;
      return () => performance.now() > untilMs;
    }

    it('and connections are replaced before: nothing is lost, repeated or complained of', async () => {
      await logAt('expiring', { ssl: { ca }, sasl: password('scram-sha-512') }).connect();
      const at = await newTopic();
      const written = await writeUntil(sessionsFromNow(3), at);
      expect(await committedTexts(at)).toEqual(written);
      expect(logger.lines.filter((line) => !line.startsWith('debug'))).toEqual([]);
    });

    it('and credentials are asked for again, so that they can be changed meanwhile', async () => {
      let current = password('scram-sha-256');
      let isOver = () => false;
      await logAt('expiring', { ssl: { ca }, sasl: async () => current }).connect();
      const at = await newTopic();
      const writing = writeUntil(() => isOver(), at);
      const rotated = `new-${randomUUID()}`;
      try {
        await kafka.setScramPassword(rotated, ['SCRAM-SHA-512']);
        current = password('scram-sha-512', rotated);
        await kafka.setScramPassword(rotated, ['SCRAM-SHA-256']); // the old one is good for nothing now
        isOver = sessionsFromNow(1.5);
        const written = await writing;
        expect(await committedTexts(at)).toEqual(written);
      } finally {
        await kafka.setScramPassword(kafka.password);
      }
    });

    it('and a password that was taken away ends in that, not in tries', async () => {
      await logAt('expiring', { ssl: { ca }, sasl: password('scram-sha-512') }).connect();
      const at = await newTopic();
      try {
        await kafka.setScramPassword(`other-${randomUUID()}`, ['SCRAM-SHA-512']);
        const error = await errorOf(writeUntil(sessionsFromNow(4), at));
        expect(error.failure).toEqual({ kind: 'unauthorized' });
        expect(error.message).toMatch(/refused the credentials/);
      } finally {
        await kafka.setScramPassword(kafka.password);
      }
    });
  });

  function expectNoSecrets(texts: readonly string[]): void {
    const all = texts.join('\n');
    for (const secret of [WRONG, kafka.password, 'PRIVATE KEY']) {
      expect(all.includes(secret)).toBe(false);
      expect(all.includes(Buffer.from(secret).toString('base64').slice(0, -4))).toBe(false);
    }
  }
});

function token(value: string): SaslOptions {
  return { mechanism: 'oauthbearer', oauthBearerProvider: async () => ({ value }) };
}

/** What a broker takes that was not told which authority signs tokens: for tests. */
function unsignedToken(sub: string): string {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const part = (json: object) => Buffer.from(JSON.stringify(json)).toString('base64url');
  return `${part({ alg: 'none' })}.${part({ sub, iat: nowSeconds, exp: nowSeconds + 3_600 })}.`;
}

async function errorOf(promise: Promise<unknown>): Promise<LogError> {
  const error = await promise.then(
    () => new Error('it resolved'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof LogError)) throw new Error('Expected a LogError.', { cause: error });
  return error;
}
