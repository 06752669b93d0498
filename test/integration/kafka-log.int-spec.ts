import { randomUUID } from 'node:crypto';
import { describe, jest } from '@jest/globals';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { describeLog } from '@hiveframe/streams-testing/conformance';
import { kafkaBrokers } from '../support/kafka.ts';

jest.setTimeout(60_000);

const brokers = await kafkaBrokers();

(brokers === undefined ? describe.skip : describe)('Apache Kafka through kafkajs', () => {
  describeLog('kafkajs', () => ({
    capabilities: { minSessionTimeoutMs: 6_000 },
    log: async () => kafkajs({ brokers: brokers!.split(','), clientId: 'conformance' }),
    uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
  }));
});
