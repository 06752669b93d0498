import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { FetchedRecords } from '@hiveframe/streams';
import { answerLost, FakeBroker, held, inTurn, until } from '../../test/fake-broker.ts';
import { batch, textsOf } from '../../test/handmade-log.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import type { FetchPartition } from '../protocol/fetch.ts';
import type { ProtocolReader } from '../protocol/protocol-reader.ts';
import { KafkaReader } from './kafka-reader.ts';

const [A0, A1] = [0, 1].map((partition) => ({ topic: 'a', partition })) as [Asked, Asked];
type Asked = Omit<FetchPartition, 'fetchOffset'>;
const FETCH = { maxWaitMs: 5, minBytes: 1, maxBytes: 1 << 20, maxBytesPerPartition: 1, crcCheck: true };

let broker: FakeBroker;
let reader: KafkaReader;
/** Partitions and offsets of every fetch. */
let asked: FetchPartition[][];
/** The most bytes that any of them asked for, of one partition. */
let mostBytesAsked: number;

beforeEach(() => {
  asked = [];
  mostBytesAsked = 0;
  broker = new FakeBroker({ a: 2 }).on('Fetch', endless());
  reader = new KafkaReader(broker.cluster(), { readCommitted: true, maxBufferedBytes: 100, fetch: FETCH });
});
afterEach(() => reader.close());

function partitionsIn(body: ProtocolReader): FetchPartition[] {
  const partitions: FetchPartition[] = [];
  body.at += 25; // up to the topics
  body.array(() => {
    const topic = body.string();
    body.array(() => {
      const partition = body.int32();
      body.int32();
      partitions.push({ topic, partition, fetchOffset: body.int64() });
      body.at += 12;
      mostBytesAsked = Math.max(mostBytesAsked, body.int32());
      body.tags();
    });
    body.tags();
  });
  return partitions;
}

/** Answers every fetch with one record of about 70 bytes per partition, `<partition>:<offset>`. */
function endless(errorCode = 0, records = textAt, highWatermark = 1_000) {
  return (body: ProtocolReader): unknown => {
    const partitions = partitionsIn(body);
    asked.push(partitions);
    return {
      errorCode: 0,
      partitions: partitions.map((at) => ({
        topic: at.topic,
        partition: at.partition,
        errorCode,
        highWatermark,
        lastStableOffset: highWatermark,
        abortedTransactions: [],
        records: errorCode === 0 ? records(at) : Buffer.alloc(0),
      })),
    };
  };
}
function textAt({ partition, fetchOffset }: FetchPartition): Buffer {
  return batch({ baseOffset: fetchOffset, records: [`${partition}:${fetchOffset}`.padEnd(64)] });
}
const texts = (fetched: readonly FetchedRecords[]): string[] =>
  fetched.flatMap(({ batches, fromOffset }) => textsOf(batches, fromOffset).map((text) => text.trim()));
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('F2 read-ahead', () => {
  it('asks for no more of a partition than its share', async () => {
    const fetch = { ...FETCH, maxBytesPerPartition: 1 << 20 };
    const sharing = new KafkaReader(broker.cluster(), {
      readCommitted: true,
      maxBufferedBytes: 400_000,
      fetch,
    });
    sharing.assign(A0, 0);
    sharing.assign(A1, 0);
    await until(() => asked.length > 0);
    expect(mostBytesAsked).toBe(200_000);
    await sharing.close();
  });

  it('is bounded, and goes on when it was taken', async () => {
    reader.assign(A0, 0);
    await until(() => asked.length >= 2);
    await quiet();
    const fetches = asked.length; // 70 bytes each: the second one passes the bound of 100
    expect(fetches).toBe(2);
    expect(texts(await reader.poll({ maxWaitMs: 0 }))).toEqual(['0:0']);
    await until(() => asked.length > fetches);
  });

  it('of paused partitions never holds up one that has nothing', async () => {
    reader.assign(A0, 0);
    await until(() => asked.length >= 2);
    reader.pause(A0);
    reader.assign(A1, 5);
    expect(texts(await reader.poll({ maxWaitMs: 1_000 }))).toEqual(['1:5']);
  });
});

