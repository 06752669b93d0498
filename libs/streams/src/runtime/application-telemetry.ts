import type { MetricAttributes, Telemetry } from '../ports/runtime.ts';
import { noTelemetry } from './system.ts';

/** The same telemetry, told which application it is: several of one process may share it. */
export function applicationTelemetry(telemetry: Telemetry, application: string): Telemetry {
  if (telemetry === noTelemetry) return telemetry;
  const named = (attributes?: MetricAttributes) => ({ ...attributes, application });
  return {
    count: (name, by, attributes) => telemetry.count(name, by, named(attributes)),
    record: (name, value, attributes) => telemetry.record(name, value, named(attributes)),
    observe: (metrics) => {
      const all = () => metrics().map((metric) => ({ ...metric, attributes: named(metric.attributes) }));
      return telemetry.observe?.(all) ?? (() => {});
    },
  };
}
