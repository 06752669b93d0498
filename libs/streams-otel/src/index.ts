export { METRIC_CATALOGUE, NAMESPACE, type MetricEntry } from './metric-catalogue.ts';
export { otelTelemetry, type OtelTelemetryOptions } from './otel-telemetry.ts';
export { otelTracing, type OtelTracingOptions } from './otel-tracing.ts';
export { pinoLogger } from './pino-logger.ts';
export { PrometheusPage } from './prometheus-page.ts';
export { startTelemetry, type StartedTelemetry, type StartTelemetryOptions } from './start-telemetry.ts';
