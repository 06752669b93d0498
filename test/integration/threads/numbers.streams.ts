/** Runs in stream threads: passes each number on under the name of the thread, and counts the numbers of each key. */
import {
  double,
  json,
  storeRef,
  StreamsBuilder,
  string,
  topic,
  type ReadOnlyKeyValueStore,
  type StreamThread,
  type ThreadStreams,
} from '@hiveframe/streams';
import { kafkajs } from '@hiveframe/streams-kafkajs';
import { redis } from '@hiveframe/streams-redis';

/** `thread.data` */
export interface NumbersSettings {
  readonly brokers: string;
  readonly redisUrl: string;
  /** The application id; all topics begin with it. */
  readonly id: string;
}
export interface Passed {
  readonly number: number;
  readonly thread: string;
}

export const numbersTopics = (id: string) => ({
  input: `${id}-in`,
  passed: `${id}-passed`,
  counts: `${id}-n`,
});

export const numberCounts = storeRef<ReadOnlyKeyValueStore<string, number>>('counts');

/** @param thread whose name is passed on with each number */
export function buildNumbers(builder: StreamsBuilder, id: string, thread: string): void {
  const names = numbersTopics(id);
  const numbers = builder.stream(topic(names.input, { key: string(), value: double() }));
  numbers
    .mapValues((number): Passed => ({ number, thread }))
    .to(topic(names.passed, { key: string(), value: json<Passed>() }));
  numbers
    .groupByKey({ name: 'numbers' })
    .count()
    .storedAs(numberCounts)
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(topic(names.counts, { key: string(), value: double() }));
}

export default function numbers({ name, data, logger }: StreamThread): ThreadStreams {
  const { brokers, redisUrl, id } = data as NumbersSettings;
  const builder = new StreamsBuilder();
  buildNumbers(builder, id, name);
  return {
    topology: builder.build(),
    config: {
      applicationId: id,
      log: kafkajs({ brokers: brokers.split(','), clientId: `${id}-${name}`, logger }),
      stores: redis({ url: redisUrl, logger }),
      processingGuarantee: 'exactly_once',
      commitIntervalMs: 50,
      sessionTimeoutMs: 6_000,
    },
  };
}
