import { startKafka } from '@hiveframe/streams-testing/containers';
import { serviceAddress } from './service.ts';

/** `host:port` of a real Kafka: `KAFKA_BROKERS`, else a container of this test file's own; undefined: there is none.
 *  Await it at the top of the file: `const brokers = await kafkaBrokers();`
 *  and then `(brokers === undefined ? describe.skip : describe)('...', ...)`. */
export function kafkaBrokers(): Promise<string | undefined> {
  return serviceAddress({ name: 'Kafka', variable: 'KAFKA_BROKERS', start: startKafka });
}
