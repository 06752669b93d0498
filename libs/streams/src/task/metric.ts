/** Metrics, by their kind. */
import type { Metric, MetricAttributes } from '../ports/runtime.ts';

export function counter(name: string, value: number, attributes: MetricAttributes = {}): Metric {
  return { name, kind: 'counter', value, attributes };
}
export function gauge(name: string, value: number, attributes: MetricAttributes = {}): Metric {
  return { name, kind: 'gauge', value, attributes };
}
