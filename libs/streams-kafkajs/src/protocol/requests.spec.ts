import { describe, expect, it } from '@jest/globals';
import type { ApiRequest } from './api-request.ts';
import { finalizedFeatures } from './api-versions.ts';
import {
  decodeAssignment,
  decodeSubscriptionData,
  encodeAssignment,
  encodeSubscription,
} from './consumer-protocol.ts';
import { endTxn } from './end-txn.ts';
import { fetch } from './fetch.ts';
import { joinGroup } from './join-group.ts';
import { metadata } from './metadata.ts';
import { offsetFetch } from './offset-fetch.ts';
import { produce } from './produce.ts';
import { ProtocolReader } from './protocol-reader.ts';
import { ProtocolWriter } from './protocol-writer.ts';
import { txnOffsetCommit } from './txn-offset-commit.ts';

function bytesOf(request: ApiRequest<unknown>, version = request.maxVersion): string {
  const writer = new ProtocolWriter();
  request.encode(writer, version);
  return writer.finish().toString('hex');
}
/** Fields apart for the eye. */
const hex = (...fields: readonly string[]): string => fields.join('').replaceAll(' ', '');
function answerOf<Answer>(
  request: ApiRequest<Answer>,
  hexBytes: string,
  version = request.maxVersion,
): Answer {
  const reader = new ProtocolReader(Buffer.from(hexBytes, 'hex'));
  const answer = request.decode(reader, version);
  return answer;
}

const OWNER = { transactionalId: 't', producerId: 5, epoch: 2 };
const MEMBER = { groupId: 'g', generation: 7, memberId: 'm', instanceId: null };

describe('Fetch', () => {
  const options = {
    readCommitted: true,
    maxWaitMs: 250,
    minBytes: 1,
    maxBytes: 0x400000,
    maxBytesPerPartition: 0x100000,
    timeoutMs: 1,
  };

  it('asks for several partitions at once, without a session', () => {
    const request = fetch(
      [
        { topic: 'a', partition: 0, fetchOffset: 9 },
        { topic: 'b', partition: 3, fetchOffset: 0 },
        { topic: 'a', partition: 1, fetchOffset: 2 ** 40 },
      ],
      options,
    );
    const partition = (number: string, offset: string): string =>
      hex(number, 'ffffffff', offset, 'ffffffff', 'ffffffffffffffff', '00100000', '00');
    expect(bytesOf(request)).toBe(
      hex(
        'ffffffff 000000fa 00000001 00400000 01 00000000 ffffffff',
        '03',
        '02 61 03',
        partition('00000000', '0000000000000009'),
        partition('00000001', '0000010000000000'),
        '00',
        '02 62 02',
        partition('00000003', '0000000000000000'),
        '00',
        '01 01 00',
      ),
    );
  });

  it('reads each partition’s offsets, aborted transactions and record bytes, whatever tagged fields there are', () => {
    const answer = answerOf(
      fetch([], options),
      hex(
        '00000005 0000 00000000',
        '02 02 61 02',
        '00000001 0000 0000000000000064 0000000000000050 0000000000000000',
        '02 0000000000000005 0000000000000040 00',
        'ffffffff 04 010203',
        '01 01 03 aabbcc', // a tagged field: the current leader
        '00 00',
      ),
    );
    expect(answer).toMatchObject({
      errorCode: 0,
      partitions: [
        {
          topic: 'a',
          partition: 1,
          highWatermark: 100,
          lastStableOffset: 80,
          abortedTransactions: [{ producerId: 5, firstOffset: 64 }],
          records: Buffer.from([1, 2, 3]),
        },
      ],
    });
  });
});

describe('Produce', () => {
  const request = produce([{ topic: 'a', partition: 2, batch: Buffer.from([1, 2]) }], {
    transactionalId: 't',
    addsPartitions: true,
    timeoutMs: 1_000,
  });

  it('sends one batch per partition, acknowledged by all', () => {
    expect(bytesOf(request)).toBe(hex('02 74 ffff 000003e8 02 02 61 02 00000002 03 0102 00 00 00'));
  });
  it('needs version 12 to add partitions to a transaction by the way, and avoids it otherwise', () => {
    expect([request.minVersion, request.maxVersion]).toEqual([12, 12]);
    const classic = produce([], { transactionalId: 't', addsPartitions: false, timeoutMs: 1 });
    expect([classic.minVersion, classic.maxVersion]).toEqual([9, 11]);
  });
  it('reads offsets and what the broker says about a refused record', () => {
    const answer = answerOf(
      request,
      hex(
        '02 02 61 02 00000002 0057 ffffffffffffffff ffffffffffffffff 0000000000000000',
        '02 00000000 04 626164 00 00',
        '00 00 00000000 00',
      ),
    );
    expect(answer).toEqual([{ topic: 'a', partition: 2, errorCode: 87, baseOffset: -1, message: 'bad' }]);
  });
});

