/** The application: connects the log and the stores, prepares topics, joins the group, runs tasks until it is stopped. */
import { InvariantError, TimeoutError } from '../errors/streams.error.ts';
import type { GroupMember } from '../ports/log.ts';
import type { Metric } from '../ports/runtime.ts';
import { ChangelogEnds } from '../query/changelog-ends.ts';
import { StoreQueries, type StoreQueryOptions } from '../query/store-queries.ts';
import type { RestoreProgress } from '../state/restore/restore-progress.ts';
import type { StoreRef } from '../topology/store-ref.ts';
import type { Topology } from '../topology/topology.ts';
import { restoreMetrics, stateMetrics, threadMetrics } from './app-metrics.ts';
import { AppState, type StreamsState } from './app-state.ts';
import { applicationTelemetry } from './application-telemetry.ts';
import { createTaskEnvironment } from './create-task-environment.ts';
import { despiteOutages } from './despite-outages.ts';
import { GlobalTables } from './global-tables.ts';
import { Listeners, type StreamsListener } from './listeners.ts';
import { PartitionWatch } from './partition-watch.ts';
import { RestoreMonitor } from './restore-monitor.ts';
import { SourcePatterns } from './source-patterns.ts';
import {
  resolveStreamsConfig,
  type ProcessingGuarantee,
  type ResolvedStreamsConfig,
  type StreamsConfig,
} from './streams-config.ts';
import { StreamWorker } from './stream-worker.ts';
import { TopicPreparation, type PreparedTopics } from './topics.ts';
import { TopologyGuard } from './topology-guard.ts';

const DEFAULT_STOP_TIMEOUT_MS = 30_000;
/** What becomes of work that a stop does not wait for any longer. */
const UNFINISHED: Readonly<Record<ProcessingGuarantee, string>> = {
  exactly_once: 'open transactions are aborted, their input is processed again',
  at_least_once: 'what was not committed is processed again',
  at_most_once: 'what was taken and not finished is lost',
};

export class StreamsApp implements AsyncDisposable {
  readonly #topology: Topology;
  readonly #config: ResolvedStreamsConfig;
  readonly #state = new AppState();
  readonly #listeners: Listeners;
  readonly #restores: RestoreMonitor;
  readonly #starting = new AbortController();
  readonly #globalTables: GlobalTables;
  readonly #guard: TopologyGuard;
  /** The stores by name, with how far what was read has come: for who answers queries of others. */
  readonly queries: StoreQueries;
  #worker: StreamWorker | null = null;
  #member: GroupMember | null = null;
  #ending: Promise<void> | null = null;
  /** As prepared last: a source may get more partitions while it runs. */
  #topics: PreparedTopics | null = null;
  /** What it ends because of. */
  #failure: Error | null = null;
  #endObservation: () => void = () => {};

