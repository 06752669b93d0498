/** The real engine over the embedded log, driven by hand: nothing happens between two calls, and time moves when told to.
 *  Kafka Streams' TopologyTestDriver, with several partitions, repartition topics and restarts from what was committed. */
import {
  RecordBatchWriter,
  RecordCursor,
  resolveTopic,
  type Bytes,
  type FetchedRecords,
  type GroupMember,
  type Headers,
  type LogPort,
  type LogReader,
  type LogWriter,
  type StreamRecord,
  type StreamsConfig,
  type Topic,
  type TopologyGraph,
} from '@hiveframe/streams';
import {
  createTaskEnvironment,
  GlobalTables,
  partitionFor,
  resolveStreamsConfig,
  StreamWorker,
  TopicPreparation,
  type PreparedTopics,
  type ResolvedStreamsConfig,
} from '@hiveframe/streams/internal';
import { embedded } from '@hiveframe/streams-embedded';
import { ManualClock } from './manual-clock.ts';

export interface TopologyTestDriverOptions extends Partial<Omit<StreamsConfig, 'clock'>> {
  /** Of the source topics. @defaultValue 1 */
  readonly numPartitions?: number;
  /** Where the clock begins. @defaultValue 0 */
  readonly startMs?: number;
}

export interface PipeOptions<K> {
  readonly key?: K;
  /** @defaultValue the driver's clock */
  readonly timestampMs?: number;
  /** @defaultValue by the key's hash; without a key 0 */
  readonly partition?: number;
  readonly headers?: Headers;
}
export interface TestInputTopic<in K, in V> {
  /** Writes the record and processes everything that follows from it; null: the key is deleted. */
  pipe(value: V | null, options?: PipeOptions<K>): Promise<void>;
  pipeBytes(value: Bytes | null, options?: PipeOptions<Bytes | null>): Promise<void>;
}
export interface TestRecord<out K, out V> extends StreamRecord<K, V> {
  readonly partition: number;
  readonly headers: Headers;
}
/** Reads what was committed, in order of partition and offset. */
export interface TestOutputTopic<out K, out V> {
  /** The next record; undefined: there is none. */
  read(): Promise<TestRecord<K, V> | undefined>;
  readAll(): Promise<readonly TestRecord<K, V>[]>;
  readValues(): Promise<readonly V[]>;
}

const MAX_ROUNDS = 100_000;

