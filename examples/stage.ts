/** Where a lesson is played: its topology runs as an application on an embedded log, the lesson writes records as any producer
 *  would, and what comes out is printed as any consumer would see it. */
import {
  partitionFor,
  RecordBatchWriter,
  RecordCursor,
  resolveTopic,
  StreamsApp,
  whenReady,
  type FetchedRecords,
  type Headers,
  type LogReader,
  type StreamsConfig,
  type Topic,
  type Topology,
} from '@hiveframe/streams';
import {
  runResumableSource,
  type ResumableSource,
  type ResumableSourceOptions,
} from '@hiveframe/streams-connect';
import { embedded, type EmbeddedLog } from '@hiveframe/streams-embedded';
import { log as print } from 'node:console';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Lesson {
  readonly topology: Topology;
  readonly config?: Partial<StreamsConfig>;
  /** Writes, waits, tells. Afterwards the application stops. */
  play(stage: Stage): Promise<void>;
}

type Line = (text: string) => void;
const NUM_PARTITIONS = 2;

/** @param line takes what is printed */
export async function play(lesson: Lesson, line: Line = print): Promise<void> {
  const log = embedded();
  const app = new StreamsApp(lesson.topology, {
    applicationId: 'lesson',
    processingGuarantee: 'exactly_once',
    missingSourceTopics: { create: { numPartitions: NUM_PARTITIONS } },
    ...lesson.config,
    log: log.share(), // the app closes its own client of the log; this one stays
  });
  await app.start();
  const stage = new Stage(log, app.applicationId, lesson.topology, line);
  try {
    await lesson.play(stage);
    await stage.settled();
  } finally {
    await app.stop();
    await log.close(1_000);
  }
}

export class Stage {
  readonly #log: EmbeddedLog;
  readonly #applicationId: string;
  readonly #topology: Topology;
  readonly #line: Line;
  readonly #shown: {
    readonly reader: LogReader;
    readonly show: (fetched: FetchedRecords) => Promise<void>;
  }[] = [];

  constructor(log: EmbeddedLog, applicationId: string, topology: Topology, line: Line) {
    this.#log = log;
    this.#applicationId = applicationId;
    this.#topology = topology;
    this.#line = line;
  }

  say(text: string): void {
    this.#line(text);
  }

  /** Prints the records of a topic once they are committed. */
  async show<K, V>(
    topic: Topic<K, V>,
    format: (value: V, key: K, headers: Headers) => unknown = json,
  ): Promise<void> {
    const reader = this.#log.reader({ isolation: 'read_committed' });
    for (const at of await this.#partitions([topic.name])) reader.assign(at, 0);
    const cursor = new RecordCursor();
    this.#shown.push({
      reader,
      show: async ({ batches, fromOffset }) => {
        cursor.reset(batches, fromOffset);
        while (cursor.next()) {
          const { key, value } = await whenReady(() => decode(topic, cursor));
          this.#line(
            `  ${topic.name.padEnd(16)} ${String(key ?? '').padEnd(10)} ${String(format(value, key, cursor.headers()))}`,
          );
        }
      },
    });
  }

  async send<K, V>(topic: Topic<K, V>, key: K, value: V | null, timestampMs = Date.now()): Promise<void> {
    await topic.key?.prepare?.(topic.name, 'key');
    await topic.value.prepare?.(topic.name, 'value');
    const context = (part: 'key' | 'value') => ({ topic: topic.name, part, headers: () => [] });
    const bytes = value === null ? null : topic.value.serialize(value, context('value'));
    await this.sendBytes(topic, topic.key?.serialize(key, context('key')) ?? null, bytes, timestampMs);
  }

  async sendBytes(
    topic: { readonly name: string },
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs = Date.now(),
  ): Promise<void> {
    const records = new RecordBatchWriter();
    records.append(key, value, timestampMs);
    const partition = key === null ? 0 : partitionFor(key, NUM_PARTITIONS);
    await this.#log.writer().send([{ topic: topic.name, partition, records: records.take() }]);
  }

  /** Runs a source to its end. */
  async feed<T, P, K>(
    source: ResumableSource<T, P>,
    target: Pick<ResumableSourceOptions<T, K>, 'topic' | 'key'>,
  ): Promise<void> {
    const applicationId = this.#applicationId;
    await runResumableSource<T, P, K>(source, { ...target, applicationId, log: this.#log }).done;
  }

  /** Ends when the application has processed and committed everything, and what came of it is printed. */
  async settled(): Promise<void> {
    while (!(await this.#isDone())) {
      await this.#print();
      await sleep(20);
    }
    await this.#print();
  }

  async #print(): Promise<void> {
    for (const { reader, show } of this.#shown) {
      for (let fetched = await reader.poll({ maxWaitMs: 0 }); fetched.length > 0;) {
        for (const one of fetched) await show(one);
        fetched = await reader.poll({ maxWaitMs: 0 });
      }
    }
  }

  /** Whether the group has claimed all that is in its topics, its own ones included. */
  async #isDone(): Promise<boolean> {
    const { admin } = this.#log;
    const sources = this.#topology.graph.subTopologies.flatMap((sub) => sub.sources);
    const topics = sources.flatMap(({ spec }) =>
      spec.kind === 'source' ? [resolveTopic(spec.topic, this.#applicationId)] : [],
    );
    const partitions = await this.#partitions(topics);
    const ends = await admin.offsets(partitions, 'end');
    const committed = await admin.committed(this.#applicationId, partitions);
    return ends.every(({ topic, partition, offset }) => {
      const found = committed.find((one) => one.topic === topic && one.partition === partition);
      return (found?.offset ?? 0) >= offset;
    });
  }

  async #partitions(topics: readonly string[]) {
    return Array.from(await this.#log.admin.describe(topics), ([topic, { numPartitions }]) =>
      Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition })),
    ).flat();
  }
}

function decode<K, V>(topic: Topic<K, V>, cursor: RecordCursor): { key: K; value: V } {
  const context = (part: 'key' | 'value') => ({ topic: topic.name, part, headers: () => cursor.headers() });
  const [key, value] = [cursor.key(), cursor.value()];
  return {
    key: (key === null ? null : topic.key?.deserialize(key, context('key'))) as K,
    value: (value === null ? null : topic.value.deserialize(value, context('value'))) as V,
  };
}

function json(value: unknown): string {
  return value === null ? '(deleted)' : JSON.stringify(value);
}