describe('a transaction’s requests', () => {
  it('carry the member’s generation with offsets (KIP-447)', () => {
    const offsets = [{ topic: 'a', partition: 0, offset: 3, metadata: 'x' }];
    const request = txnOffsetCommit(OWNER, { ...MEMBER, instanceId: 'i' }, offsets, false);
    expect([request.minVersion, request.maxVersion]).toEqual([3, 4]);
    expect(bytesOf(request)).toBe(
      hex(
        '02 74 02 67 0000000000000005 0002 00000007 02 6d 02 69',
        '02 02 61 02 00000000 0000000000000003 ffffffff 02 78 00 00 00',
      ),
    );
  });
  it('learn the next identity from the end, since version 5 and only when it succeeded', () => {
    const request = endTxn(OWNER, true, true);
    expect(bytesOf(request)).toBe(hex('02 74 0000000000000005 0002 01 00'));
    expect(answerOf(request, hex('00000000 0000 0000000000000005 0003 00'))).toEqual({
      errorCode: 0,
      next: { producerId: 5, epoch: 3 },
    });
    expect(answerOf(request, hex('00000000 0030 ffffffffffffffff ffff 00')).next).toBeNull();
    expect(answerOf(endTxn(OWNER, true, false), hex('00000000 0000 00'), 4).next).toBeNull();
  });
});

describe('OffsetFetch', () => {
  it('asks for stable offsets only', () => {
    expect(bytesOf(offsetFetch('g', [{ topic: 'a', partition: 1 }]))).toBe(
      hex('02 67 02 02 61 02 00000001 00 01 00'),
    );
  });
  it('reads offsets with their metadata and errors', () => {
    const answer = answerOf(
      offsetFetch('g', []),
      hex('00000000 02 02 61 02 00000001 0000000000000009 ffffffff 02 78 0058 00 00 0000 00'),
    );
    expect(answer.offsets).toEqual([{ topic: 'a', partition: 1, offset: 9, metadata: 'x', errorCode: 88 }]);
  });
});

describe('JoinGroup', () => {
  it('is a consumer’s, so that Kafka’s tools can read the group, and may take as long as a rebalance', () => {
    const request = joinGroup({
      groupId: 'g',
      sessionTimeoutMs: 6_000,
      rebalanceTimeoutMs: 60_000,
      memberId: '',
      instanceId: null,
      protocol: 'p',
      metadata: Buffer.from([9]),
    });
    const consumer = Buffer.from('consumer').toString('hex');
    expect(bytesOf(request)).toBe(hex('02 67 00001770 0000ea60 01 00 09', consumer, '02 02 70 02 09 00 00'));
    expect(request.timeoutMs).toBeGreaterThan(60_000);
  });
});

describe('Metadata', () => {
  it('never creates a topic', () => {
    expect(bytesOf(metadata(['a']))).toBe(hex('02 02 61 00 00 00 00 00'));
  });
  it('names no topic to learn of brokers alone', () => {
    expect(bytesOf(metadata([]))).toBe(hex('01 00 00 00 00'));
  });
});

describe('ApiVersions', () => {
  it('finds the finalized features among the tagged fields', () => {
    const name = Buffer.from('transaction.version').toString('hex');
    const answer = answerOf(
      finalizedFeatures(),
      hex(
        '0000 02 0000 0000 000c 00 00000000',
        '02',
        '01 08 0000000000000001',
        '02 1a 02 14', // tag 2, 26 bytes: one feature, its name
        name,
        '0002 0000 00',
      ),
    );
    expect(answer.get('transaction.version')).toBe(2);
  });
});

describe('the consumer protocol', () => {
  it('carries topics and data of a member', () => {
    const bytes = encodeSubscription(['a', 'bc'], Buffer.from('data'));
    expect(bytes.toString('hex')).toBe(hex('0000 00000002 0001 61 0002 6263 00000004 64617461'));
    expect(decodeSubscriptionData(bytes).toString()).toBe('data');
  });
  it('carries partitions and data of an assignment', () => {
    const partitions = [
      { topic: 'a', partition: 0 },
      { topic: 'a', partition: 2 },
      { topic: 'b', partition: 1 },
    ];
    const bytes = encodeAssignment({ partitions, data: Buffer.from('x') });
    expect(decodeAssignment(bytes)).toEqual({ partitions, data: Buffer.from('x') });
    expect(decodeAssignment(encodeAssignment({ partitions: [] }))).toEqual({ partitions: [], data: null });
    expect(decodeAssignment(Buffer.alloc(0))).toEqual({ partitions: [], data: null });
  });
});
