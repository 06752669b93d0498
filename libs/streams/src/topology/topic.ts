import { TopologyError } from '../errors/streams.error.ts';
import type { Serde } from '../serde/serde.ts';
import {
  columnTime,
  extractedTime,
  type TimestampExtractor,
  type TimestampOptions,
  type WatermarkOptions,
} from '../time/timestamp.ts';
import type { EventTime } from './graph.ts';
import { requireStateless, textOf } from './topic-pattern.ts';

export interface TopicOptions<K, V> extends TimestampOptions<K, V> {
  /** Of the keys. @defaultValue none: records without a key; keys that are there are not read */
  readonly key?: Serde<K>;
  /** Of the values. */
  readonly value: Serde<V>;
}

/** A topic and its types. Sources, sinks and tests all name the same value, so they cannot disagree. */
export interface Topic<in out K, in out V> {
  readonly name: string;
  /** null: records without a key. */
  readonly key: Serde<K> | null;
  readonly value: Serde<V>;
}

/** Topics with one type of records, by their names. */
export interface TopicPattern<in out K, in out V> {
  readonly pattern: RegExp;
  /** null: records without a key. */
  readonly key: Serde<K> | null;
  readonly value: Serde<V>;
}

/** How the records of a topic get their event time: what a source adds to the topic. */
export interface SourceTime {
  /** null: the record's own timestamp. */
  readonly eventTime: EventTime | null;
  readonly watermarkDelayMs: number;
  /** null: a silent partition holds the watermark back for ever. */
  readonly idleAfterMs: number | null;
  /** While all is silent, time goes on with the wall clock. */
  readonly advancesWhenIdle: boolean;
}

const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,249}$/;

/** Declares a topic that exists, or that others make. @throws TopologyError for a name Kafka refuses, or a delay below 0 */
export function topic<V, K = null>(name: string, options: TopicOptions<K, V>): Topic<K, V> {
  if (!LEGAL_NAME.test(name) || name === '.' || name === '..') {
    throw new TopologyError(
      `Cannot declare topic '${name}': a name has 1 to 249 letters, digits, dots, underscores or hyphens.`,
    );
  }
  return new DeclaredTopic(name, options);
}

/** Declares all topics whose whole name matches, those that are made later too (Kafka Streams: `stream(Pattern)`). Never the topics of
 *  the application itself, nor those of the broker (`__…`). @throws TopologyError for a pattern with the flag g or y */
export function topicPattern<V, K = null>(pattern: RegExp, options: TopicOptions<K, V>): TopicPattern<K, V> {
  requireStateless(pattern);
  return new DeclaredPattern(pattern, options);
}

class DeclaredSource<K, V> {
  readonly key: Serde<K> | null;
  readonly value: Serde<V>;
  readonly time: SourceTime;

  constructor(name: string, { key, value, timestamp, watermark }: TopicOptions<K, V>) {
    this.key = key ?? null;
    this.value = value;
    requireIdleness(name, watermark);
    this.time = {
      eventTime: timestamp === undefined ? null : eventTime(timestamp),
      watermarkDelayMs: wholeMs(name, 'watermark.delayMs', watermark?.delayMs ?? 0),
      idleAfterMs:
        watermark?.idleAfterMs === undefined
          ? null
          : wholeMs(name, 'watermark.idleAfterMs', watermark.idleAfterMs),
      advancesWhenIdle: watermark?.whenIdle === 'advance',
    };
  }
}

class DeclaredTopic<K, V> extends DeclaredSource<K, V> implements Topic<K, V> {
  readonly name: string;
  constructor(name: string, options: TopicOptions<K, V>) {
    super(name, options);
    this.name = name;
  }
}

class DeclaredPattern<K, V> extends DeclaredSource<K, V> implements TopicPattern<K, V> {
  readonly pattern: RegExp;
  constructor(pattern: RegExp, options: TopicOptions<K, V>) {
    super(textOf(pattern), options);
    this.pattern = pattern;
  }
}

/** What `topic` was told about time. */
export function sourceTime<K, V>(topic: Topic<K, V> | TopicPattern<K, V>): SourceTime {
  if (topic instanceof DeclaredSource) return topic.time;
  return { eventTime: null, watermarkDelayMs: 0, idleAfterMs: null, advancesWhenIdle: false };
}

function requireIdleness(topic: string, watermark: WatermarkOptions | undefined): void {
  if (watermark?.whenIdle !== 'advance' || watermark.idleAfterMs !== undefined) return;
  throw new TopologyError(
    `Cannot declare topic '${topic}': watermark.whenIdle is 'advance', but nothing says when a partition is idle. Give idleAfterMs.`,
  );
}

function eventTime<K, V>(timestamp: string | TimestampExtractor<K, V>): EventTime {
  if (typeof timestamp === 'string') return columnTime(timestamp);
  return extractedTime(timestamp as TimestampExtractor<unknown, unknown>);
}

function wholeMs(topic: string, option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TopologyError(
    `Cannot declare topic '${topic}': ${option} is ${String(value)}; it must be a whole number of milliseconds, 0 or more.`,
  );
}
