import {
  avg,
  col,
  count,
  max,
  min,
  sum,
  tumbling,
  when,
  type StreamSink,
  type StreamsBuilder,
} from '@hiveframe/streams';
import { StreamTopology, type TopologyDefinition } from '@hiveframe/streams-nestjs';
import type { Settings } from '../config/settings.ts';
import { InjectSettings } from '../platform/platform.tokens.ts';
import { judge } from './judge.ts';
import { InjectResultsTable } from './results-table.ts';
import { toSensorAggregate, type SensorAggregate } from './sensor-aggregate.ts';
import { sensorTopics } from './sensor-topics.ts';

/** Names the group and, with it, the store of its windows. */
export const SENSOR_STATS = 'sensor-stats';

/** Readings -> alerts at once, and per sensor and window the averages, extremes and counts. */
@StreamTopology({ name: 'sensor-analytics' })
export class SensorAnalyticsTopology implements TopologyDefinition {
  constructor(
    @InjectSettings() private readonly settings: Settings,
    @InjectResultsTable() private readonly table: StreamSink<string, SensorAggregate> | null,
  ) {}

  build(builder: StreamsBuilder): void {
    const { windowMs, emit } = this.settings;
    const topics = sensorTopics(this.settings);

    const readings = builder.stream(topics.readings).mapValues(judge);

    if (topics.alerts !== null) readings.filter(({ alert }) => alert).to(topics.alerts);

    const aggregates = readings
      .groupByKey({ name: SENSOR_STATS })
      .windowedBy(tumbling({ sizeMs: windowMs }), { graceMs: 0, emit })
      .agg(
        avg('temperature').alias('avg_temp'),
        max('temperature').alias('max_temp'),
        min('temperature').alias('min_temp'),
        avg('humidity').alias('avg_humidity'),
        sum(when(col('alert'), 1).otherwise(0)).alias('alert_count'),
        count('*').alias('reading_count'),
      )
      .toStream()
      .map((row, { key }) => ({ key, value: toSensorAggregate(row) }));

    aggregates.to(topics.aggregates);
    if (this.table !== null) aggregates.toSink(this.table);
  }
}
