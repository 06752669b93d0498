/** The topics a topology reads and writes: checked, and made where they are the application's own. */
import { TopologyError } from '../errors/streams.error.ts';
import type { LogAdmin, NewTopic } from '../ports/log.ts';
import type { TopicLimits } from '../task/task-environment.ts';
import {
  changelogTopic,
  resolveTopic,
  type SinkSpec,
  type SourceSpec,
  type SubTopology,
  type TopologyGraph,
} from '../topology/graph.ts';
import { backoffMs } from '../time/backoff.ts';
import { MAX_WRITERS } from '../watermark/encoded-writers.ts';
import type { SourceTopics } from './assignor.ts';
import { countInternalTopics } from './internal-topic-counts.ts';
import { missingSettings } from './internal-topic-settings.ts';
import { prepareSerdes } from './prepare-serdes.ts';
import { SourcePatterns, type MatchedTopics } from './source-patterns.ts';
import type { ResolvedStreamsConfig } from './streams-config.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** What a broker takes when the topic says nothing (Kafka's default for `max.message.bytes`). */
const DEFAULT_MAX_RECORD_BYTES = 1_048_588;
/** Dead letters must take what the sources took, with headers on top. */
const DEAD_LETTER_MAX_BYTES = 64 * 1024 * 1024;

export interface PreparedTopics {
  readonly sources: SourceTopics;
  /** What each pattern of a source matched. */
  readonly matched: MatchedTopics;
  /** Partitions by source topic, as all other topics were made for. */
  readonly partitionCounts: ReadonlyMap<string, number>;
  readonly limits: ReadonlyMap<string, TopicLimits>;
}

export class TopicPreparation {
  readonly #graph: TopologyGraph;
  readonly #config: ResolvedStreamsConfig;
  readonly #admin: LogAdmin;
  readonly #patterns: SourcePatterns;
  /** As found by `prepare`. */
  #matched: MatchedTopics = new Map();

  constructor(graph: TopologyGraph, config: ResolvedStreamsConfig) {
    this.#graph = graph;
    this.#config = config;
    this.#admin = config.log.admin;
    this.#patterns = new SourcePatterns(graph, config);
  }

  /** @throws TopologyError for topics that do not fit, SerdeNotReadyError and what else a serde cannot be prepared for; waits for missing sources as configured, until the signal aborts. */
  async prepare(signal: AbortSignal): Promise<PreparedTopics> {
    this.#matched = await this.#matchPatterns();
    const counts = await this.#sourceCounts(signal);
    for (const { topic, numPartitions } of [...this.#matched.values()].flat())
      counts.set(topic, numPartitions);
    const internal = await this.#internalTopics(counts);
    for (const { topic, numPartitions } of internal) counts.set(topic, numPartitions);
    await this.#createInternal(internal);
    for (const subTopology of this.#graph.subTopologies) this.#checkCopartitioned(subTopology, counts);
    await prepareSerdes(this.#graph, this.#config.applicationId);
    const changelogs = await this.#asTheyAre(this.#changelogs(counts), (there, { numPartitions }) =>
      Math.max(there, numPartitions),
    );
    await this.#createInternal(changelogs);
    await this.#createMissing(this.#outputs(counts));
    const limits = await this.#limits(counts);
    return { sources: this.#sources(), matched: this.#matched, partitionCounts: counts, limits };
  }

  #sources(): SourceTopics {
    return new Map(this.#graph.subTopologies.map((sub) => [sub.id, this.#sourceTopics(sub)]));
  }

  #sourceTopics(subTopology: SubTopology): string[] {
    return subTopology.sources.flatMap(({ spec }) => {
      const { topic, pattern } = spec as SourceSpec;
      if (pattern === undefined) return [this.#resolve(topic)];
      return this.#matched.get(topic.name)!.map((matched) => matched.topic);
    });
  }

  async #matchPatterns(): Promise<MatchedTopics> {
    if (this.#patterns.isEmpty) return new Map();
    const matched = this.#patterns.match(await this.#admin.list());
    for (const [text, topics] of matched) if (topics.length === 0) this.#tellOfNoMatch(text);
    const found = await this.#admin.describe([...matched.values()].flat());
    return new Map(
      Array.from(matched, ([text, topics]) => [
        text,
        topics.flatMap((topic) => {
          const described = found.get(topic);
          return described === undefined ? [] : [{ topic, numPartitions: described.numPartitions }];
        }),
      ]),
    );
  }

  #tellOfNoMatch(pattern: string): void {
    const { logger, applicationId } = this.#config;
    logger.log(
      'warn',
      `Pattern ${pattern} matches no topic now; waiting for one. The whole name must match, and topics of the application (${applicationId}-…) never do.`,
    );
  }

  /** The topics of a pattern come and go: what was made for former ones keeps its partitions, where that does. */
  async #asTheyAre(
    wanted: readonly NewTopic[],
    choose: (there: number, wanted: NewTopic) => number,
  ): Promise<NewTopic[]> {
    const made = wanted.filter(({ numPartitions }) => numPartitions > 0); // none yet: later
    if (this.#patterns.isEmpty) return made;
    const found = await this.#admin.describe(wanted.map(({ topic }) => topic));
    return wanted.flatMap((one) => {
      const there = found.get(one.topic)?.numPartitions;
      const numPartitions = there === undefined ? one.numPartitions : choose(there, one);
      return numPartitions > 0 ? [{ ...one, numPartitions }] : [];
    });
  }
  #sinks(subTopology: SubTopology): SinkSpec[] {
    return subTopology.nodes.flatMap((node) => (node.spec.kind === 'sink' ? [node.spec] : []));
  }
  #resolve(topic: SourceSpec['topic']): string {
    return resolveTopic(topic, this.#config.applicationId);
  }

  async #sourceCounts(signal: AbortSignal): Promise<Map<string, number>> {
    const external = this.#graph.subTopologies.flatMap((sub) =>
      sub.sources
        .map((node) => node.spec as SourceSpec)
        .flatMap(({ topic, pattern }) => (topic.internal || pattern !== undefined ? [] : [topic])),
    );
    external.push(...this.#graph.globalTables.map(({ topic }) => topic));
    const names = [...new Set(external.map((topic) => topic.name))];
    const sinceMs = this.#config.clock.nowMs();
    for (let tries = 0; ; tries++) {
      const found = await this.#admin.describe(names);
      const missing = names.filter((name) => !found.has(name));
      if (missing.length === 0)
        return new Map(Array.from(found, ([name, { numPartitions }]) => [name, numPartitions]));
      await this.#handleMissing(missing, { tries, sinceMs }, signal);
    }
  }

  async #handleMissing(
    missing: readonly string[],
    { tries, sinceMs }: { readonly tries: number; readonly sinceMs: number },
    signal: AbortSignal,
  ): Promise<void> {
    const { missingSourceTopics, logger, clock, applicationId } = this.#config;
    const names = missing.join(', ');
    if (typeof missingSourceTopics === 'object') {
      const { numPartitions } = missingSourceTopics.create;
      logger.log('info', `Creating source topic ${names} with ${numPartitions} partitions.`);
      await this.#admin.create(missing.map((topic) => ({ topic, numPartitions, ...this.#replication() })));
      return;
    }
    if (missingSourceTopics === 'fail' || signal.aborted) {
      throw new TopologyError(
        `Cannot start ${this.#config.applicationId}: source topic ${names} does not exist. Create it first.`,
      );
    }
    const waitMs = backoffMs(applicationId, tries + 2);
    const since = new Date(sinceMs).toISOString();
    logger.log(
      'warn',
      `Source topic ${names} does not exist; waiting for it since ${since}, looking again in ${(waitMs / 1_000).toFixed(1)} s. Create it to go on.`,
    );
    await clock.delay(waitMs, signal);
  }

