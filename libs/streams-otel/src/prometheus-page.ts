/** What a Prometheus scrapes. */
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import {
  AggregationType,
  MetricReader,
  type IMetricReader,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';
import { temporalityOf } from './temporality.ts';

/** As the OpenTelemetry specification has it for Prometheus; what stands in braces adds nothing. */
const UNIT_SUFFIX: Readonly<Record<string, string>> = { s: '_seconds', ms: '_milliseconds', By: '_bytes' };

/** Gives the metrics as text when it is asked; names carry their unit, as they do by way of a collector, so that the same dashboards
 *  and alerts serve both. */
export class PrometheusPage {
  readonly contentType = 'text/plain; version=0.0.4; charset=utf-8';
  /** Among the `readers` of a MeterProvider, before `text` is asked for. */
  readonly reader: IMetricReader;
  readonly #reader = new PageReader();
  readonly #serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

  constructor() {
    this.reader = this.#reader;
  }

  /** @throws what kept the metrics from being collected */
  async text(): Promise<string> {
    const { resourceMetrics, errors } = await this.#reader.collect();
    if (errors.length > 0) throw errors[0];
    return `${this.#serializer.serialize(withUnits(resourceMetrics))}\n`;
  }
}

class PageReader extends MetricReader {
  constructor() {
    super({
      aggregationSelector: () => ({ type: AggregationType.DEFAULT }),
      aggregationTemporalitySelector: temporalityOf,
    });
  }

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

function withUnits(resourceMetrics: ResourceMetrics): ResourceMetrics {
  const scopeMetrics = resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({
    scope,
    metrics: metrics.map(withUnit),
  }));
  return { ...resourceMetrics, scopeMetrics };
}

function withUnit(metric: MetricData): MetricData {
  const { descriptor } = metric;
  const suffix = UNIT_SUFFIX[descriptor.unit] ?? '';
  return { ...metric, descriptor: { ...descriptor, unit: '', name: `${descriptor.name}${suffix}` } };
}
