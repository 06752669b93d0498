/** The tutorial's application in one object: its events, what is done with them, and their run. It stands on StreamsBuilder and
 *  StreamsApp, and on the embedded log unless it is given another; therefore it lives here and not in the engine, which knows no
 *  log. */
import {
  ConfigError,
  eventStream,
  StreamsApp,
  StreamsBuilder,
  topic,
  TopologyError,
  type Columns,
  type Condition,
  type Emit,
  type EventStream,
  type GroupColumns,
  type GroupingColumns,
  type GroupKey,
  type KGroupedStream,
  type KStream,
  type LatenessOptions,
  type MapOptions,
  type Narrowed,
  type Predicate,
  type StreamSink,
  type StateChange,
  type StreamsState,
  type TimeColumn,
  type Topic,
  type Topology,
  type Window,
  type WindowedEvents,
} from '@hiveframe/streams';
import { isResumable, type EventSource, type ResumableSource } from '../resumable/resumable-source.ts';
import type { StreamSource } from '../source/stream-source.ts';
import { EventIntake, NotRunningError } from './event-intake.ts';
import {
  resolveProcessorConfig,
  type ResolvedProcessorConfig,
  type StreamProcessorConfig,
} from './processor-config.ts';

/** Where the event time is read, and how far the watermark stays behind it. */
export interface Watermark<T> {
  /** Epoch milliseconds, ISO 8601, or Date. */
  readonly eventTimeColumn: TimeColumn<T>;
  /** How long windows wait for events that come late: watermark = highest event time - delayMs. */
  readonly delayMs: number;
  /** A partition silent for so long no longer holds the others back. @defaultValue never */
  readonly idleAfterMs?: number;
  /** 'advance': while no event comes at all, the watermark goes on as the clock does, so windows close. @defaultValue 'hold' */
  readonly whenIdle?: 'hold' | 'advance';
}

const DEFAULT_STOP_TIMEOUT_MS = 30_000;
/** A source that does not end is left behind: the application needs the rest of the time for its commit. */
const SOURCE_STOP_TIMEOUT_MS = 5_000;

/** A stream of events of one type, from their sources to their sinks. Itself the stream of its events: `map`, `window` and so on
 *  are those of `events()`. Declared first, then started, once. */
export class StreamProcessor<T> implements EventStream<T>, AsyncDisposable {
  readonly #config: ResolvedProcessorConfig<T>;
  readonly #builder = new StreamsBuilder();
  readonly #listeners = new Set<(change: StateChange) => void>();
  readonly #sources: EventSource<T>[] = [];
  #source: Topic<null, T> | null = null;
  #events: EventStream<T> | null = null;
  #app: StreamsApp | null = null;
  #intake: EventIntake<T> | null = null;

  /** @throws ConfigError naming all faults */
  constructor(config: StreamProcessorConfig<T>) {
    this.#config = resolveProcessorConfig(config);
  }

  /** Reads the event time from a column. A watermark belongs to the source, so it comes before anything is done with the
   *  events. @throws TopologyError when something was done already */
  withWatermark({ eventTimeColumn, ...watermark }: Watermark<T>): EventStream<T> {
    if (this.#events !== null) {
      throw new TopologyError(
        `Cannot give ${this.#name} a watermark: its events are used already. Call withWatermark first, and once.`,
      );
    }
    return this.#declare({ timestamp: eventTimeColumn, watermark });
  }

  /** The events, as the source topic has them; without `withWatermark` their time is that of their arrival. */
  events(): EventStream<T> {
    return this.#events ?? this.#declare({});
  }

