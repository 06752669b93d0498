/** Serdes on a real registry and a real Kafka. The records of others are written, and ours are read, by kafkajs with
 *  @kafkajs/confluent-schema-registry: another implementation of the wire format. */
import { randomUUID } from 'node:crypto';
import { SchemaRegistry, SchemaType } from '@kafkajs/confluent-schema-registry';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  StreamsApp,
  StreamsBuilder,
  string,
  topic,
  whenReady,
  type Serde,
  type SerdeContext,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import {
  avro,
  jsonSchema,
  protobuf,
  schemaRegistry,
  SchemaRegistryError,
  topicRecordNameStrategy,
} from '@hiveframe/streams-schema-registry';
import { Kafka, logLevel } from 'kafkajs';
import { Cluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { kafkaBrokers } from '../support/kafka.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { schemaRegistryUrl } from '../support/schema-registry.ts';
import { TcpProxy } from '../support/tcp-proxy.ts';

jest.setTimeout(180_000);

const brokers = await kafkaBrokers();
const url = await schemaRegistryUrl();
const RECORDS = Number(process.env['RECORDS'] ?? 20_000);
const KEYS = 100;
const PARTITIONS = 4;

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly default?: unknown;
}
const record = (name: string, ...fields: readonly Field[]) =>
  JSON.stringify({ type: 'record', name, namespace: 'example', fields });
const ID: Field = { name: 'id', type: 'int' };
const AMOUNT: Field = { name: 'amount', type: 'int' };
const CURRENCY: Field = { name: 'currency', type: 'string', default: 'EUR' };

/** Their Protobuf writer leaves out the message indexes, which the wire format has behind the id: 0 is the first message. */
const withMessageIndexes = (bytes: Buffer) =>
  Buffer.concat([bytes.subarray(0, 5), Buffer.of(0), bytes.subarray(5)]);

(url === undefined ? describe.skip : describe)('a schema registry', () => {
  const registry = schemaRegistry({ url: url! });
  const theirs = new SchemaRegistry({ host: url! });
  const subject = () => `registry-${randomUUID()}-value`;
  const context = (name: string): SerdeContext => ({ topic: name, part: 'value', headers: () => [] });
  const avroSchema = (text: string) => ({ type: 'AVRO' as const, text, references: [] });

  it('gives a schema one id, by which it is found', async () => {
    const name = subject();
    const schema = avroSchema(record('Order', ID));
    expect(await registry.idOf(name, schema)).toBeNull();
    const id = await registry.register(name, schema);
    expect(await registry.register(name, schema)).toBe(id);
    expect(await registry.idOf(name, schema)).toBe(id);
    expect(JSON.parse((await registry.schemaById(id))!.text)).toEqual(JSON.parse(schema.text));
    expect(await registry.schemaOf(name, 1)).toMatchObject({ type: 'AVRO' });
    expect(await registry.schemaOf(name, 2)).toBeNull();
    expect(await registry.schemaById(2_000_000_000)).toBeNull();
  });

  it('says what makes a schema incompatible, with what, and what to do', async () => {
    const name = subject();
    await theirs.register({ type: SchemaType.AVRO, schema: record('Order', ID) }, { subject: name });
    const refused = registry.register(name, avroSchema(record('Order', ID, AMOUNT)));
    await expect(refused).rejects.toMatchObject({ failure: 'incompatible' });
    await expect(refused).rejects.toThrow(
      new RegExp(
        `Cannot register the schema under subject ${name} .* not compatible with version 1 \\(id \\d+\\): .*amount.*` +
          'Under BACKWARD, with the new schema all that is there must be readable: give each new field a default',
      ),
    );
    await registry.register(name, avroSchema(record('Order', ID, CURRENCY)));
  });

  it('is not there under another path, and not at another port: then nothing is held against a schema', async () => {
    for (const wrong of [`${new URL(url!).origin}/nowhere`, 'http://127.0.0.1:1']) {
      const absent = schemaRegistry({ url: wrong });
      await expect(absent.schemaById(1)).rejects.toMatchObject({ failure: 'unavailable' });
      await expect(absent.idOf('a', avroSchema('"string"'))).rejects.toThrow(SchemaRegistryError);
    }
  });

  it('refuses what is no schema', async () => {
    const refused = registry.register(subject(), avroSchema('{"type":"nothing"}'));
    await expect(refused).rejects.toMatchObject({ failure: 'invalid' });
  });

  it.each<[string, SchemaType, string, object, (schema: string) => Serde<object>]>([
    [
      'Avro',
      SchemaType.AVRO,
      record('Order', ID, AMOUNT),
      { id: 7, amount: -3 },
      (schema) => avro({ registry, schema }),
    ],
    [
      'JSON Schema',
      SchemaType.JSON,
      '{"title":"Order","type":"object","properties":{"id":{"type":"integer"}}}',
      { id: 7 },
      (schema) => jsonSchema({ registry, schema }),
    ],
    [
      'Protobuf',
      SchemaType.PROTOBUF,
      'syntax = "proto3"; package example; message Order { int32 id = 1; string note = 2; }',
      { id: 7, note: 'n' },
      (schema) => protobuf({ registry, schema }),
    ],
  ])('has one wire format for all: %s', async (_name, type, schema, value, serdeOf) => {
    const name = `registry-${randomUUID()}`;
    const { id } = await theirs.register({ type, schema } as never, { subject: `${name}-value` });
    const serde = serdeOf(schema);
    const encoded = await theirs.encode(id, value);
    const bytes = type === SchemaType.PROTOBUF ? withMessageIndexes(encoded) : encoded;
    expect({ ...(await whenReady(() => serde.deserialize(bytes, context(name)))) }).toEqual(value);
    await serde.prepare!(name, 'value');
    const ours = Buffer.from(serde.serialize(value, context(name)));
    expect(ours.readInt32BE(1)).toBe(id);
    expect({ ...((await theirs.decode(ours)) as object) }).toEqual(value);
  });

  it('keeps primitives, references and types beside each other in one topic', async () => {
    const name = `registry-${randomUUID()}`;
    const key = avro<string>({ registry, schema: '"string"' });
    await key.prepare!(name, 'key');
    expect(key.deserialize(key.serialize('k', context(name)), context(name))).toBe('k');
    await registry.register(`${name}-site`, avroSchema(record('Site', ID)));
    const options = { registry, subjectNameStrategy: topicRecordNameStrategy };
    const place = avro<object>({
      ...options,
      schema: record('Place', { name: 'site', type: 'example.Site' }),
      references: [{ name: 'example.Site', subject: `${name}-site`, version: 1 }],
    });
    const order = avro<object>({ ...options, schema: record('Order', ID) });
    const reader = avro<object>({ registry });
    for (const [serde, value] of [
      [place, { site: { id: 1 } }],
      [order, { id: 2 }],
    ] as const) {
      await serde.prepare!(name, 'value');
      const bytes = serde.serialize(value, context(name));
      expect(await whenReady(() => reader.deserialize(bytes, context(name)))).toEqual(value);
    }
    expect(await registry.schemaOf(`${name}-example.Place`, 1)).not.toBeNull();
  });
});

