/** Attributes as the semantic conventions name them, where they do (messaging, Kafka, error, thread). */
import type { Attributes } from '@opentelemetry/api';
import type { MetricAttributes } from '@hiveframe/streams';

/** By what the engine calls them. */
export const ATTRIBUTE_NAMES: Readonly<Record<string, string>> = {
  application: 'messaging.consumer.group.name',
  topic: 'messaging.destination.name',
  partition: 'messaging.destination.partition.id',
  thread: 'thread.name',
  kind: 'error.type',
  task: 'hiveframe.streams.task.id',
  store: 'hiveframe.streams.store.name',
  table: 'hiveframe.streams.table.name',
  source: 'hiveframe.streams.source.name',
  state: 'hiveframe.streams.state',
  reason: 'hiveframe.streams.reason',
  result: 'hiveframe.streams.result',
};

/** A name that the engine does not use is the user's own, and stays. */
export function semanticAttributes(attributes: MetricAttributes = {}): Attributes {
  const named: Attributes = {};
  for (const [name, value] of Object.entries(attributes)) named[ATTRIBUTE_NAMES[name] ?? name] = value;
  return named;
}
