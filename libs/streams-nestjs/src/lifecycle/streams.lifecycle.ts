/** Ties the life of the streams application to that of the Nest application.
 *  N1 Bootstrap builds the topology and so fails on a wrong one, but never waits for Kafka: start goes on in the background.
 *  N2 Shutdown stops the application before HTTP closes (`beforeApplicationShutdown`), so that health can be asked meanwhile.
 *     What a topology uses must therefore live longer: close it in `onApplicationShutdown`, not in `onModuleDestroy`.
 *  N3 A failure is told once, by the log and by health, and by default ends the process. What ends the engine, the engine has told
 *     through the logger it was given; here only what came before it.
 *  N4 In a stream thread nothing is started here: the thread itself runs the application, and the lifecycle of the main thread tells
 *     of it.
 *  N5 Who writes to the log beside the application (sources, HTTP ingest) ends first, in half of the time: then the log is closed. */
import {
  sharedStoreQueries,
  systemClock,
  TimeoutError,
  type RestoreProgress,
  type StateChange,
  type StoreQueries,
  type StreamsListener,
  type StreamThread,
  type ThreadStatus,
  type Topology,
} from '@hiveframe/streams';
import type { SourceStatus } from '@hiveframe/streams-connect';
import {
  Inject,
  Injectable,
  Logger,
  Optional,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { RunnableApp, StreamsAppFactory } from '../interfaces/runnable-app.interface.ts';
import type { StreamsModuleOptions } from '../interfaces/streams-module-options.interface.ts';
import type { ObservedApplication, StreamsStatus } from '../interfaces/streams-status.interface.ts';
import { NestLogger } from '../logging/nest-logger.ts';
import { StreamsExplorer } from '../streams.explorer.ts';
import { StreamsRegistry } from '../streams.registry.ts';
import {
  APPLICATION_NAME,
  getStreamsAppFactoryToken,
  getStreamThreadToken,
  MODULE_OPTIONS,
} from '../streams.tokens.ts';
import { ApplicationLog } from './application-log.ts';
import { ProcessExit } from './process-exit.ts';
import { within } from './within.ts';

const DEFAULT_STOP_TIMEOUT_MS = 5_000;
/** What the engine may need beyond the timeout: to leave the group and to close its connections. */
const LEAVE_MARGIN_MS = 4_000;
/** What the rest of a graceful close may take, in a process that ends because of a failure. */
const CLOSE_MARGIN_MS = 5_000;

@Injectable()
export class StreamsLifecycle
  implements ObservedApplication, OnApplicationBootstrap, BeforeApplicationShutdown
{
  readonly #logger = new Logger('Streams');
  readonly #shutdown = new AbortController();
  readonly #listeners = new Set<StreamsListener>();
  #app: RunnableApp | undefined;
  #sources: (() => readonly SourceStatus[]) | undefined;
  #topology: Topology | undefined;
  /** With stream threads, in the main one and in each: the stores, where all can read them. */
  #sharedQueries: StoreQueries | undefined;
  #stopped: Promise<void> | undefined;
  #status: StreamsStatus = { state: 'created', sinceMs: Date.now() };

  /** @internal Nest makes it. */
  constructor(
    @Inject(APPLICATION_NAME) readonly name: string,
    @Inject(MODULE_OPTIONS) private readonly options: StreamsModuleOptions,
    @Inject(getStreamsAppFactoryToken()) private readonly createApp: StreamsAppFactory,
    private readonly explorer: StreamsExplorer,
    private readonly log: ApplicationLog,
    private readonly processExit: ProcessExit,
    private readonly registry: StreamsRegistry,
    @Optional() @Inject(getStreamThreadToken()) private readonly thread?: StreamThread,
  ) {
    registry.add(name, this);
  }

  get status(): StreamsStatus {
    return this.#status;
  }

  /** The store partitions that are being brought up to date with their changelogs now. */
  get restoring(): readonly RestoreProgress[] {
    return this.#app?.restoring ?? [];
  }

  /** Where each stream thread stands; undefined where there are none. */
  get threads(): readonly ThreadStatus[] | undefined {
    return this.#app?.threads;
  }

  /** Where each source of the application stands, once it has run; undefined where there are none. */
  get sources(): readonly SourceStatus[] | undefined {
    return this.#sources?.();
  }

  /** @internal Of the one that runs them. */
  observeSources(sources: () => readonly SourceStatus[]): void {
    this.#sources = sources;
  }

  /** The application, once Nest has bootstrapped. */
  get app(): RunnableApp | undefined {
    return this.#app;
  }

  /** What the application runs, once Nest has bootstrapped; undefined where only the stream threads have it. */
  get topology(): Topology | undefined {
    return this.#topology;
  }

  /** The stores, for queries: once Nest has bootstrapped. undefined too where they lie in the memory of stream threads. */
  get queries(): StoreQueries | undefined {
    return this.#app?.queries ?? this.#sharedQueries;
  }

  /** For an error, where there are no `queries`. */
  get whyNoQueries(): string {
    return this.#app === undefined && this.#topology === undefined
      ? 'it has not bootstrapped yet. Read them when the service runs'
      : 'it runs in stream threads, and their stores are in memory. Keep them in Redis';
  }

  /** As the application's own `listen`, but may be called before Nest has bootstrapped. Gives back a function that removes it. */
  listen(listener: StreamsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get #stopTimeoutMs(): number {
    return this.options.stopTimeoutMs ?? DEFAULT_STOP_TIMEOUT_MS;
  }

  onApplicationBootstrap(): void {
    if (this.thread !== undefined) return; // N4
    this.explorer.refuseStrangers(this.registry.applications);
    const { autoStart = true, threads } = this.options;
    const topology = this.#buildTopology();
    this.#topology = topology ?? undefined;
    this.#app = this.createApp(topology, {
      ...this.explorer.configure(this.name, this.options),
      logger: this.options.logger ?? new NestLogger(),
    });
    this.#app.listen({
      onStateChange: (change) => {
        this.#changed(change);
        this.#tell((listener) => listener.onStateChange?.(change));
      },
      onRestoreStart: (progress) => this.#tell((listener) => listener.onRestoreStart?.(progress)),
      onBatchRestored: (progress, records) =>
        this.#tell((listener) => listener.onBatchRestored?.(progress, records)),
      onRestoreEnd: (progress) => this.#tell((listener) => listener.onRestoreEnd?.(progress)),
      onRestoreSuspended: (progress) => this.#tell((listener) => listener.onRestoreSuspended?.(progress)),
    });
    if (threads !== undefined && topology !== null) this.#shareStores(topology);
    if (this.#sharedQueries !== undefined) this.#connectForQueries();
    if (autoStart) void this.start().catch(() => undefined); // #failed has told it
  }

  /** With threads, what this one has of topologies is only checked (N1): it may have none. */
  #buildTopology(): Topology | null {
    const { threads } = this.options;
    const isLeftToThreads = threads !== undefined && this.explorer.discover(this.name).length === 0;
    return isLeftToThreads ? null : this.explorer.buildTopology(this.name);
  }

  /** In a stream thread (N4), by the connections of what it runs. @internal `nestStreams` calls it. */
  runsInThread(topology: Topology): void {
    this.#topology = topology;
    this.#shareStores(topology);
  }

  #shareStores(topology: Topology): void {
    const { stores, applicationId, log, clock = systemClock, maxQueryLagOffsets } = this.options;
    if (stores?.durable !== true) return;
    const options = { applicationId, log, stores, clock, maxQueryLagOffsets };
    this.#sharedQueries = sharedStoreQueries(topology, options);
  }

  #connectForQueries(): void {
    const connected = Promise.all([
      this.log.connected(),
      this.options.stores?.connect(this.#shutdown.signal),
    ]);
    connected.catch((error: unknown) => {
      if (!this.#shutdown.signal.aborted) this.#logger.warn(`Queries are not answered: ${String(error)}`);
    });
  }

  #tell(what: (listener: StreamsListener) => void): void {
    for (const listener of this.#listeners) what(listener);
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  /** Resolves when every task is assigned and restored. Only to be called with `autoStart: false`. */
  async start(): Promise<void> {
    try {
      await this.options.beforeStart?.(this.#shutdown.signal);
      if (!this.#shutdown.signal.aborted) await this.#app?.start();
    } catch (error) {
      // A start that shutdown interrupts is no failure.
      if (!this.#shutdown.signal.aborted)
        this.#failed(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** Resolves when the application has stopped, or when its time is over. Never rejects. */
  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    this.#shutdown.abort();
    if (this.#app === undefined) return;
    const spentMs = await this.log.release(this.#stopTimeoutMs / 2); // N5
    const timeoutMs = Math.max(0, this.#stopTimeoutMs - spentMs);
    // The engine keeps its deadline itself; this is for when it does not, as that must not hold up the end of the process.
    const lastMs = timeoutMs + LEAVE_MARGIN_MS;
    const late = () => new TimeoutError(`it is still stopping after ${lastMs} ms`);
    await this.#end(within(lastMs, this.#app.stop({ timeoutMs }), late));
    await this.log.close();
    if (this.#sharedQueries !== undefined) await this.#end(this.options.stores!.close(1_000));
  }

  async #end(ending: Promise<void>): Promise<void> {
    try {
      await ending;
    } catch (error) {
      this.#logger.error(`Could not stop cleanly: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #tellFailure(error: Error): void {
    const text = `${this.options.applicationId} cannot go on: ${error.message}`;
    this.#logger.fatal(text, ...(isOurs(error) ? [] : [error.stack]));
  }

  #changed({ to, error }: StateChange): void {
    if (this.#status.state === 'error') return; // what follows is only the clearing up
    if (to === 'error') this.#failed(error ?? new Error('the engine gave no reason'), 'told');
    else this.#status = { state: to, sinceMs: Date.now() };
  }

  #failed(error: Error, told: 'told' | 'untold' = 'untold'): void {
    if (this.#status.state === 'error') return;
    this.#status = { state: 'error', sinceMs: Date.now(), error };
    if (told === 'untold') this.#tellFailure(error);
    if (this.options.exitOnError === false) return;
    const deadlineMs = this.#stopTimeoutMs + LEAVE_MARGIN_MS + CLOSE_MARGIN_MS;
    this.processExit.failed(() => this.stop(), deadlineMs);
  }
}

/** The toolkit's own errors say what to do; the stack would only hide it. */
function isOurs(error: Error): boolean {
  return 'code' in error && String(error.code).startsWith('HFS_') && error.code !== 'HFS_INVARIANT';
}
