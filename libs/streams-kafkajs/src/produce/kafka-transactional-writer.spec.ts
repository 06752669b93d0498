import { beforeEach, describe, expect, it } from '@jest/globals';
import { LogError, type Transaction } from '@hiveframe/streams';
import { answerLost, FakeBroker, inTurn } from '../../test/fake-broker.ts';
import { FakePartitions, records } from '../../test/fake-partitions.ts';
import { CODECS } from '../compression/codec.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import { KafkaTransactionalWriter } from './kafka-transactional-writer.ts';

const MEMBER = { groupId: 'g', generation: 1, memberId: 'm', instanceId: null };
const OFFSETS = [{ topic: 'a', partition: 0, offset: 9 }];
const code = (errorCode: number) => () => ({ errorCode, next: null });

let partitions: FakePartitions;
let broker: FakeBroker;

function brokerOf(transactionVersion: 1 | 2): FakeBroker {
  let epoch = 0;
  return new FakeBroker({ a: 3 }, transactionVersion)
    .on('InitProducerId', () => ({ errorCode: 0, producerId: 5, epoch: epoch++ }))
    .on('Produce', partitions.answer())
    .on('AddPartitionsToTxn', () => [])
    .on('AddOffsetsToTxn', code(0))
    .on('TxnOffsetCommit', () => [])
    .on('EndTxn', () => ({
      errorCode: 0,
      next: transactionVersion === 2 ? { producerId: 5, epoch: epoch++ } : null,
    }));
}

async function opened(): Promise<KafkaTransactionalWriter> {
  const cluster = broker.cluster(300);
  const options = {
    transactionalId: 't',
    transactionTimeoutMs: 300,
    codec: CODECS.none,
    allowsImplicit: true,
  };
  const writer = new KafkaTransactionalWriter(cluster, cluster.control, options);
  await writer.open();
  broker.heard.length = 0;
  return writer;
}
async function begun(): Promise<Transaction> {
  const transaction = (await opened()).begin();
  await transaction.send([records('a', 0)]);
  return transaction;
}
async function failureOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((caught: unknown) => caught);
  return error instanceof LogError ? error.failure.kind : `no LogError: ${String(error)}`;
}
beforeEach(() => {
  partitions = new FakePartitions();
  broker = brokerOf(2);
});

