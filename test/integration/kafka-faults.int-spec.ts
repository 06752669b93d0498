import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupListener, GroupMember, LogPort, TopicPartition } from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { eventually } from '../support/eventually.ts';
import { KafkaCluster } from '../support/kafka-cluster.ts';
import { batchOf, numbered, readTexts } from '../support/log-records.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

jest.setTimeout(180_000);

const TRANSACTION_TIMEOUT_MS = 60_000;
const SESSION_TIMEOUT_MS = 6_000;
const script = KafkaCluster.script();

(script === undefined ? describe.skip : describe)('a broker that is lost', () => {
  let cluster: KafkaCluster;
  let logger: RecordingLogger;
  let log: LogPort;
  let at: TopicPartition;

  beforeAll(async () => {
    cluster = await KafkaCluster.start(script!);
  });
  afterAll(() => cluster?.stop());
  beforeEach(async () => {
    logger = new RecordingLogger();
    const fetch = { maxBytesPerPartition: 4_096 }; // many fetches for little data
    log = kafkajs({ brokers: cluster.brokers, logger, requestTimeoutMs: 60_000, fetch });
    await log.connect();
    at = { topic: `faults-${randomUUID()}`, partition: 0 };
    await log.admin.create([{ topic: at.topic, numPartitions: 1 }]);
  });
  afterEach(() => log?.close(5_000));

  const open = async (transactionalId = `id-${randomUUID()}`) => {
    const writer = log.transactionalWriter({
      transactionalId,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
    });
    await writer.open();
    return writer;
  };
  const restart = async () => {
    await cluster.kill();
    await cluster.up();
  };
  const endOffset = async () => (await log.admin.offsets([at], 'end'))[0]!.offset;
  const committedTexts = async () => {
    const reader = log.reader({ isolation: 'read_committed' });
    reader.assign(at, 0);
    return readTexts(reader, await endOffset());
  };

  it('is waited for by a transaction in its middle: it commits whole', async () => {
    const writer = await open();
    const transaction = writer.begin();
    await transaction.send([batchOf(at, numbered('before', 10))]);
    const [, ends] = await Promise.all([restart(), transaction.send([batchOf(at, numbered('during', 10))])]);
    expect(ends[0]!.offset).toBe(20);
    await transaction.send([batchOf(at, numbered('after', 10))]);
    expect(await transaction.commit()).toBe('committed');

    const next = writer.begin();
    await next.send([batchOf(at, ['next'])]);
    expect(await next.commit()).toBe('committed');
    expect(await committedTexts()).toEqual([
      ...numbered('before', 10),
      ...numbered('during', 10),
      ...numbered('after', 10),
      'next',
    ]);
  });

  it('is waited for by a commit under way', async () => {
    const transaction = (await open()).begin();
    await transaction.send([batchOf(at, ['whole'])]);
    await cluster.kill();
    const [outcome] = await Promise.all([transaction.commit(), cluster.up()]);
    expect(outcome).toBe('committed');
    expect(await committedTexts()).toEqual(['whole']);
  });

  it('leaves the outcome unknown when no answer comes in time; opening again settles it', async () => {
    const hasty = kafkajs({ brokers: cluster.brokers, logger, requestTimeoutMs: 1_000 });
    try {
      const transactionalId = `id-${randomUUID()}`;
      const writer = hasty.transactionalWriter({ transactionalId, transactionTimeoutMs: 60_000 });
      await writer.open();
      const transaction = writer.begin();
      await transaction.send([batchOf(at, ['unknown'])]);
      await cluster.freeze();
      try {
        expect(await transaction.commit()).toBe('unknown');
      } finally {
        await cluster.thaw();
      }
      expect(() => writer.begin()).toThrow('Cannot commit');
      await eventually('the id is opened again', () => writer.open().catch(() => undefined));
      // Either way: all of it or nothing, and nothing open that holds readers up.
      expect([[], ['unknown']]).toContainEqual(await committedTexts());
    } finally {
      await hasty.close(5_000);
    }
  });

  it('interrupts a reader without loss or repetition, with one line when it goes and one when it is back', async () => {
    const writer = log.writer();
    const texts = numbered('r', 20_000);
    for (let from = 0; from < texts.length; from += 500) {
      await writer.send([batchOf(at, texts.slice(from, from + 500))]);
    }
    const reader = log.reader({ isolation: 'read_uncommitted', maxBufferedBytes: 10_000 });
    reader.assign(at, 0);
    const first = await readTexts(reader, 5_000);
    await cluster.kill();
    const rest = readTexts(reader, texts.length);
    await delay(3_000); // many tries
    await cluster.up();
    expect([...first, ...(await rest)]).toEqual(texts);
    expect(logger.with('Cannot reach broker')).toHaveLength(1);
    await eventually('a line that it is back', () =>
      logger.with('again').some((line) => line.startsWith('info Connected')),
    );
    expect(logger.lines.some((line) => /\n\s+at /.test(line))).toBe(false);
  });

  it('makes a plain writer send again, each record once and in order', async () => {
    const writer = log.writer();
    const texts = numbered('w', 300);
    const sending = (async () => {
      for (let from = 0; from < texts.length; from += 10) {
        await writer.send([batchOf(at, texts.slice(from, from + 10))]);
        await delay(20);
      }
    })();
    await delay(200);
    await Promise.all([restart(), sending]);
    expect(await committedTexts()).toEqual(texts);
  });

  describe('and a group', () => {
    let events: string[];
    let member: GroupMember;

    beforeEach(async () => {
      events = [];
      member = log.group(
        {
          groupId: `group-${randomUUID()}`,
          topics: [at.topic],
          sessionTimeoutMs: SESSION_TIMEOUT_MS,
          rebalanceTimeoutMs: 10_000,
          heartbeatIntervalMs: 500,
          protocol: 'all-to-one',
        },
        recording(events, at),
      );
      await member.join();
    });

    it('whose coordinator restarts in time keeps its member, or takes it in again', async () => {
      await restart();
      await eventually('a membership that can commit', async () => {
        try {
          await member.commit([{ ...at, offset: 7 }]);
          return true;
        } catch {
          return false;
        }
      });
      expect(await log.admin.committed(member.membership().groupId, [at])).toMatchObject([{ offset: 7 }]);
    });

    it('that cannot be reached for the session timeout is lost to its member, before any broker says so', async () => {
      await cluster.freeze();
      try {
        await eventually('onLost', () => events.includes('lost'), { timeoutMs: SESSION_TIMEOUT_MS + 3_000 });
        expect(() => member.membership()).toThrow('Not a member');
      } finally {
        await cluster.thaw();
      }
      await eventually('a new assignment', () => events.at(-1) === 'assigned 1');
      expect(events.filter((event) => event !== 'revoked')).toEqual(['assigned 1', 'lost', 'assigned 1']);
    });
  });
});

function recording(events: string[], at: TopicPartition): GroupListener {
  return {
    memberData: () => new Uint8Array(0),
    assign: (members) => new Map([[members[0]!.memberId, { partitions: [at] }]]),
    onAssigned: async (partitions) => void events.push(`assigned ${partitions.length}`),
    onRevoked: async () => void events.push('revoked'),
    onLost: async () => void events.push('lost'),
    onFailed: (error) => void events.push(`failed ${error.message}`),
  };
}
