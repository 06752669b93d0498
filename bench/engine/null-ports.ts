/** Ports that take everything and keep nothing: what remains is the engine's own cost. */
import type { EndOffsets, LogPort, OutputBatch } from '@hiveframe/streams';
import { sealBatch } from '@hiveframe/streams';

/** Seals what is sent, as an adapter must, and forgets it. */
export function nullLog(
  topics: Readonly<Record<string, number>>,
): LogPort & { readonly sentRecords: () => number } {
  const ends = new Map<string, number>();
  let sent = 0;
  const send = async (batches: readonly OutputBatch[]): Promise<EndOffsets> =>
    batches.map(({ topic, partition, records }) => {
      sealBatch(records, { producerId: 1, producerEpoch: 0, baseSequence: 0, transactional: true });
      sent += records.count;
      const key = `${topic}/${partition}`;
      const offset = (ends.get(key) ?? 0) + records.count;
      ends.set(key, offset);
      return { topic, partition, offset };
    });
  const never = (): never => {
    throw new Error('not part of this benchmark');
  };
  return {
    name: 'null',
    sentRecords: () => sent,
    admin: {
      list: async () => Object.keys(topics),
      describe: async (names) =>
        new Map(
          names.flatMap((name) =>
            name in topics ? [[name, { numPartitions: topics[name]!, config: {} }]] : [],
          ),
        ),
      create: async () => {},
      offsets: async (partitions) => partitions.map((at) => ({ ...at, offset: 0 })),
      committed: async () => [],
      deleteRecords: async () => {},
      deleteTopics: async () => {},
      members: async () => [],
      resetOffsets: async () => {},
    },
    connect: async () => {},
    reader: never,
    writer: never,
    transactionalWriter: () => ({
      open: async () => ({ producerId: 1, epoch: 0 }),
      begin: () => ({
        send,
        addOffsets: async () => {},
        commit: async () => 'committed',
        abort: async () => {},
      }),
      close: async () => {},
    }),
    group: never,
    close: async () => {},
  };
}
