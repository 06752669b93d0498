import type { SourceOptions, StreamSource } from '@hiveframe/streams-connect';

/** Where the events of a source go, and how it is run; log, clock and logger are the application's. */
export type SourceTarget<T, K = null> = Omit<SourceOptions<T, K>, 'log' | 'clock' | 'logger' | 'name'>;

/** A provider from which events come that are in no topic yet; its constructor is injected as any other. */
export interface TopicSourceDefinition<T, K = null> extends StreamSource<T> {
  readonly target: SourceTarget<T, K>;
}

/** Of whatever events and keys. */
export interface AnyTopicSource extends StreamSource<unknown> {
  readonly target: { readonly topic: { readonly name: string } };
}
