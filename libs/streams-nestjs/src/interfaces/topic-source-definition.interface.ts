import type {
  EventSource,
  ResumableSource,
  ResumableSourceOptions,
  SourceOptions,
  StreamSource,
} from '@hiveframe/streams-connect';

/** Where the events of a source go, and how it is run; log, clock and logger are the application's. */
export type SourceTarget<T, K = null> = Omit<SourceOptions<T, K>, 'log' | 'clock' | 'logger' | 'name'>;

/** A provider from which events come that are in no topic yet; its constructor is injected as any other. */
export interface TopicSourceDefinition<T, K = null> extends StreamSource<T> {
  readonly target: SourceTarget<T, K>;
}

/** Where the events of a resumable source go; the rest is the application's. */
export type ResumableSourceTarget<T, K = null> = Omit<
  ResumableSourceOptions<T, K>,
  'log' | 'clock' | 'logger' | 'applicationId' | 'deadLetterTopic' | 'replicationFactor' | 'sessionTimeoutMs'
>;

/** The same of a source that goes on exactly where it stood: each of its splits runs in one instance of the service at a time. */
export interface ResumableSourceDefinition<T, P, K = null> extends ResumableSource<T, P> {
  readonly target: ResumableSourceTarget<T, K>;
}

/** Of whatever events and keys. */
export type AnyTopicSource = EventSource<unknown> & {
  readonly target: { readonly topic: { readonly name: string } };
};
