/** From an application's settings to what its tasks need. */
import { InvariantError, TopologyError } from '../errors/streams.error.ts';
import type { GroupMember } from '../ports/log.ts';
import { RestoreTurns } from '../state/restore/restore-turns.ts';
import type { TaskEnvironment, TopicLimits } from '../task/task-environment.ts';
import { GlobalTables } from './global-tables.ts';
import type { ResolvedStreamsConfig } from './streams-config.ts';
import type { PreparedTopics } from './topics.ts';

type SourcesNow = Pick<PreparedTopics, 'matched' | 'partitionCounts'>;

export function createTaskEnvironment(
  config: ResolvedStreamsConfig,
  member: () => Pick<GroupMember, 'membership' | 'commit'>,
  /** As of now: a source may get more partitions while it runs. */
  limits: () => ReadonlyMap<string, TopicLimits>,
  globalTables: GlobalTables = new GlobalTables([], config),
  sources: () => SourcesNow = () => ({ matched: new Map(), partitionCounts: new Map() }),
): TaskEnvironment {
  return {
    ...config,
    guarantee: config.processingGuarantee,
    handlers: config,
    restores: new RestoreTurns(config.pacing),
    member: { membership: () => member().membership(), commit: (offsets) => member().commit(offsets) },
    globalRows: (name) => globalTables.rows(name),
    matchedTopics: (pattern) =>
      sources()
        .matched.get(pattern)
        ?.map(({ topic }) => topic) ?? [],
    numPartitions: (topic) => sources().partitionCounts.get(topic) ?? Infinity,
    limits: (topic) => limits().get(topic) ?? unprepared(topic),
    overtaken: ({ topic, partition, offset }, startOffset) => {
      const text = `Records ${offset} to ${startOffset - 1} of ${topic}-${partition} were removed by retention before they were processed.`;
      if (config.onOffsetOutOfRange === 'fail') {
        throw new TopologyError(
          `${text} Give the topic a longer retention; to go on without them, reset the application or set onOffsetOutOfRange to 'continue'.`,
        );
      }
      config.logger.log('error', `${text} Going on at ${startOffset}: they are lost.`, { topic, partition });
      config.telemetry.count('skipped-records', startOffset - offset, { topic, reason: 'retention' });
    },
    damaged: ({ topic, partition, offset }, nextOffset, error) => {
      if (config.onDamagedRecords === 'fail') throw error;
      const text = `Going on at ${nextOffset}: records ${offset} to ${nextOffset - 1} are lost.`;
      config.logger.log('error', `${error.message} ${text}`, { topic, partition });
      config.telemetry.count('skipped-records', nextOffset - offset, { topic, reason: 'damaged' });
    },
  };
}

function unprepared(topic: string): never {
  throw new InvariantError(`Topic ${topic} was not prepared.`);
}
