/** Runs in stream threads: passes each number on under the name of the thread, and counts the numbers of each key. */
import {
  double,
  json,
  StreamsBuilder,
  string,
  topic,
  type StreamThread,
  type ThreadStreams,
  type Topology,
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

function topology(id: string, thread: string): Topology {
  const names = numbersTopics(id);
  const builder = new StreamsBuilder();
  const numbers = builder.stream(topic(names.input, { key: string(), value: double() }));
  numbers
    .mapValues((number): Passed => ({ number, thread }))
    .to(topic(names.passed, { key: string(), value: json<Passed>() }));
  numbers
    .groupByKey({ name: 'numbers' })
    .count()
    .toStream()
    .mapValues((count) => count ?? 0)
    .to(topic(names.counts, { key: string(), value: double() }));
  return builder.build();
}

export default function numbers({ name, data, logger }: StreamThread): ThreadStreams {
  const { brokers, redisUrl, id } = data as NumbersSettings;
  return {
    topology: topology(id, name),
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
