import { json, string, topic, type Topic } from '@hiveframe/streams';
import type { Settings } from '../config/settings.ts';
import { judgedReadingSchema, readingSchema, type JudgedReading, type Reading } from './reading.ts';
import type { SensorAggregate } from './sensor-aggregate.ts';

/** The topics of the service, each keyed by the sensor's id. */
export interface SensorTopics {
  readonly readings: Topic<string, Reading>;
  readonly aggregates: Topic<string, SensorAggregate>;
  /** null: no alerts. */
  readonly alerts: Topic<string, JudgedReading> | null;
}

export function sensorTopics(settings: Settings): SensorTopics {
  const key = string();
  return {
    readings: topic(settings.inputTopic, {
      key,
      value: json<Reading>(readingSchema),
      timestamp: 'timestamp',
      watermark: { delayMs: settings.watermarkDelayMs },
    }),
    aggregates: topic(settings.outputTopic, { key, value: json<SensorAggregate>() }),
    alerts:
      settings.alertTopic === null
        ? null
        : topic(settings.alertTopic, { key, value: json<JudgedReading>(judgedReadingSchema) }),
  };
}
