/** How events come into a running stream: one writer for what is emitted, a runner for each source. */
import { StreamsError, type Topic } from '@hiveframe/streams';
import { isResumable, type EventSource } from '../resumable/resumable-source.ts';
import { runResumableSource } from '../resumable/run-resumable-source.ts';
import { runSource, type RunningSource } from '../source/run-source.ts';
import { TopicWriter } from '../source/topic-writer.ts';
import type { ResolvedProcessorConfig } from './processor-config.ts';

/** An event for a stream that does not run. */
export class NotRunningError extends StreamsError {
  readonly code = 'HFS_NOT_RUNNING';
}

/** From start to stop of a stream. */
export class EventIntake<T> {
  readonly #topic: Topic<null, T>;
  readonly #config: ResolvedProcessorConfig<T>;
  readonly #onFailure: () => void;
  readonly #running: RunningSource[] = [];
  /** Made by the first event that is emitted. */
  #writer: Promise<TopicWriter<null, T>> | null = null;
  #error: Error | undefined;
  #closing: Promise<void> | null = null;

  /** @param onFailure a source has failed for good */
  constructor(topic: Topic<null, T>, config: ResolvedProcessorConfig<T>, onFailure: () => void) {
    this.#topic = topic;
    this.#config = config;
    this.#onFailure = onFailure;
  }

  /** What the first failed source threw. */
  get error(): Error | undefined {
    return this.#error;
  }

  async emit(event: T): Promise<void> {
    if (this.#closing !== null) {
      throw new NotRunningError(`Cannot emit to ${this.#topic.name}: the stream is stopped.`);
    }
    const writer = await (this.#writer ??= this.#openWriter());
    return writer.write({ key: null, value: event, timestampMs: this.#config.streams.clock.nowMs() });
  }

  /** One that could not be opened is opened anew for the next event. */
  async #openWriter(): Promise<TopicWriter<null, T>> {
    try {
      return await TopicWriter.open(this.#config.streams.log, this.#topic);
    } catch (error) {
      this.#writer = null;
      throw error;
    }
  }

  run(source: EventSource<T>): void {
    const running = this.#start(source);
    this.#running.push(running);
    running.done.catch((error: Error) => {
      this.#error ??= error;
      this.#onFailure();
    });
  }

  #start(source: EventSource<T>): RunningSource {
    const { streams, onSourceFailure, maxUnacknowledged } = this.#config;
    const { log, clock, logger, applicationId, deadLetterTopic } = streams;
    const onFailure = onSourceFailure === 'stop' ? 'fail' : 'retry';
    const options = { log, topic: this.#topic, clock, logger, onFailure } as const;
    if (!isResumable(source)) return runSource<T>(source, { ...options, maxUnacknowledged });
    return runResumableSource(source, {
      ...options,
      applicationId,
      ...(deadLetterTopic !== undefined && { deadLetterTopic }),
    });
  }

  /** Stops the sources, then waits for what was emitted. Again: the same end. */
  close(timeoutMs: number): Promise<void> {
    return (this.#closing ??= this.#close(timeoutMs));
  }

  async #close(timeoutMs: number): Promise<void> {
    await Promise.all(this.#running.map((source) => source.stop({ timeoutMs })));
    const writer = await this.#writer?.catch(() => null);
    await writer?.close();
  }
}
