import type { Metric } from '@hiveframe/streams';
import type { SourceStatus } from '@hiveframe/streams-connect';

/** 0 while events come through, so that an alert sees the first failure; stays above it where a source has failed for good. */
export function sourceMetrics(sources: readonly SourceStatus[]): Metric[] {
  return sources.map(({ name, topic, failing }) => ({
    name: 'source-failures',
    kind: 'gauge',
    value: failing?.failures ?? 0,
    attributes: { source: name, topic },
  }));
}
