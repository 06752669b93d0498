/** An SDK with what a service mostly wants of one; who has an SDK already takes `otelTelemetry` alone. */
import type { Telemetry } from '@hiveframe/streams';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader, type IMetricReader } from '@opentelemetry/sdk-metrics';
import { otelTelemetry } from './otel-telemetry.ts';
import { PrometheusPage } from './prometheus-page.ts';
import { temporalityOf } from './temporality.ts';

export interface StartTelemetryOptions {
  /** `service.name`, and whatever else tells this instance apart. The environment's `OTEL_RESOURCE_ATTRIBUTES` is the SDK's own. */
  readonly resource: Readonly<Record<string, string>>;
  /** Send metrics by OTLP (HTTP, protobuf); the endpoint and its headers are the SDK's environment variables,
   *  `OTEL_EXPORTER_OTLP_ENDPOINT` and its like. @defaultValue false */
  readonly otlpMetrics?: boolean;
  /** Between two exports by OTLP. @defaultValue 60_000 */
  readonly exportIntervalMs?: number;
}

export interface StartedTelemetry {
  /** For the configuration of the application. */
  readonly telemetry: Telemetry;
  /** For whoever serves `GET /metrics`. */
  readonly page: PrometheusPage;
  /** Sends what is left. Resolves also where nobody takes it. */
  shutdown(): Promise<void>;
}

export function startTelemetry({
  resource,
  otlpMetrics = false,
  exportIntervalMs = 60_000,
}: StartTelemetryOptions): StartedTelemetry {
  const page = new PrometheusPage();
  const readers: IMetricReader[] = [page];
  if (otlpMetrics) {
    const exporter = new OTLPMetricExporter();
    exporter.selectAggregationTemporality = temporalityOf;
    readers.push(new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: exportIntervalMs }));
  }
  const meterProvider = new MeterProvider({
    resource: defaultResource().merge(resourceFromAttributes(resource)),
    readers,
  });
  return {
    telemetry: otelTelemetry({ meterProvider }),
    page,
    shutdown: async () => {
      await Promise.allSettled([meterProvider.shutdown()]);
    },
  };
}
