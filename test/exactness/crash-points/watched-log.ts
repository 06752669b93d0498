/** A log that tells which step of a commit or of a takeover comes next, and waits until it may. */
import type { LogAdmin, LogPort, LogWriter, TransactionalWriter } from '@hiveframe/streams';
import { watchCommitSteps } from '@hiveframe/streams-testing';
import { EVERY_POLL, PacedReader, type Pace } from './paced-reader.ts';
import type { PointHook } from './points.ts';

/** The first reader that reads ahead within bounds is that of the input; others restore stores, or read the stored topology. */
export function watchedLog(log: LogPort, onPoint: PointHook, pace: Pace): LogPort {
  let isInput = true;
  return {
    name: log.name,
    admin: watchedAdmin(log.admin, onPoint),
    connect: (signal) => log.connect(signal),
    reader: (options) => {
      const readsInput = isInput && options.maxBufferedBytes !== undefined;
      if (readsInput) isInput = false;
      return new PacedReader(log.reader(options), readsInput ? pace : EVERY_POLL);
    },
    writer: () => watchedWriter(log.writer(), onPoint),
    transactionalWriter: (options) => {
      const partition = partitionOf(options.transactionalId);
      const steps = watchCommitSteps(log, async (step) => {
        if (step !== 'stores') await onPoint(`commit ${step}`, partition); // of `stores` the store itself tells
      });
      return watchedOpening(steps.transactionalWriter(options), () => onPoint('takeover fence', partition));
    },
    group: (options, listener) => log.group(options, listener),
    close: (timeoutMs) => log.close(timeoutMs),
  };
}

function watchedOpening(writer: TransactionalWriter, onOpen: () => Promise<void>): TransactionalWriter {
  return {
    open: async () => {
      await onOpen();
      return writer.open();
    },
    begin: () => writer.begin(),
    close: () => writer.close(),
  };
}

/** Without transactions. What is written keeps the partition of what it came from: the keys are the same. */
function watchedWriter(writer: LogWriter, onPoint: PointHook): LogWriter {
  return {
    send: async (batches) => {
      const [first] = batches;
      if (first !== undefined && !isChangelog(first.topic) && !isStoredTopology(first.topic))
        await onPoint('commit output', first.partition);
      return writer.send(batches);
    },
    close: () => writer.close(),
  };
}

function watchedAdmin(admin: LogAdmin, onPoint: PointHook): LogAdmin {
  return {
    list: () => admin.list(),
    describe: (topics) => admin.describe(topics),
    create: (topics) => admin.create(topics),
    committed: async (groupId, partitions) => {
      await onPoint('takeover committed', partitions[0]!.partition);
      return admin.committed(groupId, partitions);
    },
    offsets: async (partitions, at) => {
      const { topic, partition } = partitions[0]!;
      if (at === 'end' && isChangelog(topic)) await onPoint('takeover changelog', partition);
      return admin.offsets(partitions, at);
    },
    deleteRecords: (upTo) => admin.deleteRecords(upTo),
    deleteTopics: (topics) => admin.deleteTopics(topics),
    members: (groupId) => admin.members(groupId),
    resetOffsets: (groupId, offsets) => admin.resetOffsets(groupId, offsets),
  };
}

/** `<applicationId>-<sub-topology>_<partition>` */
function partitionOf(transactionalId: string): number {
  return Number(transactionalId.slice(transactionalId.lastIndexOf('_') + 1));
}

function isStoredTopology(topic: string): boolean {
  return topic.endsWith('-topology');
}
function isChangelog(topic: string): boolean {
  return topic.endsWith('-changelog');
}
