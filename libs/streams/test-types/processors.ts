// The Processor API: stores by name, a punctuation, another output type.
import {
  double,
  json,
  keyValueStore,
  listStore,
  minutes,
  processorOutput,
  seconds,
  sessionStore,
  StreamsBuilder,
  string,
  topic,
  versionedKeyValueStore,
  type GlobalStore,
  type KStream,
  type ListStore,
  type Processor,
  type ProcessorContext,
  type ScheduledPunctuation,
  type SessionStore,
  type StreamRecord,
  type VersionedKeyValueStore,
  type VersionedRecord,
} from '@hiveframe/streams';
import { readings, type Reading } from './domain.ts';
import { expectTypeOf } from './expect-type.ts';

interface Silence {
  readonly sensorId: string;
  readonly sinceMs: number;
}
const lastSeen = keyValueStore({ name: 'last-seen', key: string(), value: double() });
const stream = new StreamsBuilder().stream(readings);

const silences = stream.process({
  name: 'silence',
  stores: { lastSeen },
  output: { key: string(), value: json<Silence>() },
  prefetch: (record) => ({ lastSeen: [record.key] }),
  create: ({ stores, forward, schedule }) => {
    schedule({ name: 'check', everyMs: seconds(10), time: 'wallClock' }, async (nowMs) => {
      for await (const { key, value: sinceMs } of stores.lastSeen.all()) {
        if (nowMs - sinceMs < minutes(1)) continue;
        forward({ key, value: { sensorId: key, sinceMs }, timestampMs: nowMs });
        stores.lastSeen.delete(key);
      }
    });
    return {
      process(record) {
        expectTypeOf(record).toEqual<StreamRecord<string, Reading>>();
        stores.lastSeen.put(record.key, record.timestampMs);
      },
    };
  },
});
expectTypeOf(silences).toEqual<KStream<string, Silence>>();

// A class does as well; without `output` the types stay.
class Deduplicate implements Processor<string, Reading> {
  readonly #context: ProcessorContext<string, Reading, { lastSeen: typeof lastSeen }>;
  constructor(context: ProcessorContext<string, Reading, { lastSeen: typeof lastSeen }>) {
    this.#context = context;
  }
  async process(record: StreamRecord<string, Reading>) {
    const seenMs = await this.#context.stores.lastSeen.get(record.key);
    if (seenMs === record.timestampMs) return;
    this.#context.stores.lastSeen.put(record.key, record.timestampMs);
    this.#context.forward(record);
  }
}
const once = stream.process({
  name: 'dedupe',
  stores: { lastSeen },
  create: (context) => new Deduplicate(context),
});
expectTypeOf(once).toEqual<KStream<string, Reading>>();

const alerts = topic('alerts', { key: string(), value: json<Silence>() });
stream.processValues({
  name: 'triage',
  outputs: { alerts: processorOutput({ ...alerts, to: (silent) => silent.to(alerts) }) },
  create: ({ forwardTo }) => ({
    process(record) {
      forwardTo('alerts', { ...record, value: { sensorId: record.key, sinceMs: record.timestampMs } });
      // @ts-expect-error what the output does not take
      forwardTo('alerts', record);
      // @ts-expect-error no such output
      forwardTo('alarms', record);
    },
  }),
});
stream.process({
  name: 'wrong',
  stores: { lastSeen },
  create: ({ stores, forward }) => ({
    process(record) {
      // @ts-expect-error the store holds numbers
      stores.lastSeen.put(record.key, 'late');
      // @ts-expect-error not what the stream holds, and no output says otherwise
      forward({ ...record, value: 1 });
    },
  }),
});

const queues = listStore({ name: 'queues', key: string(), value: json<Reading>() });
const visits = sessionStore({ name: 'visits', key: string(), value: double(), retentionMs: minutes(5) });
const limits = new StreamsBuilder().globalTable(topic('limits', { key: string(), value: double() }), {
  name: 'limits',
});
const prices = versionedKeyValueStore({
  name: 'prices',
  key: string(),
  value: double(),
  historyRetentionMs: minutes(5),
});
stream.process({
  name: 'stores',
  stores: { queues, visits, limits, prices },
  create: ({ stores }) => {
    expectTypeOf(stores.queues).toEqual<ListStore<string, Reading>>();
    expectTypeOf(stores.visits).toEqual<SessionStore<string, number>>();
    expectTypeOf(stores.prices).toEqual<VersionedKeyValueStore<string, number>>();
    expectTypeOf(stores.limits).toEqual<GlobalStore<string, number>>();
    return {
      async process({ key, timestampMs }) {
        expectTypeOf(await stores.prices.get(key, timestampMs)).toEqual<
          VersionedRecord<number> | undefined
        >();
        // @ts-expect-error a version has a time
        void stores.prices.put(key, 1);
        // @ts-expect-error the list holds readings
        void stores.queues.append(key, 1);
        // @ts-expect-error global tables are for reading
        stores.limits.put(key, 1);
        // @ts-expect-error a session has a span
        void stores.visits.put(key, 1);
      },
    };
  },
});

stream.processValues({
  name: 'scheduling',
  keepsPunctuations: true,
  create: ({ schedule, scheduled }) => ({
    process({ key }) {
      expectTypeOf(scheduled(key)).toEqual<ScheduledPunctuation | undefined>();
      schedule({ name: key, everyMs: seconds(1), time: 'stream' }).cancel();
      // @ts-expect-error it has a name
      schedule({ everyMs: seconds(1), time: 'stream' });
    },
    punctuate(name, nowMs) {
      expectTypeOf([name, nowMs] as const).toEqual<readonly [string, number]>();
    },
  }),
});