  /** @throws ConfigError */
  constructor(topology: Topology, config: StreamsConfig) {
    this.#topology = topology;
    const resolved = resolveStreamsConfig(config);
    const telemetry = applicationTelemetry(resolved.telemetry, resolved.applicationId);
    this.#config = { ...resolved, telemetry };
    this.#listeners = new Listeners(this.#config.logger);
    this.#restores = new RestoreMonitor({ ...this.#config, tell: (what) => this.#listeners.tell(what) });
    this.#globalTables = new GlobalTables(topology.graph.globalTables, this.#config);
    this.#guard = new TopologyGuard(topology.graph, this.#config);
    this.queries = this.#createQueries();
    this.#state.listen((change) => {
      // A failure was told when it came: the last line of an application that failed says why.
      if (change.to !== 'error')
        this.#config.logger.log('info', `${this.#config.applicationId}: ${change.from} → ${change.to}`);
      this.#listeners.tell((listener) => listener.onStateChange?.(change));
    });
  }

  get applicationId(): string {
    return this.#config.applicationId;
  }
  get state(): StreamsState {
    return this.#state.current;
  }
  /** What ended the application, in state `error`. */
  get error(): Error | undefined {
    return this.#state.error;
  }

  /** The store partitions that are being brought up to date with their changelogs now. */
  get restoring(): readonly RestoreProgress[] {
    return this.#restores.ongoing;
  }

  /** A store, read only: what is committed, of all its partitions. Each read tells what is there then; several are no snapshot.
   *  Stores that all can read (Redis) are read whoever has the task; a store in memory only where its task runs.
   *  @throws UnknownStoreError. Reads reject with StoreNotHereError, StoreNotAvailableError, StoreKindError, InvalidQueryError */
  store<S>(ref: StoreRef<S>, options?: StoreQueryOptions): S {
    return this.queries.store(ref, options);
  }

  #createQueries(): StoreQueries {
    const { applicationId, stores, clock, log, maxQueryLagOffsets } = this.#config;
    return new StoreQueries(this.#topology.graph, {
      applicationId,
      stores,
      ends: new ChangelogEnds(log.admin, clock),
      maxLagOffsets: maxQueryLagOffsets,
      numPartitions: (subTopology) => this.#numPartitions(subTopology),
      locate: (subTopology, partition) =>
        this.#worker?.locate({ subTopology, partition }) ?? { kind: 'opening' },
    });
  }

  #numPartitions(subTopology: number): number | null {
    if (this.#topics === null || this.#ending !== null) return null;
    const { sources, partitionCounts } = this.#topics;
    return Math.max(0, ...(sources.get(subTopology) ?? []).map((topic) => partitionCounts.get(topic) ?? 0));
  }

  /** All that it measures, as it stands now; names and units as Kafka Streams' `KafkaStreams#metrics`. Cheap: numbers are read that
   *  are kept anyway. */
  metrics(): readonly Metric[] {
    return [
      ...stateMetrics(this.state),
      threadMetrics([this.state]),
      ...restoreMetrics(this.restoring),
      ...(this.#worker?.metrics() ?? []),
    ];
  }

  /** Gives back a function that removes the listener. */
  listen(listener: StreamsListener): () => void {
    return this.#listeners.add(listener);
  }

  /** Ends when every assigned task is restored and runs. Waits for a log or store that is away. What fails once the group is joined,
   *  such as a task or a handler that says `fail`, is told by the state `error`, not here.
   *  @throws TopologyError, LogError, StoreError when it can never run; then the state is `error` */
  async start(): Promise<void> {
    if (this.state !== 'created')
      throw new InvariantError(`Cannot start an application that is ${this.state}: make a new one.`);
    this.#endObservation = this.#config.telemetry.observe?.(() => this.metrics()) ?? (() => {});
    this.#state.move('rebalancing');
    try {
      await this.#connect();
      await this.#despiteOutages(() => this.#guard.check());
      const topics = await this.#prepareTopics();
      if (topics === null || this.#starting.signal.aborted) return;
      await this.#globalTables.open(this.#starting.signal);
      if (this.#starting.signal.aborted) return;
      this.#worker = this.#createWorker();
      this.#member = this.#join(this.#worker);
      this.#worker.run();
      this.#globalTables.run((error) => void this.#fail(error));
      await this.#member.join();
      void this.#watchPartitions();
    } catch (error) {
      if (this.#starting.signal.aborted && this.#failure === null) return;
      await this.#fail(error as Error);
      throw error;
    }
  }

  async #connect(): Promise<void> {
    const { signal } = this.#starting;
    await Promise.all([this.#config.log.connect(signal), this.#config.stores.connect(signal)]);
  }

  async #prepareTopics(): Promise<PreparedTopics | null> {
    const preparation = new TopicPreparation(this.#topology.graph, this.#config);
    const topics = await this.#despiteOutages(() => preparation.prepare(this.#starting.signal));
    if (topics !== null) this.#topics = topics;
    return topics;
  }

  #despiteOutages<T>(work: () => Promise<T>): Promise<T | null> {
    return despiteOutages(`Cannot prepare the topics of ${this.applicationId} yet`, work, {
      ...this.#config,
      signal: this.#starting.signal,
    });
  }

  /** New partitions of a source, and new topics of a pattern, go to the group, where the topics of the application allow it; else they
   *  end it. */
  async #watchPartitions(): Promise<void> {
    const { log, clock, logger, metadataMaxAgeMs, rebalanceTimeoutMs } = this.#config;
    const watch = new PartitionWatch({
      admin: log.admin,
      clock,
      logger,
      everyMs: metadataMaxAgeMs,
      prepared: () => this.#topics!.partitionCounts,
      patterns: new SourcePatterns(this.#topology.graph, this.#config),
      matched: () => this.#topics!.matched,
      onChanged: async (changes) => {
        await this.#prepareTopics();
        await this.#globalTables.readNewPartitions();
        logger.log('info', `${changes}: joining the group anew.`);
        await this.#worker!.rejoin(rebalanceTimeoutMs);
      },
    });
    try {
      await watch.run(this.#starting.signal);
    } catch (error) {
      await this.#fail(error as Error);
    }
  }

  #createWorker(): StreamWorker {
    return new StreamWorker({
      environment: createTaskEnvironment(
        this.#config,
        () => this.#member!,
        () => this.#topics!.limits,
        this.#globalTables,
        () => this.#topics!,
      ),
      subTopologies: this.#topology.graph.subTopologies,
      sources: () => this.#topics!.sources,
      partitionCounts: () => this.#topics!.partitionCounts,
      maxBufferedBytes: this.#config.maxBufferedBytes,
      applicationServer: this.#config.applicationServer,
      claim: (signal) => this.#guard.claim(signal),
      member: () => this.#member!,
      listener: {
        onRebalancing: () => this.#state.tryMove('rebalancing'),
        onRunning: () => this.#state.tryMove('running'),
        onRestore: this.#restores.onRestore,
        onFatal: (error) => void this.#fail(error),
      },
    });
  }

  #join(worker: StreamWorker): GroupMember {
    const { applicationId, sessionTimeoutMs, rebalanceTimeoutMs, instanceId } = this.#config;
    const topics = () => [...new Set([...this.#topics!.sources.values()].flat())];
    return this.#config.log.group(
      {
        groupId: applicationId,
        get topics() {
          return topics();
        },
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        heartbeatIntervalMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 3)),
        protocol: 'hiveframe-streams',
        ...(instanceId === undefined ? {} : { instanceId }),
      },
      worker,
    );
  }

  async #fail(error: Error): Promise<void> {
    if (this.#ending !== null) return;
    this.#failure = error;
    this.#starting.abort();
    this.#config.logger.log('error', `${this.applicationId} cannot go on: ${error.message}`);
    this.#ending = this.#end({ commit: false, timeoutMs: 5_000 }).catch(() => {});
    await this.#ending;
    this.#state.move('error', error);
  }

  /** Finishes or aborts the open transactions; after timeoutMs it aborts. Safe to call in any state, and again.
   *  @throws TimeoutError when the deadline passed: then everything was aborted, which loses nothing but under at_most_once */
  async stop(options: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#starting.abort();
    try {
      await this.#stop(options.timeoutMs ?? DEFAULT_STOP_TIMEOUT_MS);
    } finally {
      this.#endObservation(); // of one that failed too, whose state was to be seen until now
    }
  }

  async #stop(timeoutMs: number): Promise<void> {
    if (this.#ending !== null) return this.#ending;
    if (this.state === 'created') return this.#state.move('stopped');
    this.#state.move('stopping');
    this.#ending = this.#end({ commit: true, timeoutMs });
    try {
      await this.#ending;
    } finally {
      this.#state.move('stopped');
    }
  }

  async #end({ commit, timeoutMs }: { readonly commit: boolean; readonly timeoutMs: number }): Promise<void> {
    const inTime = await this.#withinDeadline(timeoutMs, this.#finish(commit));
    if (!inTime) await this.#withinDeadline(2_000, this.#worker?.abandon());
    await this.#withinDeadline(2_000, this.#member?.leave(1_000));
    await this.#withinDeadline(2_000, this.#closeSinks());
    await this.#withinDeadline(2_000, this.#globalTables.close());
    await Promise.allSettled([this.#config.log.close(1_000), this.#config.stores.close(1_000)]);
    if (!inTime) {
      throw new TimeoutError(
        `${this.applicationId} did not finish its work within ${timeoutMs} ms: ${UNFINISHED[this.#config.processingGuarantee]}.`,
      );
    }
  }

  async #finish(commit: boolean): Promise<void> {
    const failures = (await this.#worker?.stop(commit)) ?? [];
    for (const { message } of failures.filter((failure) => failure !== this.#failure)) {
      this.#config.logger.log(
        'warn',
        `Not everything was finished at the end; who comes next goes on from the log: ${message}`,
      );
    }
  }

  /** After the last write: what a sink still holds (a table that waits for its last rows) comes out now. */
  async #closeSinks(): Promise<void> {
    await Promise.allSettled(this.#topology.sinks.map((sink) => sink.close()));
  }

  /** Whether it ended in time; its failure is not of interest any more. */
  async #withinDeadline(timeoutMs: number, work: Promise<void> | undefined): Promise<boolean> {
    if (work === undefined) return true;
    const timer = new AbortController();
    const late = this.#config.clock.delay(timeoutMs, timer.signal).then(() => false);
    const ended = work.then(
      () => true,
      () => true,
    );
    const inTime = await Promise.race([late, ended]);
    timer.abort();
    return inTime;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