  #declare(time: Pick<Parameters<typeof topic<T>>[1], 'timestamp' | 'watermark'>): EventStream<T> {
    this.#source = topic<T>(`${this.#name}-source`, { value: this.#config.value, ...time });
    this.#events = eventStream(this.#builder.stream(this.#source));
    return this.#events;
  }

  /** Runs with the application: what it yields is written to the source topic, by a resumable source exactly once. Several may feed
   *  one stream. @throws ConfigError for two resumable sources of one name */
  fromSource(source: StreamSource<T>): this;
  fromSource(source: ResumableSource<T, unknown>): this;
  fromSource(source: EventSource<T>): this {
    this.#refuseSamePositions(source);
    this.#sources.push(source);
    this.#intake?.run(source);
    return this;
  }

  /** Positions, transactions and group of a resumable source go by its name. */
  #refuseSamePositions(source: EventSource<T>): void {
    if (!isResumable(source)) return;
    const { name } = source;
    if (!this.#sources.some((other) => isResumable(other) && other.name === name)) return;
    throw new ConfigError(
      `Cannot run ${this.#name}: two of its sources are named ${name}, so each would go on where the other stood. Give one of them another name.`,
    );
  }

  /** Ends when the event is in the source topic. Events emitted at once go in one batch.
   *  @throws NotRunningError unless the stream is started; LogError when it cannot be written */
  async emit(event: T): Promise<void> {
    if (this.#intake === null) {
      throw new NotRunningError(
        `Cannot emit to ${this.#name}: it is ${this.state}. Events are taken from start() to stop().`,
      );
    }
    return this.#intake.emit(event);
  }

  map<R>(mapper: (event: T) => R, options?: MapOptions): EventStream<Awaited<R>> {
    return this.events().map(mapper, options);
  }
  filter<const P extends Predicate<T, null> | Condition<Columns<T>>>(
    predicate: P,
  ): EventStream<Narrowed<T, P>> {
    return this.events().filter(predicate);
  }
  window<W extends Window, E extends Emit = 'final'>(
    window: W,
    options?: LatenessOptions<null, T, E>,
  ): WindowedEvents<T, W, E> {
    return this.events().window(window, options);
  }
  groupBy<const B extends GroupingColumns<T>>(
    by: B,
  ): KGroupedStream<GroupKey<null, T, B>, T, GroupColumns<null, T, B>> {
    return this.events().groupBy(by);
  }
  to(target: Topic<null, T>): void {
    this.events().to(target);
  }
  toSink(sink: StreamSink<null, T>): void {
    this.events().toSink(sink);
  }
  toKStream(): KStream<null, T> {
    return this.events().toKStream();
  }

  /** @throws TopologyError that names all faults together */
  build(): Topology {
    if (this.#events === null) {
      throw new TopologyError(
        `Cannot run ${this.#name}: nothing is done with its events. Say what: map, filter, window, groupBy, to, toSink.`,
      );
    }
    return this.#builder.build();
  }

  get state(): StreamsState {
    return this.#app?.state ?? 'created';
  }
  /** What ended the stream: of the engine, or of a source under `onSourceFailure: 'stop'`. */
  get error(): Error | undefined {
    return this.#app?.error ?? this.#intake?.error;
  }

  /** Gives back a function that removes the listener. */
  onStateChange(listener: (change: StateChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Ends when every task runs and the sources are started. Once: a stopped stream is not started again, make another.
   *  @throws TopologyError, LogError, StoreError */
  async start(): Promise<void> {
    this.#app ??= this.#createApp();
    await this.#app.start();
    if (this.#isEnding()) return;
    this.#intake = new EventIntake(this.#source!, this.#config, () => this.#stopAfterFailure());
    for (const source of this.#sources) this.#intake.run(source);
  }

  /** Nobody waits for this stop. */
  #stopAfterFailure(): void {
    const { logger } = this.#config.streams;
    this.stop().catch((error: Error) => logger.log('error', error.message));
  }

  #createApp(): StreamsApp {
    const app = new StreamsApp(this.build(), this.#config.streams);
    app.listen({ onStateChange: (change) => this.#changed(change) });
    return app;
  }

  #changed(change: StateChange): void {
    if (change.to === 'error') void this.#intake?.close(1_000);
    for (const listener of this.#listeners) listener(change);
  }

  #isEnding(): boolean {
    return this.state !== 'running' && this.state !== 'rebalancing';
  }

  /** Stops the sources, then the application: what was processed is committed, what was not stays in the source topic.
   *  Before start() it does nothing. `timeoutMs` is of all together, 30_000 where it is left out.
   *  @throws TimeoutError when the deadline passed: then open transactions are aborted, nothing is lost */
  async stop({ timeoutMs = DEFAULT_STOP_TIMEOUT_MS }: { readonly timeoutMs?: number } = {}): Promise<void> {
    if (this.#app === null) return;
    const { clock } = this.#config.streams;
    const deadlineMs = clock.nowMs() + timeoutMs;
    await this.#intake?.close(Math.min(timeoutMs, SOURCE_STOP_TIMEOUT_MS));
    await this.#app.stop({ timeoutMs: Math.max(0, deadlineMs - clock.nowMs()) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #name(): string {
    return this.#config.streams.applicationId;
  }
}
