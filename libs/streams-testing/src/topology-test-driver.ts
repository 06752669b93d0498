/** The real engine over the embedded log, driven by hand: nothing happens between two calls, and time moves when told to.
 *  Kafka Streams' TopologyTestDriver, with several partitions and instances, repartition topics, transactions and restarts from
 *  what was committed. */
import {
  resolveTopic,
  type LogPort,
  type LogWriter,
  type StreamSink,
  type StreamsConfig,
  type TopologyGraph,
} from '@hiveframe/streams';
import { resolveStreamsConfig, type ResolvedStreamsConfig } from '@hiveframe/streams/internal';
import { embedded } from '@hiveframe/streams-embedded';
import { TestCluster } from './cluster/test-cluster.ts';
import { ManualClock } from './manual-clock.ts';
import { CommittedStores } from './stores/committed-stores.ts';
import type {
  KeyValueStoreRef,
  ListStoreRef,
  SessionStoreRef,
  TestKeyValueStore,
  TestListStore,
  TestSessionStore,
  TestVersionedKeyValueStore,
  TestWindowStore,
  VersionedKeyValueStoreRef,
  WindowStoreRef,
} from './stores/test-stores.ts';
import { TestInstance } from './test-instance.ts';
import { toDeadLetter, type TestDeadLetter } from './topics/dead-letter.ts';
import { OutputReader } from './topics/output-reader.ts';
import {
  testInputTopic,
  toBatches,
  type InputTopicOptions,
  type RawRecord,
  type TestInputTopic,
  type TypedTopic,
} from './topics/test-input-topic.ts';
import {
  decodeRecord,
  testOutputTopic,
  type RawTestRecord,
  type TestOutputTopic,
  type TestRecord,
} from './topics/test-output-topic.ts';

export interface TopologyTestDriverOptions extends Partial<Omit<StreamsConfig, 'clock'>> {
  /** Of the source topics: of all, or by topic name (those not named have 1). @defaultValue 1 */
  readonly numPartitions?: number | Readonly<Record<string, number>>;
  /** Instances of the application that run from the beginning. @defaultValue 1 */
  readonly numInstances?: number;
  /** Where the clock begins, epoch ms. @defaultValue 0 */
  readonly startMs?: number;
}

/** Beside StreamsConfig: exactly_once unless told otherwise. Without `stores` each run of an instance has its own in memory, rebuilt
 *  from the changelog when it starts; stores that are given are shared by all, as a server would be. */
