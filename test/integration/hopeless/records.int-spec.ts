/** Records that cannot go on, under each answer of each handler, and transactions that somebody else ends: on a real broker. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import {
  json,
  string,
  StreamsBuilder,
  topic,
  type LogPort,
  type StreamsConfig,
  type Topology,
  type Transaction,
} from '@hiveframe/streams';
import { eventually } from '../../support/eventually.ts';
import { KafkaCluster } from '../../support/kafka-cluster.ts';
import { numbered } from '../../support/log-records.ts';
import { Scene } from './scene.ts';

jest.setTimeout(120_000);

const script = KafkaCluster.script();
/** Kafka looks for transactions that have timed out every 10 s. */
const SETTINGS = { 'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500' };

(script === undefined ? describe.skip : describe)('on a real broker', () => {
  let cluster: KafkaCluster;
  let scene: Scene;

  beforeAll(async () => {
    cluster = await KafkaCluster.start(script!, 1, { settings: SETTINGS });
  });
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    scene = await Scene.open(cluster.brokers);
  });
  afterEach(() => scene.close());

  const deadLetters = () => scene.read(`${scene.applicationId}-dead-letters`);

  describe('a record that cannot be', () => {
    const GOOD = ['"a"', '"b"'];
    const parsed = (): Topology => {
      const builder = new StreamsBuilder();
      builder
        .stream(topic(scene.input, { key: string(), value: json<string>() }))
        .to(topic(scene.output, { key: string(), value: json<string>() }));
      return builder.build();
    };
    const picky = (): Topology =>
      scene.copy((value) => {
        if (value === 'bad{') throw new Error('no such thing');
        return value;
      });
    const copied = (): Topology => scene.copy((value) => (value === 'bad{' ? value.padEnd(200_000) : value));

    const CASES = [
      [
        'deserialized',
        'onDeserializationFailure',
        parsed,
        /^Cannot deserialize the value of .*-in-0 at offset 1/,
      ],
      ['processed', 'onProcessingFailure', picky, /^Cannot process .*-in-0 at offset 1 in .*: no such thing/],
      ['produced', 'onProductionFailure', copied, /-out.*(bytes|large)/],
    ] as const;

    beforeEach(async () => {
      const config = { 'max.message.bytes': '100000' };
      await scene.log.admin.create([{ topic: scene.output, numPartitions: 1, config }]);
      await scene.write([GOOD[0]!, 'bad{', GOOD[1]!]);
    });

    describe.each(CASES)('%s', (_, handler, topology, why) => {
      const answering = (answer: 'continue' | 'deadLetter' | 'fail'): Partial<StreamsConfig> => ({
        [handler]: answer,
      });

      it('is skipped and counted: continue', async () => {
        await scene.app(answering('continue'), topology()).start();
        await scene.untilRead(GOOD);
        expect(await scene.read()).toEqual(GOOD);
        expect(scene.counted.filter((line) => line.startsWith('skipped-records'))).toHaveLength(1);
        expect(await deadLetters()).toEqual([]);
      });

      it('is kept as it came: deadLetter', async () => {
        await scene.app(answering('deadLetter'), topology()).start();
        await scene.untilRead(GOOD);
        expect(await scene.read()).toEqual(GOOD);
        await eventually('the dead letter', async () => (await deadLetters()).length === 1);
        expect((await deadLetters()).map((text) => text.trim())).toEqual(['bad{']); // produced: the output as it was
      });

      it('ends the application at its place, which goes on there when the cause is mended: fail', async () => {
        const app = scene.app(answering('fail'), topology());
        await app.start();
        const { error, afterMs } = await scene.endOf(app);
        expect(error.message).toMatch(why);
        expect(afterMs).toBeLessThan(10_000);

        await scene.app({}, scene.copy()).start();
        await scene.untilRead([GOOD[0]!, 'bad{', GOOD[1]!]);
        expect(await scene.read()).toEqual([GOOD[0]!, 'bad{', GOOD[1]!]);
      });
    });
  });

  it('a transaction that the broker aborts for its time leaves every result once, and the application goes on', async () => {
    let slow = true;
    const log = withCommit(scene.client(), async (transaction) => {
      if (slow) await delay(4_000);
      slow = false;
      return transaction.commit();
    });
    const app = scene.app({ log, transactionTimeoutMs: 1_000 });
    await app.start();
    await scene.write(numbered('r', 5));
    await scene.untilRead(numbered('r', 5));
    await scene.write(numbered('r', 5, 5));
    await scene.untilRead(numbered('r', 10));
    expect(await scene.read()).toEqual(numbered('r', 10));
    expect(slow).toBe(false);
    expect(app.state).toBe('running');
  });

  it('a transactional id that somebody else opens leaves every result once, and the task is taken again', async () => {
    const app = scene.app();
    await app.start();
    await scene.write(['a']);
    await scene.untilRead(['a']);
    const transactionalId = `${scene.applicationId}-0_0`;
    const thief = scene.log.transactionalWriter({ transactionalId, transactionTimeoutMs: 10_000 });
    await thief.open();
    await scene.write(['b']);
    await scene.untilRead(['a', 'b']);
    expect(await scene.read()).toEqual(['a', 'b']);
    expect(scene.logger.with('Task 0_0 is given up:')).toHaveLength(1);
    await thief.close();
  });

  it('an instance id that two processes have ends the older one, which says so', async () => {
    const older = scene.app({ instanceId: 'same' });
    await older.start();
    const younger = scene.app({ instanceId: 'same' });
    await younger.start();
    await scene.write(['a']);
    const { error } = await scene.endOf(older);
    expect(error.message).toContain('another process has joined with the same instanceId: give each its own');
    await scene.untilRead(['a']);
    expect(await scene.read()).toEqual(['a']);
  });

  it('settings that the brokers refuse end the application, which says which', async () => {
    const app = scene.app({ transactionTimeoutMs: 100_000_000 });
    await app.start().catch(() => {});
    const { error } = await scene.endOf(app);
    expect(error.message).toContain(
      'keep transactionTimeoutMs below transaction.max.timeout.ms of the brokers',
    );
  });
});

/** The log, with another way to commit. */
function withCommit(
  log: LogPort,
  commit: (transaction: Transaction) => ReturnType<Transaction['commit']>,
): LogPort {
  const changed = (transaction: Transaction): Transaction => ({
    send: (batches) => transaction.send(batches),
    addOffsets: (member, offsets) => transaction.addOffsets(member, offsets),
    commit: () => commit(transaction),
    abort: () => transaction.abort(),
  });
  return {
    name: log.name,
    admin: log.admin,
    connect: (signal) => log.connect(signal),
    reader: (options) => log.reader(options),
    writer: () => log.writer(),
    transactionalWriter: (options) => {
      const writer = log.transactionalWriter(options);
      return { open: () => writer.open(), begin: () => changed(writer.begin()), close: () => writer.close() };
    },
    group: (options, listener) => log.group(options, listener),
    close: (timeoutMs) => log.close(timeoutMs),
  };
}
