/** An SDK with what a service mostly wants of one; who has an SDK already takes `otelTelemetry` alone. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Telemetry, Tracing } from '@hiveframe/streams';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { defaultResource, resourceFromAttributes, type Resource } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader, type IMetricReader } from '@opentelemetry/sdk-metrics';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { otelTelemetry } from './otel-telemetry.ts';
import { otelTracing } from './otel-tracing.ts';
import { PrometheusPage } from './prometheus-page.ts';
import { temporalityOf } from './temporality.ts';

export interface StartTelemetryOptions {
  /** `service.name`, and whatever else tells this instance apart. The environment's `OTEL_RESOURCE_ATTRIBUTES` is the SDK's own. */
  readonly resource: Readonly<Record<string, string>>;
  /** Send metrics by OTLP (HTTP, protobuf). @defaultValue false */
  readonly otlpMetrics?: boolean;
  /** Send traces by OTLP (HTTP, protobuf). @defaultValue false: `tracing` is null */
  readonly otlpTraces?: boolean;
  /** `http://collector:4318`. @defaultValue the SDK's environment variables, `OTEL_EXPORTER_OTLP_ENDPOINT` and its like, which also have
   *  headers and credentials */
  readonly otlpEndpoint?: string;
  /** Of the batches, from 0 to 1. Records are traced as their writer has decided: by the flag of their `traceparent`.
   *  @defaultValue 1 */
  readonly sampleRatio?: number;
  /** Between two exports by OTLP. @defaultValue 60_000 */
  readonly exportIntervalMs?: number;
}

export interface StartedTelemetry {
  /** For the configuration of the application. */
  readonly telemetry: Telemetry;
  /** For the same; null without `otlpTraces`. In stream threads each starts its own. */
  readonly tracing: Tracing | null;
  /** For whoever serves `GET /metrics`. */
  readonly page: PrometheusPage;
  /** Sends what is left; to be called when the application has stopped. Resolves after `timeoutMs` (3_000) also where nobody takes it:
   *  the SDK would try for some ten seconds. */
  shutdown(options?: { readonly timeoutMs?: number }): Promise<void>;
}

const SHUTDOWN_TIMEOUT_MS = 3_000;

export function startTelemetry(options: StartTelemetryOptions): StartedTelemetry {
  const resource = defaultResource().merge(resourceFromAttributes(options.resource));
  const page = new PrometheusPage();
  const meterProvider = new MeterProvider({ resource, readers: [page.reader, ...otlpReaders(options)] });
  const tracerProvider = options.otlpTraces === true ? createTracerProvider(resource, options) : null;
  return {
    telemetry: otelTelemetry({ meterProvider }),
    tracing: tracerProvider && otelTracing({ tracerProvider }),
    page,
    shutdown: async ({ timeoutMs = SHUTDOWN_TIMEOUT_MS } = {}) => {
      const sent = Promise.allSettled([meterProvider.shutdown(), tracerProvider?.shutdown()]);
      const waited = new AbortController();
      const late = delay(timeoutMs, undefined, { signal: waited.signal }).catch(() => undefined);
      await Promise.race([sent, late]);
      waited.abort();
    },
  };
}

function otlpReaders({
  otlpMetrics = false,
  exportIntervalMs = 60_000,
  otlpEndpoint,
}: StartTelemetryOptions): IMetricReader[] {
  if (!otlpMetrics) return [];
  const exporter = new OTLPMetricExporter(at(otlpEndpoint, 'metrics'));
  exporter.selectAggregationTemporality = temporalityOf;
  return [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: exportIntervalMs })];
}

function createTracerProvider(
  resource: Resource,
  { sampleRatio = 1, otlpEndpoint }: StartTelemetryOptions,
): TracerProvider {
  return new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(sampleRatio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter(at(otlpEndpoint, 'traces')) })],
  });
}

function at(endpoint: string | undefined, signal: 'metrics' | 'traces'): { readonly url?: string } {
  return endpoint === undefined ? {} : { url: `${endpoint.replace(/\/$/, '')}/v1/${signal}` };
}
