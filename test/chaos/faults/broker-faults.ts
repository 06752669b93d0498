/** What can happen to a broker. */
import type { KafkaCluster } from '../../support/kafka-cluster.ts';
import type { Fault } from './fault.ts';

/** kill -9. */
export function killBroker(kafka: KafkaCluster, number: number): Fault {
  return { strike: () => kafka.kill(number), heal: () => kafka.up(number) };
}

/** Stopped in order: it hands over first what it leads. */
export function stopBroker(kafka: KafkaCluster, number: number): Fault {
  return { strike: () => kafka.shutDown(number), heal: () => kafka.up(number) };
}

/** Its connections stay open, and nothing answers. */
export function freezeBroker(kafka: KafkaCluster, number: number): Fault {
  return { strike: () => kafka.freeze(number), heal: () => kafka.thaw(number) };
}