export class TopologyTestDriver implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly #graph: TopologyGraph;
  readonly #config: ResolvedStreamsConfig;
  readonly #log: LogPort;
  readonly #writer: LogWriter;
  readonly #outputs = new Map<string, OutputReader>();
  #globalTables: GlobalTables;
  #worker: StreamWorker | null = null;
  #member: GroupMember | null = null;
  #topics: PreparedTopics | null = null;
  #fatal: Error | null = null;

  constructor(topology: { readonly graph: TopologyGraph }, options: TopologyTestDriverOptions = {}) {
    const { numPartitions = 1, startMs = 0, ...config } = options;
    this.clock = new ManualClock(startMs);
    this.#graph = topology.graph;
    this.#log = config.log ?? embedded();
    this.#writer = this.#log.writer();
    this.#config = resolveStreamsConfig({
      applicationId: 'test',
      processingGuarantee: 'exactly_once',
      missingSourceTopics: { create: { numPartitions } },
      ...config,
      log: this.#log,
      clock: this.clock,
    });
    this.#globalTables = new GlobalTables(this.#graph.globalTables, this.#config);
  }

  input<K, V>(topic: Pick<Topic<K, V>, 'name' | 'key' | 'value'>): TestInputTopic<K, V> {
    const context = (part: 'key' | 'value') => ({ topic: topic.name, part, headers: () => [] });
    return {
      pipe: async (value, options = {}) => {
        const { key, ...rest } = options;
        const keyBytes = key === undefined || key === null ? null : topic.key!.serialize(key, context('key'));
        const bytes = value === null ? null : topic.value.serialize(value, context('value'));
        await this.#pipe(topic.name, bytes, {
          ...rest,
          key: keyBytes,
        });
      },
      pipeBytes: (value, options = {}) => this.#pipe(topic.name, value, options),
    };
  }

  async #pipe(topic: string, value: Bytes | null, options: PipeOptions<Bytes | null>): Promise<void> {
    await this.#started();
    const key = options.key ?? null;
    const count = (await this.#log.admin.describe([topic])).get(topic)?.numPartitions ?? 1;
    const partition = options.partition ?? (key === null ? 0 : partitionFor(key, count));
    const records = new RecordBatchWriter();
    records.append(key, value, options.timestampMs ?? this.clock.nowMs(), options.headers);
    await this.#writer.send([{ topic, partition, records: records.take() }]);
    await this.settle();
  }

  output<K, V>(topic: Pick<Topic<K, V>, 'name' | 'key' | 'value'>): TestOutputTopic<K, V> {
    const context = (part: 'key' | 'value') => ({ topic: topic.name, part, headers: () => [] });
    return this.#typed(topic.name, (record) => ({
      ...record,
      key: (record.key === null || topic.key === null
        ? null
        : topic.key.deserialize(record.key, context('key'))) as K,
      value: (record.value === null ? null : topic.value.deserialize(record.value, context('value'))) as V,
    }));
  }

  /** Dead letters, raw, with their headers. */
  get deadLetters(): TestOutputTopic<Bytes | null, Bytes | null> {
    return this.#typed(this.#config.deadLetterTopic, (record) => record);
  }

  /** A topic of the application itself (`<applicationId>-…`), raw. */
  internal(name: string): TestOutputTopic<Bytes | null, Bytes | null> {
    return this.#typed(
      resolveTopic({ name, internal: true }, this.#config.applicationId),
      (record) => record,
    );
  }

  #typed<K, V>(
    topic: string,
    convert: (record: TestRecord<Bytes | null, Bytes | null>) => TestRecord<K, V>,
  ): TestOutputTopic<K, V> {
    const reader = async () => {
      await this.#started();
      let output = this.#outputs.get(topic);
      if (output === undefined) this.#outputs.set(topic, (output = new OutputReader(this.#log, topic)));
      return output;
    };
    const read = async () => {
      const record = await (await reader()).next();
      return record === undefined ? undefined : convert(record);
    };
    const readAll = async () => {
      const records: TestRecord<K, V>[] = [];
      for (let record = await read(); record !== undefined; record = await read()) records.push(record);
      return records;
    };
    return { read, readAll, readValues: async () => (await readAll()).map(({ value }) => value) };
  }

  /** Moves the clock, runs what becomes due, and commits. */
  async advanceWallClock(ms: number): Promise<void> {
    await this.#started();
    this.clock.advance(ms);
    await this.settle();
  }

  /** A crash without commit, then fresh tasks from changelogs and committed offsets. */
  async crashAndRestart(): Promise<void> {
    await this.#started();
    await this.#worker!.stop(false);
    await this.#member!.leave(1_000);
    await this.#globalTables.close();
    this.#globalTables = new GlobalTables(this.#graph.globalTables, this.#config);
    this.#worker = null;
    await this.#started();
    await this.settle();
  }

  /** Processes and commits until nothing moves any more, in all sub-topologies. @throws what ended the application */
  async settle(): Promise<void> {
    await this.#started();
    await this.#globalTables.catchUp();
    for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
      const processed = await this.#worker!.round(0);
      if (this.#fatal !== null) throw this.#fatal;
      const committed = processed > 0 ? false : await this.#commitAll();
      if (processed === 0 && !committed) return;
    }
    throw new Error(`The topology did not come to rest within ${MAX_ROUNDS} rounds.`);
  }

  /** Whether anything was there to commit. */
  async #commitAll(): Promise<boolean> {
    const before = await this.#ends();
    const running = this.#worker!.tasks.filter((task) => task.state === 'running');
    await Promise.all(running.map((task) => task.commit()));
    if (running.some((task) => task.failure !== null)) return true;
    return before !== (await this.#ends());
  }

  async #ends(): Promise<string> {
    const topics = [...new Set([...this.#topics!.sources.values()].flat())];
    const described = await this.#log.admin.describe(topics);
    const partitions = Array.from(described, ([topic, { numPartitions }]) =>
      Array.from({ length: numPartitions }, (_, partition) => ({ topic, partition })),
    ).flat();
    return JSON.stringify(await this.#log.admin.offsets(partitions, 'lastStable'));
  }

  async #started(): Promise<void> {
    if (this.#worker !== null) return;
    await this.#log.connect();
    this.#topics ??= await new TopicPreparation(this.#graph, this.#config).prepare(
      new AbortController().signal,
    );
    const { partitionCounts } = this.#topics;
    await this.#globalTables.open(new AbortController().signal);
    const worker = new StreamWorker({
      partitionCounts: () => partitionCounts,
      environment: createTaskEnvironment(
        this.#config,
        () => this.#member!,
        this.#topics.limits,
        this.#globalTables,
      ),
      subTopologies: this.#graph.subTopologies,
      sources: this.#topics.sources,
      maxBufferedBytes: this.#config.maxBufferedBytes,
      member: () => this.#member!,
      listener: {
        onRebalancing: () => {},
        onRunning: () => {},
        onRestore: () => {},
        onFatal: (error) => (this.#fatal = error),
      },
    });
    this.#worker = worker;
    this.#member = this.#log.group(
      {
        groupId: this.#config.applicationId,
        topics: [...new Set([...this.#topics.sources.values()].flat())],
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 60_000,
        heartbeatIntervalMs: 3_000,
        protocol: 'test',
      },
      worker,
    );
    await this.#member.join();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const output of this.#outputs.values()) await output.close();
    await this.#worker?.stop(false);
    await this.#member?.leave(1_000);
    await this.#globalTables.close();
    await this.#log.close(1_000);
  }
}

class OutputReader {
  readonly #log: LogPort;
  readonly #topic: string;
  readonly #reader: LogReader;
  readonly #records: TestRecord<Bytes | null, Bytes | null>[] = [];
  #assigned = false;

  constructor(log: LogPort, topic: string) {
    this.#log = log;
    this.#topic = topic;
    this.#reader = log.reader({ isolation: 'read_committed' });
  }

  async next(): Promise<TestRecord<Bytes | null, Bytes | null> | undefined> {
    if (this.#records.length === 0) await this.#fetch();
    return this.#records.shift();
  }

  async #fetch(): Promise<void> {
    if (!this.#assigned) await this.#assign();
    for (;;) {
      const fetched = await this.#reader.poll({ maxWaitMs: 0 });
      if (fetched.length === 0) return;
      for (const one of [...fetched].sort((a, b) => a.partition - b.partition)) this.#decode(one);
    }
  }

  async #assign(): Promise<void> {
    const found = (await this.#log.admin.describe([this.#topic])).get(this.#topic);
    for (let partition = 0; partition < (found?.numPartitions ?? 0); partition++) {
      this.#reader.assign({ topic: this.#topic, partition }, 0);
      this.#assigned = true;
    }
  }

  #decode(fetched: FetchedRecords): void {
    const cursor = new RecordCursor();
    cursor.reset(fetched.batches, fetched.fromOffset);
    while (cursor.next()) {
      this.#records.push({
        key: cursor.key(),
        value: cursor.value(),
        timestampMs: cursor.timestampMs,
        partition: fetched.partition,
        headers: cursor.headers(),
      });
    }
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
