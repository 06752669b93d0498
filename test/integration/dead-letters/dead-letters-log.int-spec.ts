import { randomUUID } from 'node:crypto';
import { describe, jest } from '@jest/globals';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { describeDeadLetters } from '../../../libs/streams/test/support/dead-letters-suite.ts';
import { kafkaBrokers } from '../../support/kafka.ts';

jest.setTimeout(60_000);

const brokers = await kafkaBrokers();

(brokers === undefined ? describe.skip : describe)('Apache Kafka through kafkajs', () => {
  describeDeadLetters('on Kafka', {
    log: () => kafkajs({ brokers: brokers!.split(','), clientId: 'dead-letters' }),
    uniqueName: (prefix) => `${prefix}-${randomUUID()}`,
  });
});
