import { randomUUID } from 'node:crypto';
import { describe, jest } from '@jest/globals';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { describeLog } from '@hiveframe/streams-testing/conformance';
import { kafkaBrokers } from '../support/kafka.ts';

jest.setTimeout(60_000);

const brokers = await kafkaBrokers();

(brokers === undefined ? describe.skip : describe)('Apache Kafka through kafkajs', () => {
  // A cluster of Kafka 4 has transactions of version 2; older ones, and clients that are told so, use version 1.
  for (const transactionsV2 of [true, false]) {
    describeLog(`kafkajs, transactions of version ${transactionsV2 ? 2 : 1}`, () => ({
      capabilities: { minSessionTimeoutMs: 6_000 },
      log: async () => kafkajs({ brokers: brokers!.split(','), clientId: 'conformance', transactionsV2 }),
      uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
    }));
  }
});