export class TopologyTestDriver implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly #graph: TopologyGraph;
  readonly #sinks: readonly StreamSink<unknown, unknown>[];
  readonly #config: ResolvedStreamsConfig;
  readonly #log: LogPort;
  readonly #writer: LogWriter;
  readonly #cluster: TestCluster;
  readonly #instances: TestInstance[];
  readonly #partitionsByTopic: Readonly<Record<string, number>>;
  readonly #stores: CommittedStores;
  readonly #outputs = new Map<string, OutputReader>();
  #starting: Promise<void> | null = null;

  constructor(
    topology: { readonly graph: TopologyGraph; readonly sinks?: readonly StreamSink<unknown, unknown>[] },
    options: TopologyTestDriverOptions = {},
  ) {
    const { numPartitions = 1, numInstances = 1, startMs = 0, ...config } = options;
    this.clock = new ManualClock(startMs);
    this.#graph = topology.graph;
    this.#sinks = topology.sinks ?? [];
    this.#log = config.log ?? embedded();
    this.#writer = this.#log.writer();
    this.#partitionsByTopic = typeof numPartitions === 'number' ? {} : numPartitions;
    this.#config = resolveStreamsConfig({
      applicationId: 'test',
      processingGuarantee: 'exactly_once',
      missingSourceTopics: {
        create: { numPartitions: typeof numPartitions === 'number' ? numPartitions : 1 },
      },
      ...config,
      log: this.#log,
      clock: this.clock,
    });
    this.#cluster = new TestCluster({
      graph: this.#graph,
      config: this.#config,
      sharedStores: config.stores ?? null,
      clock: this.clock,
    });
    const { applicationId } = this.#config;
    this.#stores = new CommittedStores(this.#graph, applicationId, async (subTopology) => {
      await this.#started();
      return this.#cluster.tasksOf(subTopology);
    });
    this.#instances = Array.from({ length: numInstances }, () => new TestInstance(this.#cluster));
  }

  /** Of a pattern, each of its topics is one: `topic('sensors-1', …)`. */
  input<K, V>(topic: TypedTopic<K, V>, options: InputTopicOptions = {}): TestInputTopic<K, V> {
    const write = (name: string, records: readonly RawRecord[]) => this.#write(name, records);
    return testInputTopic(topic, { nowMs: () => this.clock.nowMs(), write }, options);
  }

  async #write(topic: string, records: readonly RawRecord[]): Promise<void> {
    await this.#started();
    const numPartitions = await this.#partitionsOf(topic);
    await this.#writer.send(toBatches(topic, records, numPartitions));
    await this.settle();
  }

  /** A topic that a pattern matches is made when it is needed, as it may come at any time. */
  async #partitionsOf(topic: string): Promise<number> {
    const described = (await this.#log.admin.describe([topic])).get(topic);
    if (described !== undefined) return described.numPartitions;
    if (!this.#matches(topic)) throw this.#notRead(topic);
    const { missingSourceTopics } = this.#config;
    const numPartitions =
      typeof missingSourceTopics === 'object' ? missingSourceTopics.create.numPartitions : 1;
    await this.#log.admin.create([{ topic, numPartitions }]);
    await this.#cluster.topicsChanged();
    return numPartitions;
  }

  #matches(topic: string): boolean {
    const sources = this.#graph.subTopologies.flatMap((sub) => sub.sources);
    return sources.some(({ spec }) => spec.kind === 'source' && spec.pattern?.test(topic) === true);
  }

  #notRead(topic: string): Error {
    const sources = this.#graph.subTopologies.flatMap(({ sources: nodes }) =>
      nodes.flatMap(({ spec }) => (spec.kind === 'source' && !spec.topic.internal ? [spec.topic.name] : [])),
    );
    return new Error(
      `Cannot pipe into topic ${topic}: the topology does not read it. It reads ${sources.join(', ')}.`,
    );
  }

  output<K, V>(topic: TypedTopic<K, V>): TestOutputTopic<K, V> {
    return this.#read(topic.name, (record): TestRecord<K, V> => decodeRecord(topic, record));
  }

  /** Dead letters, raw, each with its reason. */
  get deadLetters(): TestOutputTopic<TestDeadLetter['key'], TestDeadLetter['value'], TestDeadLetter> {
    return this.#read(this.#config.deadLetterTopic, toDeadLetter);
  }

  /** A topic of the application itself (`<applicationId>-…`: a repartition topic, a changelog), raw. */
  internal(name: string): TestOutputTopic<RawTestRecord['key'], RawTestRecord['value']> {
    return this.#read(resolveTopic({ name, internal: true }, this.#config.applicationId), (record) => record);
  }

  #read<K, V, R extends TestRecord<K, V>>(
    topic: string,
    convert: (record: RawTestRecord) => R,
  ): TestOutputTopic<K, V, R> {
    const feed = async () => {
      await this.#started();
      let output = this.#outputs.get(topic);
      if (output === undefined) this.#outputs.set(topic, (output = new OutputReader(this.#log, topic)));
      return output;
    };
    return testOutputTopic<K, V, R>(
      { next: async () => (await feed()).next(), size: async () => (await feed()).size() },
      convert,
    );
  }

  /** Of a table, an aggregate without a window, or a processor. @throws Error for another kind of store */
  keyValueStore<K, V>(store: KeyValueStoreRef<K, V>): TestKeyValueStore<K, V> {
    return this.#stores.keyValue(store);
  }

  /** Of an aggregate in tumbling, hopping or sliding windows, or of a processor. Windows stay until their retention has passed. */
  windowStore<K, V>(store: WindowStoreRef<K, V>): TestWindowStore<K, V> {
    return this.#stores.window(store);
  }

  /** Of an aggregate in sessions, or of a processor. */
  sessionStore<K, V>(store: SessionStoreRef<K, V>): TestSessionStore<K, V> {
    return this.#stores.session(store);
  }

  /** Of a processor. */
  listStore<K, V>(store: ListStoreRef<K, V>): TestListStore<K, V> {
    return this.#stores.list(store);
  }

  /** Of a processor, or of a table with a history. */
  versionedKeyValueStore<K, V>(store: VersionedKeyValueStoreRef<K, V>): TestVersionedKeyValueStore<K, V> {
    return this.#stores.versionedKeyValue(store);
  }

  /** The first instance, or another one by its number. */
  instance(number = 0): TestInstance {
    const instance = this.#instances[number];
    if (instance !== undefined) return instance;
    throw new Error(`There is no instance ${number}, there are ${this.#instances.length}.`);
  }

  get instances(): readonly TestInstance[] {
    return this.#instances;
  }

  /** One more instance: it joins the group and takes its share of the tasks. */
  async addInstance(): Promise<TestInstance> {
    await this.#started();
    const instance = new TestInstance(this.#cluster);
    this.#instances.push(instance);
    await instance.start();
    return instance;
  }

  /** By task (`<sub-topology>_<partition>`): how far its event time has come, epoch ms; -Infinity before the first record. Tells why
   *  a window has not closed. */
  get watermarksMs(): ReadonlyMap<string, number> {
    return new Map(this.#cluster.tasks.map(({ name, watermarkMs }) => [name, watermarkMs]));
  }

  /** Moves the clock, and lets each thing that is due on the way happen at its time: retries, timeouts, punctuations.
   *  @param stepMs how often what only looks at the clock does so (punctuations, idle inputs). @defaultValue once, at the end */
  async advanceWallClock(ms: number, { stepMs = ms }: { readonly stepMs?: number } = {}): Promise<void> {
    await this.#started();
    await this.#cluster.advance(ms, Math.max(1, stepMs));
  }

  /** All instances crash at once, without a commit, and start again: fresh tasks from changelogs and committed offsets. */
  async crashAndRestart(): Promise<void> {
    await this.#started();
    const up = this.#instances.filter(({ state }) => state === 'up');
    await this.#cluster.crash(up.map((instance) => instance.takeRun('crash')));
    for (const instance of up) await instance.start();
  }

  /** Processes and commits until nothing moves any more, in all sub-topologies. Every call that could move something does so itself.
   *  @throws what ended the application */
  async settle(): Promise<void> {
    await this.#started();
    await this.#cluster.settle();
  }

  #started(): Promise<void> {
    return (this.#starting ??= this.#start());
  }

  async #start(): Promise<void> {
    await this.#log.connect();
    const wanted = Object.entries(this.#partitionsByTopic);
    await this.#log.admin.create(wanted.map(([topic, numPartitions]) => ({ topic, numPartitions })));
    for (const instance of this.#instances) await instance.start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const output of this.#outputs.values()) await output.close();
    await this.#cluster.close();
    await Promise.all(this.#sinks.map((sink) => sink.close()));
  }
}