describe('transactions of version 2 (KIP-890)', () => {
  it('need no request to join, and every end gives the identity of the next', async () => {
    const writer = await opened();
    for (const _ of [1, 2]) {
      const transaction = writer.begin();
      await transaction.send([records('a', 0, 3)]);
      await transaction.addOffsets(MEMBER, OFFSETS);
      expect(await transaction.commit()).toBe('committed');
    }
    expect(broker.heard).toEqual([
      'Produce',
      'TxnOffsetCommit',
      'EndTxn',
      'Produce',
      'TxnOffsetCommit',
      'EndTxn',
    ]);
    expect(partitions.requests.flat().map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });
});

describe('transactions of version 1', () => {
  beforeEach(() => {
    broker = brokerOf(1);
  });

  it('have partitions and groups added once, before what is written to them', async () => {
    const transaction = (await opened()).begin();
    await transaction.send([records('a', 0), records('a', 1)]);
    await transaction.send([records('a', 0), records('a', 2)]);
    await transaction.addOffsets(MEMBER, OFFSETS);
    await transaction.addOffsets(MEMBER, OFFSETS);
    await transaction.commit();
    expect(broker.heard).toEqual([
      'AddPartitionsToTxn',
      'Produce',
      // partition 0 does not wait for partition 2 to be added
      'Produce',
      'AddPartitionsToTxn',
      'Produce',
      'AddOffsetsToTxn',
      'TxnOffsetCommit',
      'TxnOffsetCommit',
      'EndTxn',
    ]);
  });

  it('keep the order of sends that overlap while their partition is being added', async () => {
    const transaction = (await opened()).begin();
    const ends = await Promise.all([
      transaction.send([records('a', 0, 2), records('a', 1)]),
      transaction.send([records('a', 0, 1)]),
    ]);
    expect(ends.map((end) => end[0]!.offset)).toEqual([2, 3]);
  });

  it('keep their sequences over commits, and try again while the former one ends', async () => {
    broker.on(
      'AddPartitionsToTxn',
      inTurn(
        () => [{ errorCode: KafkaCode.CONCURRENT_TRANSACTIONS }],
        () => [],
      ),
    );
    const writer = await opened();
    for (const _ of [1, 2]) {
      const transaction = writer.begin();
      await transaction.send([records('a', 0, 2)]);
      await transaction.commit();
    }
    expect(partitions.requests.flat().map(({ epoch, sequence }) => [epoch, sequence])).toEqual([
      [0, 0],
      [0, 2],
    ]);
  });

  it('raise the epoch after an abort with a batch of unknown fate (KIP-360)', async () => {
    broker.on('Produce', answerLost);
    const writer = await opened();
    const transaction = writer.begin();
    expect(await failureOf(transaction.send([records('a', 0)]))).toBe('abortable');
    await transaction.abort();
    expect(broker.heard.slice(-2)).toEqual(['EndTxn', 'InitProducerId']);
    broker.on('Produce', partitions.answer());
    await writer.begin().send([records('a', 0)]);
    expect(partitions.requests.flat()).toMatchObject([{ epoch: 1, sequence: 0 }]);
  });
});

describe('T1 an untouched transaction', () => {
  it('ends without a request', async () => {
    const writer = await opened();
    expect(await writer.begin().commit()).toBe('committed');
    await writer.begin().abort();
    expect(broker.heard).toEqual([]);
  });
  it('is one to which nothing was given, too', async () => {
    const transaction = (await opened()).begin();
    expect(await transaction.send([])).toEqual([]);
    await transaction.addOffsets(MEMBER, []);
    expect(await transaction.commit()).toBe('committed');
    expect(broker.heard).toEqual([]);
  });
});

describe('T3 after a failure', () => {
  it('only abort is possible, and the next transaction goes on', async () => {
    broker.on(
      'TxnOffsetCommit',
      inTurn(
        () => [{ errorCode: KafkaCode.REBALANCE_IN_PROGRESS }],
        () => [],
      ),
    );
    const writer = await opened();
    const transaction = writer.begin();
    expect(await failureOf(transaction.addOffsets(MEMBER, OFFSETS))).toBe('abortable');
    expect(await failureOf(transaction.send([records('a', 0)]))).toBe('abortable');
    expect(await failureOf(transaction.commit())).toBe('abortable');
    await transaction.abort();
    const next = writer.begin();
    await next.addOffsets(MEMBER, OFFSETS);
    expect(await next.commit()).toBe('committed');
  });

  it('of the member the transactional id is still owned, and the abort is sent', async () => {
    broker.on('TxnOffsetCommit', () => [{ errorCode: KafkaCode.ILLEGAL_GENERATION }]);
    const transaction = await begun();
    expect(await failureOf(transaction.addOffsets(MEMBER, OFFSETS))).toBe('fenced');
    await transaction.abort();
    expect(broker.heard.at(-1)).toBe('EndTxn');
  });

  it('of the id nothing more is sent, and begin says fenced', async () => {
    const writer = await opened();
    broker.on(
      'Produce',
      partitions.answer(() => KafkaCode.INVALID_PRODUCER_EPOCH),
    );
    const transaction = writer.begin();
    expect(await failureOf(transaction.send([records('a', 0)]))).toBe('fenced');
    await transaction.abort();
    expect(broker.heard).toEqual(['Produce']);
    expect(() => writer.begin()).toThrow('INVALID_PRODUCER_EPOCH');
  });
});

describe('T4 a commit', () => {
  const ended = () => ({ errorCode: 0, next: { producerId: 5, epoch: 1 } });

  it('whose answer is lost is asked for again', async () => {
    broker.on('EndTxn', inTurn(answerLost, answerLost, ended));
    expect(await (await begun()).commit()).toBe('committed');
  });
  it('is unknown when no answer comes in time', async () => {
    broker.on('EndTxn', answerLost);
    expect(await (await begun()).commit()).toBe('unknown');
  });
  it('is unknown when the owner was fenced after an answer was lost: it may have been committed before', async () => {
    broker.on('EndTxn', inTurn(answerLost, code(KafkaCode.INVALID_PRODUCER_EPOCH)));
    expect(await (await begun()).commit()).toBe('unknown');
  });
  it('is fenced when the first answer says so', async () => {
    broker.on('EndTxn', code(KafkaCode.PRODUCER_FENCED));
    expect(await failureOf((await begun()).commit())).toBe('fenced');
  });
  it('finds the transaction aborted that the coordinator had ended', async () => {
    broker.on('EndTxn', code(KafkaCode.INVALID_TXN_STATE));
    expect(await (await begun()).commit()).toBe('aborted');
  });
  it('can be followed by an abort when the broker asks for one', async () => {
    broker.on('EndTxn', inTurn(code(KafkaCode.TRANSACTION_ABORTABLE), ended));
    const transaction = await begun();
    expect(await failureOf(transaction.commit())).toBe('abortable');
    await transaction.abort();
    expect(broker.heard).toEqual(['Produce', 'EndTxn', 'EndTxn']);
  });
  it('that is unknown lets nothing begin before the writer is opened again', async () => {
    broker.on('EndTxn', answerLost);
    const writer = await opened();
    const transaction = writer.begin();
    await transaction.send([records('a', 0)]);
    expect(await transaction.commit()).toBe('unknown');
    expect(() => writer.begin()).toThrow(LogError);
    await writer.open();
    expect(() => writer.begin()).not.toThrow();
  });
});