  #internalTopics(counts: ReadonlyMap<string, number>): Promise<NewTopic[]> {
    const known = new Map(counts); // external topics and internal ones, by their names in the topology
    for (const [text, topics] of this.#matched)
      known.set(text, Math.max(0, ...topics.map(({ numPartitions }) => numPartitions)));
    countInternalTopics(this.#graph, known);
    const wanted = this.#graph.internalTopics.map(({ topic: ref }) => {
      const topic = this.#resolve(ref);
      const numPartitions = known.get(ref.name)!;
      const config = {
        'cleanup.policy': 'delete',
        'retention.ms': '-1',
        'message.timestamp.type': 'CreateTime',
      };
      return { topic, numPartitions, config, ...this.#replication() };
    });
    const fixed = new Set(
      this.#graph.internalTopics.flatMap(({ topic, numPartitions }) =>
        numPartitions === null ? [] : [this.#resolve(topic)],
      ),
    );
    return this.#asTheyAre(wanted, (there, { topic, numPartitions }) =>
      fixed.has(topic) ? numPartitions : there,
    );
  }

  #taskCount(subTopology: SubTopology, counts: ReadonlyMap<string, number>): number {
    return Math.max(0, ...this.#sourceTopics(subTopology).map((name) => counts.get(name) ?? 0));
  }

  #checkCopartitioned(subTopology: SubTopology, counts: ReadonlyMap<string, number>): void {
    if (!subTopology.copartitioned) return;
    const topics = this.#sourceTopics(subTopology).map((name) => ({ name, count: counts.get(name)! }));
    if (new Set(topics.map(({ count }) => count)).size <= 1) return;
    const listed = topics.map(({ name, count }) => `${name} has ${count}`).join(', ');
    throw new TopologyError(
      `Cannot start ${this.#config.applicationId}: the sources of sub-topology ${subTopology.id} must have equal partition counts, but ${listed}. Give the topics equal counts, or repartition() one of the streams.`,
    );
  }

  #changelogs(counts: ReadonlyMap<string, number>): NewTopic[] {
    return this.#graph.subTopologies.flatMap((sub) =>
      sub.stores
        .filter((store) => store.changelog)
        .map((store) => ({
          topic: changelogTopic(store.name, this.#config.applicationId),
          numPartitions: this.#taskCount(sub, counts),
          // D28: windows go by retention too, a day later than the store forgets them (KIP-71).
          config:
            store.retentionMs !== null
              ? {
                  'cleanup.policy': 'compact,delete',
                  'retention.ms': String(store.retentionMs + DAY_MS),
                  'message.timestamp.type': 'CreateTime',
                }
              : { 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
          ...this.#replication(),
        })),
    );
  }

  #outputs(counts: ReadonlyMap<string, number>): NewTopic[] {
    const outputs = this.#graph.subTopologies.flatMap((sub) =>
      this.#sinks(sub)
        .filter((sink) => !sink.topic.internal)
        .map((sink) => ({
          topic: sink.topic.name,
          numPartitions: this.#taskCount(sub, counts),
          ...this.#replication(),
        })),
    );
    const deadLetters: NewTopic = {
      topic: this.#config.deadLetterTopic,
      numPartitions: Math.max(1, ...outputs.map(({ numPartitions }) => numPartitions)),
      config: { 'max.message.bytes': String(DEAD_LETTER_MAX_BYTES) },
      ...this.#replication(),
    };
    return [...outputs, deadLetters];
  }

  #replication(): { readonly replicationFactor?: number } {
    const { replicationFactor } = this.#config;
    return replicationFactor === undefined ? {} : { replicationFactor };
  }

  async #createMissing(wanted: readonly NewTopic[]): Promise<void> {
    const found = await this.#admin.describe(wanted.map(({ topic }) => topic));
    const missing = wanted.filter(({ topic, numPartitions }) => !found.has(topic) && numPartitions > 0);
    if (missing.length === 0) return;
    const listed = missing.map(({ topic, numPartitions }) => `${topic} (${numPartitions})`).join(', ');
    this.#config.logger.log('info', `Creating ${listed}.`);
    await this.#admin.create(missing);
  }

  /** @throws TopologyError: an internal topic with another partition count holds the state of another topology */
  async #createInternal(wanted: readonly NewTopic[]): Promise<void> {
    const { applicationId } = this.#config;
    const found = await this.#admin.describe(wanted.map(({ topic }) => topic));
    for (const { topic, numPartitions, config = {} } of wanted) {
      const described = found.get(topic);
      if (described === undefined) continue;
      const there = described.numPartitions;
      if (there === numPartitions) {
        this.#tellOfSettings(topic, missingSettings(config, described.config));
        continue;
      }
      throw new TopologyError(
        `Cannot run ${applicationId}: internal topic ${topic} has ${there} partitions, the topology needs ${numPartitions}. The sources changed their partition count: reset the application, or give them their former count.`,
      );
    }
    await this.#createMissing(wanted);
  }

  /** Not set from here: they may be as they are on purpose, and the principal need not be allowed to. */
  #tellOfSettings(topic: string, missing: string | null): void {
    if (missing === null) return;
    this.#config.logger.log(
      'warn',
      `Internal topic ${topic} is there with settings by which the log may delete what is still needed, such as what a lost store is restored from. Set ${missing} (kafka-configs --alter --entity-type topics --entity-name ${topic} --add-config ...).`,
      { topic },
    );
  }

  async #limits(counts: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, TopicLimits>> {
    const numWriters = this.#numWriters(counts);
    const found = await this.#admin.describe([
      ...new Set([...numWriters.keys(), this.#config.deadLetterTopic]),
    ]);
    return new Map(
      Array.from(found, ([topic, { numPartitions, config }]) => {
        const maxRecordBytes = Number(config['max.message.bytes'] ?? DEFAULT_MAX_RECORD_BYTES);
        return [topic, { numPartitions, maxRecordBytes, numWriters: numWriters.get(topic) ?? 0 }];
      }),
    );
  }

  /** How many tasks write each topic. */
  #numWriters(counts: ReadonlyMap<string, number>): Map<string, number> {
    const numWriters = new Map<string, number>();
    for (const sub of this.#graph.subTopologies) {
      const topics = new Set(this.#sinks(sub).map((sink) => this.#resolve(sink.topic)));
      for (const topic of topics) {
        numWriters.set(topic, (numWriters.get(topic) ?? 0) + this.#taskCount(sub, counts));
      }
      for (const sink of this.#sinks(sub))
        if (sink.carriesWatermarks === true) this.#checkWriters(sink, numWriters);
    }
    return numWriters;
  }

  /** What they announce must fit beside an offset. */
  #checkWriters({ topic: ref }: SinkSpec, numWriters: ReadonlyMap<string, number>): void {
    const topic = this.#resolve(ref);
    if (numWriters.get(topic)! <= MAX_WRITERS) return;
    throw new TopologyError(
      `Cannot run ${this.#config.applicationId}: ${numWriters.get(topic)} tasks would write repartition topic ${topic}, and the watermarks of ${MAX_WRITERS} at most can be committed with its offsets. Give its source fewer partitions, or repartition() it into fewer before.`,
    );
  }
}
