/** The engine's telemetry port on OpenTelemetry metrics. */
import {
  metrics as globalMetrics,
  type BatchObservableResult,
  type Counter,
  type Histogram,
  type Meter,
  type MeterProvider,
  type Observable,
} from '@opentelemetry/api';
import type { Metric, MetricAttributes, Telemetry } from '@hiveframe/streams';
import { semanticAttributes } from './attribute-names.ts';
import { METRIC_CATALOGUE, NAMESPACE, type MetricEntry } from './metric-catalogue.ts';

export interface OtelTelemetryOptions {
  /** Makes the instruments. @defaultValue the global one, which measures nothing until an SDK has registered its own */
  readonly meterProvider?: MeterProvider;
}

/** Give it as `telemetry` to the configuration of one application or of several; with stream threads, to `ThreadedStreamsApp`. What a
 *  processor counts or records by its `context.telemetry` under a name of its own becomes a metric of that name. */
export function otelTelemetry({ meterProvider = globalMetrics }: OtelTelemetryOptions = {}): Telemetry {
  return new OtelTelemetry(meterProvider.getMeter('@hiveframe/streams'));
}

interface Observed {
  readonly instrument: Observable;
  readonly scale: number;
}

class OtelTelemetry implements Telemetry {
  readonly #meter: Meter;
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, { readonly histogram: Histogram; readonly scale: number }>();
  readonly #observed = new Map<string, Observed>();
  readonly #sources = new Set<() => readonly Metric[]>();

  constructor(meter: Meter) {
    this.#meter = meter;
    for (const [name, entry] of Object.entries(METRIC_CATALOGUE)) this.#create(name, entry);
    const instruments = Array.from(this.#observed.values(), ({ instrument }) => instrument);
    meter.addBatchObservableCallback((result) => this.#collect(result), instruments);
  }

  #create(engineName: string, { name, kind, unit, description, scale = 1, buckets }: MetricEntry): void {
    const fullName = `${NAMESPACE}.${name}`;
    const options = { unit, description };
    switch (kind) {
      case 'counter':
        this.#counters.set(engineName, this.#meter.createCounter(fullName, options));
        return;
      case 'histogram': {
        const advice = { explicitBucketBoundaries: [...(buckets ?? [])] };
        const histogram = this.#meter.createHistogram(fullName, { ...options, advice });
        this.#histograms.set(engineName, { histogram, scale });
        return;
      }
      case 'observedCounter': {
        const instrument = this.#meter.createObservableCounter(fullName, options);
        this.#observed.set(engineName, { instrument, scale });
        return;
      }
      case 'observedGauge': {
        const instrument = this.#meter.createObservableGauge(fullName, options);
        this.#observed.set(engineName, { instrument, scale });
      }
    }
  }

  count(name: string, by: number, attributes?: MetricAttributes): void {
    let counter = this.#counters.get(name);
    if (counter === undefined) this.#counters.set(name, (counter = this.#meter.createCounter(name)));
    counter.add(by, semanticAttributes(attributes));
  }

  record(name: string, value: number, attributes?: MetricAttributes): void {
    let found = this.#histograms.get(name);
    if (found === undefined) {
      found = { histogram: this.#meter.createHistogram(name), scale: 1 };
      this.#histograms.set(name, found);
    }
    found.histogram.record(value * found.scale, semanticAttributes(attributes));
  }

  observe(metrics: () => readonly Metric[]): () => void {
    this.#sources.add(metrics);
    return () => this.#sources.delete(metrics);
  }

  #collect(result: BatchObservableResult): void {
    for (const metrics of this.#sources) {
      for (const { name, value, attributes } of metrics()) {
        const observed = this.#observed.get(name);
        if (observed === undefined) continue;
        result.observe(observed.instrument, value * observed.scale, semanticAttributes(attributes));
      }
    }
  }
}
