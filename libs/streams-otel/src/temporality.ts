import { AggregationTemporality, InstrumentType } from '@opentelemetry/sdk-metrics';

/** A gauge has no temporality, but the SDK keeps what was observed once for ever unless it is told that gauges are deltas: the lag of a
 *  task that has gone to another member would stay where it was. */
export function temporalityOf(type: InstrumentType): AggregationTemporality {
  return type === InstrumentType.OBSERVABLE_GAUGE
    ? AggregationTemporality.DELTA
    : AggregationTemporality.CUMULATIVE;
}