describe('how long ago a partition was read to its end', () => {
  /** A broker waits before it says that there is nothing. */
  const emptyUpTo = (highWatermark: number) => async (body: ProtocolReader) => {
    const answer = endless(0, () => Buffer.alloc(0), highWatermark)(body);
    await quiet();
    return answer;
  };

  it('is told from when the last fetch was sent that brought nothing, however late its answer came', async () => {
    const late = held(emptyUpTo(7));
    broker.on('Fetch', late.answer);
    reader.assign(A0, 7);
    await until(() => broker.heard.length > 0);
    await quiet();
    expect(reader.sinceCaughtUpMs(A0)).toBe(Infinity);
    broker.on('Fetch', answerLost);
    late.release();
    await until(() => reader.sinceCaughtUpMs(A0) < Infinity);
    expect(reader.sinceCaughtUpMs(A0)).toBeGreaterThan(50); // it was held for 30 ms, and waited another 30
    await quiet();
    expect(reader.sinceCaughtUpMs(A0)).toBeGreaterThan(80);
  });

  it('is not known of one that has more than it may give', async () => {
    broker.on('Fetch', emptyUpTo(8));
    reader.assign(A0, 7);
    await until(() => asked.length > 1);
    expect(reader.sinceCaughtUpMs(A0)).toBe(Infinity);
    broker.on('Fetch', emptyUpTo(7));
    await until(() => reader.sinceCaughtUpMs(A0) < 1_000);
  });
});

describe('F3 an answer', () => {
  it('to an older assignment is never seen', async () => {
    const late = held(endless());
    broker.on('Fetch', inTurn(late.answer, endless()));
    reader.assign(A0, 0);
    await until(() => broker.heard.length > 0);
    reader.assign(A0, 70);
    late.release();
    expect(texts(await reader.poll({ maxWaitMs: 1_000 }))).toEqual(['0:70']);
  });

  it('to a partition that is no longer assigned is never seen', async () => {
    const late = held(endless());
    broker.on('Fetch', late.answer);
    reader.assign(A0, 0);
    await until(() => broker.heard.length > 0);
    reader.unassign(A0);
    late.release();
    expect(await reader.poll({ maxWaitMs: 30 })).toEqual([]);
  });
});

describe('F4 a fetch', () => {
  it.each([
    ['whose connection breaks', answerLost],
    ['to a broker that is not the leader any more', endless(KafkaCode.NOT_LEADER_OR_FOLLOWER)],
    ['of a partition that is offline', endless(KafkaCode.KAFKA_STORAGE_ERROR)],
  ])('%s is tried again at the same offset', async (_, trouble) => {
    broker.on('Fetch', inTurn(trouble, trouble, endless()));
    reader.assign(A0, 3);
    expect(texts(await reader.poll({ maxWaitMs: 2_000 }))).toEqual(['0:3']);
  });

  it('that is damaged on its way is tried again', async () => {
    const damaged = (at: FetchPartition): Buffer => {
      const bytes = textAt(at);
      bytes[70]! ^= 1;
      return bytes;
    };
    broker.on('Fetch', inTurn(endless(0, damaged), endless()));
    reader.assign(A0, 0);
    expect(texts(await reader.poll({ maxWaitMs: 2_000 }))).toEqual(['0:0']);

    broker.on('Fetch', endless(0, damaged));
    reader.assign(A0, 7);
    await expect(reader.poll({ maxWaitMs: 2_000 })).rejects.toThrow(
      /^Cannot read a-0 from offset 7: the record batch at offset 7 is damaged/,
    );
  });

  it('that is not authorized comes out of poll once, and the partition is left alone', async () => {
    broker.on('Fetch', endless(KafkaCode.TOPIC_AUTHORIZATION_FAILED));
    reader.assign(A0, 0);
    const poll = reader.poll({ maxWaitMs: 2_000 });
    await expect(poll).rejects.toMatchObject({ failure: { kind: 'unauthorized' } });
    expect(await reader.poll({ maxWaitMs: 20 })).toEqual([]);
    expect(asked).toHaveLength(1);
  });
});
