import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RecordCursor } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { canMakeCertificates, CertificateAuthority, type Certificate } from '../support/certificates.ts';
import { Cluster } from '../support/cluster.ts';
import { KafkaCluster } from '../support/kafka-cluster.ts';
import { ReferenceApp, type AppSettings } from '../support/reference-app.ts';
import { guideCommands } from '../support/security-guide.ts';
import { SecureKafka, USER, type ListenerName } from '../support/secure-kafka.ts';
import { TlsRedis, tlsRedisBinary } from '../support/tls-redis.ts';

jest.setTimeout(300_000);

const script = KafkaCluster.script();
const redisBinary = tlsRedisBinary();
const canRun = script !== undefined && redisBinary !== undefined && canMakeCertificates();

const REDIS_PASSWORD = `pw-${randomUUID()}`;
const WRONG = `wrong-${randomUUID()}`;
const PASSPHRASE = `phrase-${randomUUID()}`;
const NUM_PARTITIONS = 2;
const WINDOW_MS = 1_000;
const BASE_MS = 1_700_000_000_000;
const WINDOWS_A_ROUND = 50;
const READINGS_A_WINDOW = 20;
/** The defaults of the application, and so the names in the guide. */
const APPLICATION_ID = 'iot-sensor-analytics';
const INPUT = 'sensor-readings';
const OUTPUT = 'sensor-aggregates';

interface Aggregate {
  readonly sensor_id: string;
  readonly window_start: number;
  readonly reading_count: number;
}

