import { beforeEach, describe, expect, it } from '@jest/globals';
import { answerLost, FakeBroker, held, inTurn, until } from '../../test/fake-broker.ts';
import { FakePartitions, records } from '../../test/fake-partitions.ts';
import { CODECS } from '../compression/codec.ts';
import { KafkaCode } from '../protocol/error-codes.ts';
import { ProduceQueue } from './produce-queue.ts';

const IDENTITY = { producerId: 5, epoch: 0 };

let partitions: FakePartitions;
let broker: FakeBroker;
beforeEach(() => {
  partitions = new FakePartitions();
  broker = new FakeBroker({ a: 2 }).on('Produce', partitions.answer());
});

function started(deliveryTimeoutMs = 5_000): ProduceQueue {
  const cluster = broker.cluster();
  const options = { transactionalId: null, codec: CODECS.none, deliveryTimeoutMs };
  const queue = new ProduceQueue(cluster, cluster.control, options);
  queue.start(IDENTITY);
  return queue;
}
const sequences = (): number[] => partitions.requests.flat().map(({ sequence }) => sequence);

describe('Q1 batches of a partition', () => {
  it('go one after the other, each with the next sequence, and end where the log puts them', async () => {
    const queue = started();
    const ends = await Promise.all([3, 1, 2].map((count) => queue.enqueue(records('a', 0, count))));
    expect(ends).toEqual([3, 4, 6]);
    expect(partitions.requests.map((request) => request.length)).toEqual([1, 1, 1]);
    expect(sequences()).toEqual([0, 3, 4]);
  });

  it('are sent again with the sequence they had when the answer is lost', async () => {
    broker.on('Produce', inTurn(answerLost, partitions.answer()));
    const queue = started();
    const ends = await Promise.all([queue.enqueue(records('a', 0, 2)), queue.enqueue(records('a', 0))]);
    expect(ends).toEqual([2, 3]);
    expect(sequences()).toEqual([0, 2]);
    expect(queue.uncertain).toBe(false);
  });

  it.each(['NOT_LEADER_OR_FOLLOWER', 'NOT_ENOUGH_REPLICAS', 'CONCURRENT_TRANSACTIONS'] as const)(
    'wait for %s to pass',
    async (name) => {
      broker.on(
        'Produce',
        inTurn(
          partitions.answer(() => KafkaCode[name]),
          partitions.answer(),
        ),
      );
      expect(await started().enqueue(records('a', 0))).toBe(1);
      expect(sequences()).toEqual([0, 0]);
    },
  );
});

describe('Q2 batches of one leader', () => {
  it('that are enqueued together go in one request', async () => {
    const queue = started();
    await Promise.all([queue.enqueue(records('a', 0)), queue.enqueue(records('a', 1))]);
    expect(partitions.requests).toHaveLength(1);
  });

  it('do not wait for each other’s answers', async () => {
    const first = held(partitions.answer());
    broker.on('Produce', inTurn(first.answer, partitions.answer()));
    const queue = started();
    const slow = queue.enqueue(records('a', 0));
    await until(() => broker.heard.length === 1);
    expect(await queue.enqueue(records('a', 1))).toBe(1);
    first.release();
    expect(await slow).toBe(1);
  });
});

describe('Q3 a sequence', () => {
  const refuseLarge = (): number => KafkaCode.MESSAGE_TOO_LARGE;

  it('is not used up by a record that is too large', async () => {
    broker.on('Produce', inTurn(partitions.answer(refuseLarge), partitions.answer()));
    const queue = started();
    await expect(queue.enqueue(records('a', 0))).rejects.toMatchObject({ code: KafkaCode.MESSAGE_TOO_LARGE });
    expect(await queue.enqueue(records('a', 0))).toBe(1);
    expect(sequences()).toEqual([0, 0]);
  });

  it('goes on through the halves of a batch that is too large as a whole', async () => {
    broker.on(
      'Produce',
      partitions.answer(({ count }) => (count > 2 ? KafkaCode.MESSAGE_TOO_LARGE : 0)),
    );
    const queue = started();
    expect(await Promise.all([queue.enqueue(records('a', 0, 5)), queue.enqueue(records('a', 0))])).toEqual([
      5, 6,
    ]);
    const appended = partitions.requests.flat().filter(({ count }) => count <= 2);
    expect(appended.map(({ sequence, count }) => [sequence, count])).toEqual([
      [0, 2],
      [2, 1],
      [3, 2],
      [5, 1],
    ]);
  });

  it('is uncertain when a batch is given up whose answer was lost', async () => {
    broker.on('Produce', answerLost);
    const queue = started(60);
    await expect(queue.enqueue(records('a', 0))).rejects.toThrow('took nothing for 60 ms');
    expect(queue.uncertain).toBe(true);
    queue.start({ ...IDENTITY, epoch: 1 });
    expect(queue.uncertain).toBe(false);
  });
});

describe('a queue that has failed', () => {
  it('rejects what waits; what is in flight comes to its own end', async () => {
    const sent = held(partitions.answer());
    broker.on('Produce', sent.answer);
    const queue = started();
    const [first, second] = [queue.enqueue(records('a', 0)), queue.enqueue(records('a', 0))];
    const rejected = expect(second).rejects.toThrow('aborted');
    await until(() => broker.heard.length === 1);
    queue.fail(new Error('aborted'));
    await rejected;
    sent.release();
    await queue.idle();
    expect(await first).toBe(1); // it had been appended
    await expect(queue.enqueue(records('a', 0))).rejects.toThrow('aborted');
  });
});
