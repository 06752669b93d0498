/** Looks now and then whether the source topics still have the partitions that the topics of the application were made for, and
 *  whether patterns match others. New partitions are nobody's until then: a task for them may have no changelog. */
import { LogError, type LogAdmin } from '../ports/log.ts';
import type { Clock, Logger } from '../ports/runtime.ts';
import type { MatchedTopics, SourcePatterns } from './source-patterns.ts';

export interface PartitionWatchOptions {
  readonly admin: LogAdmin;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs: number;
  /** By source topic: what the application was prepared for. */
  readonly prepared: () => ReadonlyMap<string, number>;
  readonly patterns: SourcePatterns;
  /** What they matched then. */
  readonly matched: () => MatchedTopics;
  /** @throws when it cannot run with them: that ends the watch */
  readonly onChanged: (changes: string) => Promise<void>;
}

export class PartitionWatch {
  readonly #options: PartitionWatchOptions;

  constructor(options: PartitionWatchOptions) {
    this.#options = options;
  }

  /** Until the signal aborts. @throws what `onChanged` threw */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, everyMs, onChanged } = this.#options;
    for (;;) {
      await clock.delay(everyMs, signal);
      if (signal.aborted) return;
      const changes = await this.#changes();
      if (changes.length > 0 && !signal.aborted) await onChanged(changes.join(', '));
    }
  }

  /** A topic that is gone, or a log that is away, is for those to tell who read it. */
  async #changes(): Promise<string[]> {
    const { logger } = this.#options;
    try {
      return [...(await this.#changedCounts()), ...(await this.#changedTopics())];
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      logger.log('debug', `Cannot look for new partitions: ${error.message}`);
      return [];
    }
  }

  async #changedCounts(): Promise<string[]> {
    const { admin, prepared } = this.#options;
    const known = prepared();
    const found = await admin.describe([...known.keys()]);
    return Array.from(known).flatMap(([topic, count]) => {
      const now = found.get(topic)?.numPartitions ?? count;
      return now === count ? [] : [`${topic} has ${now} partitions, and had ${count}`];
    });
  }

  async #changedTopics(): Promise<string[]> {
    const { admin, patterns, matched } = this.#options;
    if (patterns.isEmpty) return [];
    const now = new Set([...patterns.match(await admin.list()).values()].flat());
    const before = new Set([...matched().values()].flat().map(({ topic }) => topic));
    return [
      ...[...now].filter((topic) => !before.has(topic)).map((topic) => `topic ${topic} is new`),
      ...[...before].filter((topic) => !now.has(topic)).map((topic) => `topic ${topic} is gone`),
    ];
  }
}