(canRun ? describe : describe.skip)('the application on a Kafka and a Redis that trust nobody', () => {
  let authority: CertificateAuthority;
  let own: Certificate;
  let kafka: SecureKafka;
  let redis: TlsRedis;
  let cluster: Cluster;
  let passwordFile: string;
  let app: ReferenceApp | undefined;

  beforeAll(async () => {
    authority = await CertificateAuthority.create();
    own = await authority.issue(USER, { passphrase: PASSPHRASE });
    [kafka, redis] = await Promise.all([
      SecureKafka.start(script!, authority),
      TlsRedis.start(redisBinary!, { authority, certificate: await authority.issue('redis') }),
    ]);
    passwordFile = join(authority.certFile, '..', 'password');
    await writeFile(passwordFile, `${kafka.password}\n`);
    cluster = await Cluster.connect(kafka.address('plain'));
    for (const topic of [INPUT, OUTPUT, 'sensor-alerts', 'sensor-readings-dlq']) {
      await cluster.createTopic(topic, NUM_PARTITIONS);
    }
    await allowInRedis();
  });
  afterEach(async () => {
    app?.kill('SIGKILL');
    await app?.exited;
    app = undefined;
  });
  afterAll(async () => {
    await cluster?.close();
    await Promise.all([kafka?.stop(), redis?.stop()]);
    await authority?.remove();
  });

  async function allowInRedis(): Promise<void> {
    const [, , user, ...rule] = guideCommands('ACL SETUSER')[0]!
      .replace('PASSWORD', REDIS_PASSWORD)
      .split(' ');
    await redis.server.admin((client) => client.acl('SETUSER', user!, ...rule));
  }
  async function allowInKafka(): Promise<void> {
    const commands = guideCommands('kafka-acls.sh').map((line) => line.split(/\s+/).slice(3));
    await Promise.all(commands.map((args) => kafka.tool('acls', args)));
  }

  const sasl = (mechanism: string, listener: ListenerName = 'sasl'): AppSettings => ({
    KAFKA_BROKERS: kafka.address(listener),
    KAFKA_SSL_CA_FILE: authority.certFile,
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: USER,
    KAFKA_SASL_PASSWORD: kafka.password,
  });
  const certificate = (): AppSettings => ({
    KAFKA_BROKERS: kafka.address('mutual'),
    KAFKA_SSL_CA_FILE: authority.certFile,
    KAFKA_SSL_CERT_FILE: own.certFile,
    KAFKA_SSL_KEY_FILE: own.keyFile,
    KAFKA_SSL_KEY_PASSPHRASE: PASSPHRASE,
  });
  const redisSettings = (): AppSettings => ({
    REDIS_URL: redis.url(`streams:${REDIS_PASSWORD}`),
    REDIS_TLS_CA_FILE: authority.certFile,
  });

  async function start(settings: AppSettings): Promise<ReferenceApp> {
    app = await ReferenceApp.start({
      ...redisSettings(),
      WINDOW_MS: String(WINDOW_MS),
      WATERMARK_DELAY_MS: '0',
      LOG_LEVEL: 'debug',
      ...settings,
    });
    return app;
  }
  function expectNoSecrets(text: string): void {
    for (const secret of [kafka.password, REDIS_PASSWORD, PASSPHRASE, WRONG, 'PRIVATE KEY']) {
      expect(text.includes(secret)).toBe(false);
      expect(text.includes(Buffer.from(secret).toString('base64').slice(0, -4))).toBe(false);
    }
  }

  /** The readings of one round: each partition has a sensor of its own. */
  async function produce(round: number): Promise<void> {
    const client = new Kafka({ brokers: [kafka.address('plain')], logLevel: logLevel.NOTHING });
    const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    const messages = Array.from({ length: WINDOWS_A_ROUND * READINGS_A_WINDOW }, (_, index) => {
      const window = round * WINDOWS_A_ROUND + Math.floor(index / READINGS_A_WINDOW);
      const timestamp = BASE_MS + window * WINDOW_MS + (index % READINGS_A_WINDOW);
      return Array.from({ length: NUM_PARTITIONS }, (__, partition) => ({
        partition,
        key: `s${partition}`,
        value: JSON.stringify({ sensor_id: `s${partition}`, temperature: 20, humidity: 50, timestamp }),
      }));
    });
    await producer.send({ topic: INPUT, messages: messages.flat() });
    await producer.disconnect();
  }

  async function aggregates(): Promise<Aggregate[]> {
    const log = kafkajs({ brokers: [kafka.address('plain')] });
    await log.connect();
    const reader = log.reader({ isolation: 'read_committed' });
    const found: Aggregate[] = [];
    const partitions = Array.from({ length: NUM_PARTITIONS }, (_, partition) => ({
      topic: OUTPUT,
      partition,
    }));
    const ends = await log.admin.offsets(partitions, 'end');
    const waiting = new Map(
      ends.filter(({ offset }) => offset > 0).map((end) => [end.partition, end.offset]),
    );
    for (const partition of waiting.keys()) reader.assign({ topic: OUTPUT, partition }, 0);
    while (waiting.size > 0) {
      for (const fetched of await reader.poll({ maxWaitMs: 500 })) {
        const cursor = new RecordCursor();
        cursor.reset(fetched.batches, fetched.fromOffset);
        while (cursor.next()) found.push(JSON.parse(cursor.value()!.toString()) as Aggregate);
        if (fetched.nextOffset >= waiting.get(fetched.partition)!) waiting.delete(fetched.partition);
      }
    }
    await log.close(2_000);
    return found;
  }

  describe('ends soon with the reason, and no secret in anything it says', () => {
    const cases: ReadonlyArray<[string, () => AppSettings, RegExp]> = [
      [
        'a wrong password for Kafka',
        () => ({ ...sasl('scram-sha-512'), KAFKA_SASL_PASSWORD: WRONG }),
        /refused the credentials/,
      ],
      [
        'an authority that it does not trust',
        () => ({ KAFKA_BROKERS: kafka.address('tls'), KAFKA_SSL: 'true' }),
        /no authority that is trusted here/,
      ],
      ['no TLS', () => ({ KAFKA_BROKERS: kafka.address('tls') }), /speaks TLS on this port/],
      [
        'a wrong password for Redis',
        () => ({ ...sasl('plain'), REDIS_URL: redis.url(`streams:${WRONG}`) }),
        /WRONGPASS .*check user and password/,
      ],
      [
        'a broken setting',
        () => ({ ...certificate(), KAFKA_SSL_KEY_PASSPHRASE: WRONG, REDIS_URL: `streams:${WRONG}@redis` }),
        /KAFKA_SSL_KEY_FILE="[^"]+": must be a file with a private key/,
      ],
      [
        'no ACLs in Kafka',
        () => sasl('scram-sha-256'),
        /AUTHORIZATION_FAILED|[Nn]ot authorized|ACL|may not|allow/,
      ],
    ];
    it.each(cases)('%s', async (_, settings, reason) => {
      const failing = await start(settings());
      const late = setTimeout(() => failing.kill('SIGKILL'), 60_000);
      const { code } = await failing.exited;
      clearTimeout(late);
      const text = failing.lines.join('\n');
      expect(text).toMatch(reason);
      expect(code).toBe(1);
      expectNoSecrets(text);
    });
  });

  it('counts exactly once with the ACLs of the guide, killed once and let in by another way each time', async () => {
    await allowInKafka();
    const passwordFromFile = { KAFKA_SASL_PASSWORD: '', KAFKA_SASL_PASSWORD_FILE: passwordFile };
    const ways: readonly AppSettings[] = [
      sasl('plain'),
      { ...sasl('scram-sha-256'), ...passwordFromFile },
      sasl('scram-sha-512', 'expiring'),
      certificate(),
    ];
    for (const [round, way] of ways.entries()) {
      const running = await start(way);
      await running.waitUntilReady();
      await produce(round);
      const records = NUM_PARTITIONS * WINDOWS_A_ROUND * READINGS_A_WINDOW * (round + 1);
      await cluster.waitForCommitted(APPLICATION_ID, INPUT, {
        records,
        timeoutMs: 60_000,
        check: () => running.assertRunning(),
      });
      const health = await fetch(`http://127.0.0.1:${running.port}/health/ready`);
      if (round === 0) running.kill('SIGKILL');
      else await running.stop();
      await running.exited;
      expectNoSecrets(running.lines.join('\n') + (await health.text()));
    }
    const rows = await aggregates();
    const names = rows.map(({ sensor_id, window_start }) => `${sensor_id} ${window_start}`);
    expect(new Set(names).size).toBe(names.length);
    // The last window of each sensor is still open.
    expect(rows).toHaveLength(NUM_PARTITIONS * (ways.length * WINDOWS_A_ROUND - 1));
    expect(rows.filter(({ reading_count }) => reading_count !== READINGS_A_WINDOW)).toEqual([]);
  });
});