interface Order {
  id: number;
  amount: number;
  currency: string;
}
interface Total {
  sum: number;
  count: number;
}

(brokers === undefined || url === undefined ? describe.skip : describe)(
  'an application on a registry',
  () => {
    const name = `schemas-${randomUUID()}`;
    const theirs = new SchemaRegistry({ host: url! });
    const kafka = new Kafka({ brokers: brokers!.split(','), logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    const admin = kafka.admin();
    const logger = new RecordingLogger();
    const apps: StreamsApp[] = [];
    let cluster: Cluster;
    let proxy: TcpProxy;

    beforeAll(async () => {
      cluster = await Cluster.connect(brokers!);
      await cluster.createTopic(`${name}-orders`, PARTITIONS);
      await Promise.all([producer.connect(), admin.connect()]);
      const { host, port } = new URL(url!);
      proxy = await TcpProxy.create(port === '' ? `${host}:80` : host);
      await proxy.restore();
    });
    afterEach(async () => {
      for (const app of apps.splice(0)) await app.stop();
    });
    afterAll(async () => {
      await proxy.cut();
      await Promise.all([producer.disconnect(), admin.disconnect()]);
      await cluster.close();
    });

    /** Every order, and totals by customer through a repartition topic, all in Avro. */
    function start(): StreamsApp {
      const address = new URL(url!);
      address.host = proxy.address;
      const registry = schemaRegistry({ url: address.href, requestTimeoutMs: 2_000 });
      const orders = topic(`${name}-orders`, {
        key: string(),
        value: avro<Order>({ registry, schema: record('Order', ID, AMOUNT, CURRENCY) }),
      });
      const total = avro<Total>({
        registry,
        schema: record('Total', { name: 'sum', type: 'long' }, { name: 'count', type: 'int' }),
      });
      const builder = new StreamsBuilder();
      const stream = builder.stream(orders);
      stream.to(topic(`${name}-seen`, { key: string(), value: orders.value }));
      stream
        .selectKey(({ id }) => `customer-${id % KEYS}`)
        .groupByKey({ name: 'by-customer' })
        .aggregate({
          initializer: () => ({ sum: 0, count: 0 }),
          aggregator: ({ sum, count }, { amount }) => ({ sum: sum + amount, count: count + 1 }),
          store: { name: 'totals', value: total },
        })
        .toStream()
        .mapValues((value) => value!)
        .to(topic(`${name}-totals`, { key: string(), value: total }));
      const app = new StreamsApp(builder.build(), {
        applicationId: name,
        log: kafkajs({ brokers: brokers!.split(',') }),
        processingGuarantee: 'exactly_once',
        logger,
      });
      apps.push(app);
      return app;
    }

    const writeOrders = async (from: number, to: number, schemaId: number, more: object = {}) => {
      for (let at = from; at < to; at += 1_000) {
        const ids = Array.from({ length: Math.min(1_000, to - at) }, (_, index) => at + index);
        const messages = ids.map(async (id) => ({
          key: `k${id}`,
          value: await theirs.encode(schemaId, { id, amount: id % 10, ...more }),
        }));
        await producer.send({ topic: `${name}-orders`, messages: await Promise.all(messages) });
      }
    };
    const register = async (...fields: Field[]) =>
      (
        await theirs.register(
          { type: SchemaType.AVRO, schema: record('Order', ...fields) },
          { subject: `${name}-orders-value` },
        )
      ).id;
    const ends = async (topicName: string) => {
      const offsets = await admin.fetchTopicOffsets(topicName);
      return offsets.reduce((sum, { high }) => sum + Number(high), 0);
    };

    /** All committed records of a topic, as another consumer reads them. */
    async function read<V>(topicName: string): Promise<{ key: string; value: V }[]> {
      const consumer = kafka.consumer({ groupId: `${name}-${randomUUID()}`, maxWaitTimeInMs: 200 });
      await consumer.connect();
      await consumer.subscribe({ topic: topicName, fromBeginning: true });
      const found: { key: string; value: V }[] = [];
      await consumer.run({
        eachBatch: async ({ batch }) => {
          for (const { key, value } of batch.messages)
            found.push({ key: key!.toString(), value: (await theirs.decode(value!)) as V });
        },
      });
      let quietSince = Date.now();
      let before = -1;
      await eventually('the topic is read', () => {
        if (found.length !== before) [before, quietSince] = [found.length, Date.now()];
        return found.length > 0 && Date.now() - quietSince > 3_000;
      });
      await consumer.disconnect();
      return found;
    }

    it('gives exact results through an evolved schema, an unknown one, and a registry that goes and comes back', async () => {
      const first = await register(ID, AMOUNT);
      const app = start();
      await app.start();
      const third = Math.floor(RECORDS / 3);
      await writeOrders(0, third, first);
      await producer.send({
        topic: `${name}-orders`,
        messages: [
          { key: 'bad', value: Buffer.from([0, 0x7f, 0, 0, 0, 1]) },
          { key: 'bad', value: Buffer.from('no schema') },
        ],
      });
      const evolved = await register(ID, AMOUNT, CURRENCY, { name: 'note', type: 'string', default: '' });

      await proxy.cut();
      await writeOrders(third, 2 * third, evolved, { currency: 'USD', note: 'n' });
      await eventually('the application waits for the schema', () => logger.with('waits: ').length > 0);
      await writeOrders(2 * third, RECORDS, first);
      await app.stop(); // and another takes over, while the registry is still away
      const next = start();
      const started = next.start();
      await eventually('it cannot start yet', () => logger.with('Cannot prepare the topics of').length > 0);
      await proxy.restore();
      await started;

      await eventually('all orders are seen', async () => (await ends(`${name}-seen`)) >= RECORDS, {
        timeoutMs: 90_000,
        everyMs: 500,
      });
      await next.stop();
      const seen = await read<Order>(`${name}-seen`);
      const ids = seen.map(({ value }) => value.id).toSorted((left, right) => left - right);
      expect(ids).toEqual(Array.from({ length: RECORDS }, (_, id) => id));
      const currencies = seen.filter(({ value }) => value.id >= third && value.id < 2 * third);
      expect(new Set(currencies.map(({ value }) => value.currency))).toEqual(new Set(['USD']));

      const totals = new Map(
        (await read<Total>(`${name}-totals`)).map(({ key, value }) => [key, { ...value }]),
      );
      const expected = new Map<string, Total>();
      for (let id = 0; id < RECORDS; id++) {
        const { sum, count } = expected.get(`customer-${id % KEYS}`) ?? { sum: 0, count: 0 };
        expected.set(`customer-${id % KEYS}`, { sum: sum + (id % 10), count: count + 1 });
      }
      expect(totals).toEqual(expected);
      expect(await ends(`${name}-dead-letters`)).toBeGreaterThanOrEqual(2);
    });

    it('does not start with a schema that its subject refuses, and says what to do', async () => {
      const { id: other } = await theirs.register(
        { type: SchemaType.AVRO, schema: record('Total', { name: 'other', type: 'string' }) },
        { subject: `${name}-refused-value` },
      );
      const registry = schemaRegistry({ url: url! });
      const refused = avro<Total>({ registry, schema: record('Total', ID) });
      const builder = new StreamsBuilder();
      builder
        .stream(topic(`${name}-orders`, { key: string(), value: avro<Total>({ registry }) }))
        .to(topic(`${name}-refused`, { key: string(), value: refused }));
      const app = new StreamsApp(builder.build(), {
        applicationId: `${name}-refused`,
        log: kafkajs({ brokers: brokers!.split(',') }),
        processingGuarantee: 'exactly_once',
      });
      apps.push(app);
      await expect(app.start()).rejects.toThrow(
        new RegExp(`subject ${name}-refused-value .* version 1 \\(id ${other}\\).*Under BACKWARD`),
      );
      expect(app.state).toBe('error');
    });
  },
);
